import { RollcallError } from '../errors.ts'
import type { Runtime } from '../runtime.ts'

/** How long nothing is asked after there was no answer, and without the right to read users. */
const PAUSE_MS = 60_000
const FORBIDDEN_MS = 3_600_000

/**
 * Reads what is good to know and not needed. Answers `null` when the directory did not answer, and
 * then for a while without asking. Throws only when `signal` has aborted.
 */
export type OptionalRead = <T>(read: () => Promise<T>, signal: AbortSignal) => Promise<T | null>

/** Each reason for not reading is logged once as `event`, with `what` follows from it. */
export function optionalRead(
  event: string,
  what: string,
  runtime: Pick<Runtime, 'now' | 'log'>,
): OptionalRead {
  let pausedUntil = Number.NEGATIVE_INFINITY
  let logged: string | null = null

  const pause = ({ code }: RollcallError): void => {
    const isForbidden = code === 'DirectoryForbidden'
    pausedUntil = runtime.now() + (isForbidden ? FORBIDDEN_MS : PAUSE_MS)
    if (logged === code) return
    logged = code
    if (isForbidden) runtime.log.info(event, { code, what })
    else runtime.log.warn(event, { code, what })
  }
  return async (read, signal) => {
    if (runtime.now() < pausedUntil) return null
    try {
      const found = await read()
      logged = null
      return found
    } catch (error) {
      if (!(error instanceof RollcallError) || signal.aborted) throw error
      pause(error)
      return null
    }
  }
}
