import { busCode } from '../../adapters/service-bus/client.ts'
import { RollcallError } from '../../core/errors.ts'

/** The result of trying one thing that the connector needs. */
export interface Proof {
  readonly what: string
  readonly outcome: 'ok' | 'failed' | 'not known'
  /** What was found, or what to do. */
  readonly say: string
}

/** Runs `work`, which returns what it found. `advice` says what to do if it throws. */
export async function prove(what: string, work: () => Promise<string>, advice = ''): Promise<Proof> {
  try {
    return { what, outcome: 'ok', say: await work() }
  } catch (error) {
    return failed(what, error, advice)
  }
}

export function failed(what: string, error: unknown, advice = ''): Proof {
  const why = error instanceof RollcallError ? error.message : busCode(error)
  return { what, outcome: 'failed', say: advice === '' ? why : `${why}; ${advice}` }
}
