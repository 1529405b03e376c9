import type { Ledger } from './ledger.ts'
import type { MomentCut } from './port/upkeep.ts'
import type { Runtime } from '../runtime.ts'
import { loop, type Service } from '../service.ts'

/**
 * Leases tolerate more, but the 5-second window for calls shrinks by the offset between two clocks.
 */
export const TOLERABLE_MS = 100
const LOOKS = 3

/**
 * How far the ledger's clock is ahead of the local one in milliseconds; negative when it is behind.
 * A lower bound, because the round trip counts for neither clock. 0 for a ledger that uses the
 * local clock.
 */
export async function clockOffset(ledger: Pick<Ledger, 'ping'>, now: () => number): Promise<number> {
  let ahead = 0
  let shortestMs = Infinity
  for (let look = 0; look < LOOKS; look++) {
    const before = now()
    const at = await ledger.ping()
    const after = now()
    if (at === null) return 0
    if (after - before >= shortestMs) continue
    shortestMs = after - before
    ahead = at > after ? at - after : Math.min(0, at - before)
  }
  return ahead
}

/**
 * Warns if the local clock is wrong, because instances compare times of their own clocks. Never
 * rejects: if the ledger cannot be reached, there is no warning.
 */
export async function warnOfSkew(
  ledger: Pick<Ledger, 'ping'>,
  runtime: Pick<Runtime, 'now' | 'log'>,
): Promise<void> {
  const ahead = await clockOffset(ledger, runtime.now).catch(() => 0)
  if (Math.abs(ahead) > TOLERABLE_MS)
    runtime.log.warn('clock.apart', {
      databaseAheadMs: ahead,
      what: 'this machine and the database disagree about the time, which leases and the window for calls depend on: synchronise both by NTP',
    })
}

export interface ClockSettings extends Omit<MomentCut, 'now'> {
  readonly pollMs: number
  /** Other instances use the ledger too, so the ledger's clock is checked as well. */
  readonly shared: boolean
}

/**
 * Undoes the effect of a clock that was ahead for a while: moments that it wrote are cut to now
 * plus their proper length. The watermark of the provisioning log has its own check.
 */
export function clockWatch(
  ledger: Pick<Ledger, 'cutMoments' | 'ping'>,
  { pollMs, shared, ...lengths }: ClockSettings,
  runtime: Runtime,
): Service {
  return loop('clock', runtime, async () => {
    // An instance whose own clock is behind would cut valid moments of the others.
    const database = shared ? await ledger.ping() : null
    const now = Math.max(runtime.now(), database ?? 0)
    const cut = await ledger.cutMoments({ ...lengths, now })
    if (cut > 0)
      runtime.log.warn('clock.was-ahead', {
        moments: cut,
        what: 'a clock was ahead and wrote moments that lie too far in the future; they were cut: synchronise clocks by NTP',
      })
    return pollMs
  })
}
