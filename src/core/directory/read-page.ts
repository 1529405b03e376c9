import { requestedWait, RollcallError } from '../errors.ts'
import type { AccountPage, AccountReader } from '../ports.ts'
import type { Runtime } from '../runtime.ts'

/** How long the directory may keep a page from being read before the comparison ends. */
const THROTTLED_AT_MOST = 20
const THROTTLED_MS = 10_000
const LONGEST_WAIT_MS = 300_000
const RETRY_AFTER_MS = [1_000, 5_000, 30_000]

type PageRead =
  | {
      readonly kind: 'read'
      readonly page: AccountPage
      /** When the request began. */
      readonly askedAt: number
      readonly requests: number
    }
  | { readonly kind: 'failed'; readonly code: string; readonly requests: number }

/**
 * Reads a page. A throttled request is repeated after the wait that the service asks for, and a
 * failed one after a growing wait. Repetitions are limited, because the link of a page expires.
 */
export async function readPage(
  { reader, runtime }: { readonly reader: AccountReader; readonly runtime: Pick<Runtime, 'now' | 'sleep'> },
  next: string | null,
  signal: AbortSignal,
): Promise<PageRead> {
  let throttled = 0
  let failures = 0
  for (;;) {
    const requests = throttled + failures + 1
    const askedAt = runtime.now()
    try {
      return { kind: 'read', page: await reader.page({ next, signal }), askedAt, requests }
    } catch (error) {
      if (!(error instanceof RollcallError) || signal.aborted) throw error
      const waitMs = waitAfter(error, () => (error.code === 'DirectoryThrottled' ? throttled++ : failures++))
      if (waitMs === null) return { kind: 'failed', code: error.code, requests }
      await runtime.sleep(waitMs, signal)
    }
  }
}

/** How long to wait before the same request; `null` when it is not worth repeating. */
function waitAfter(error: RollcallError, count: () => number): number | null {
  if (error.code === 'DirectoryThrottled') {
    const asked = requestedWait(error) ?? THROTTLED_MS
    return count() < THROTTLED_AT_MOST ? Math.min(asked, LONGEST_WAIT_MS) : null
  }
  const lasts = 'lasts' in error && error.lasts === true
  return error.code === 'DirectoryUnavailable' && !lasts ? (RETRY_AFTER_MS[count()] ?? null) : null
}
