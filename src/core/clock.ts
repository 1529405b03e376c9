import type { Ledger } from './ledger/ledger.ts'
import type { MomentCut } from './ledger/port/upkeep.ts'
import type { Runtime } from './runtime.ts'
import { loop, type Service } from './service.ts'

/** Leases bear more; the window of 5 seconds for calls is shorter by what two clocks are apart. */
export const TOLERABLE_MS = 100
const LOOKS = 3

/** How far the ledger's clock is ahead of ours, at the least: what the way there took is nobody's. 0 where the ledger goes by ours. */
export async function clockOffset(ledger: Pick<Ledger, 'ping'>, now: () => number): Promise<number> {
  let ahead = 0
  let shortest = Infinity
  for (let look = 0; look < LOOKS; look++) {
    const before = now()
    const at = await ledger.ping()
    const after = now()
    if (at === null) return 0
    if (after - before >= shortest) continue
    shortest = after - before
    ahead = at > after ? at - after : Math.min(0, at - before)
  }
  return ahead
}

/** Instances compare moments of their own clocks, so one that is off is told of. What it cannot find out it does not wait for. */
export async function warnOfSkew(
  ledger: Pick<Ledger, 'ping'>,
  runtime: Pick<Runtime, 'now' | 'log'>,
): Promise<void> {
  const ahead = await clockOffset(ledger, runtime.now).catch(() => 0)
  if (Math.abs(ahead) > TOLERABLE_MS)
    runtime.log.warn('clock.apart', {
      databaseAheadMs: ahead,
      what: 'this machine and the database disagree about the time; leases and the window for calls go by it: keep both by NTP',
    })
}

export interface ClockSettings extends Omit<MomentCut, 'now'> {
  readonly pollMs: number
  /** Other instances work on the ledger too, so that its own clock is asked. */
  readonly shared: boolean
}

/**
 * Sees to it that a clock that was ahead for a while holds nothing up once it is right again: what it wrote down is cut to now plus its length. The
 * provisioning log has a clock of its own and looks after its watermark itself.
 */
export function clockWatch(
  ledger: Pick<Ledger, 'cutMoments' | 'ping'>,
  { pollMs, shared, ...lengths }: ClockSettings,
  runtime: Runtime,
): Service {
  return loop('clock', runtime, async () => {
    // An instance whose own clock is behind would cut what others have every right to.
    const database = shared ? await ledger.ping() : null
    const now = Math.max(runtime.now(), database ?? 0)
    const cut = await ledger.cutMoments({ ...lengths, now })
    if (cut > 0)
      runtime.log.warn('clock.was-ahead', {
        moments: cut,
        what: 'a clock was ahead and wrote moments down that are not due for long; they were cut to now plus their length: keep clocks by NTP',
      })
    return pollMs
  })
}
