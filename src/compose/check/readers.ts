import type { Config } from '../../config/load.ts'
import type { Proof } from './proof.ts'

/** Longer than a token request may take by default. */
const LIMIT_MS = 15_000

/** Whether each HR system that is read with a token gives one. No employee is read. */
export async function proveReaders({ rules }: Config): Promise<Proof[]> {
  const proofs = [...rules.readers].map(async ([source, reader]): Promise<Proof | null> => {
    const what = `read ${source}`
    if (reader.trySignIn === undefined) return null
    const why = await reader.trySignIn(AbortSignal.timeout(LIMIT_MS))
    return why === null
      ? { what, outcome: 'ok', say: 'the token server gives a token' }
      : { what, outcome: 'failed', say: why }
  })
  return (await Promise.all(proofs)).filter((proof) => proof !== null)
}
