import type { Ledger } from './ledger/port.ts'
import type { Runtime } from './runtime.ts'

/** Leases bear more; the window of 5 seconds for calls is shorter by what two clocks are apart. */
export const TOLERABLE_MS = 100
const LOOKS = 3

/** How far the ledger's clock is ahead of ours, at the least: what the way there took is nobody's. 0 where the ledger goes by ours. */
export async function clockAhead(ledger: Pick<Ledger, 'ping'>, now: () => number): Promise<number> {
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
  const ahead = await clockAhead(ledger, runtime.now).catch(() => 0)
  if (Math.abs(ahead) > TOLERABLE_MS)
    runtime.log.warn('clock.apart', {
      databaseAheadMs: ahead,
      what: 'this machine and the database disagree about the time; leases and the window for calls go by it: keep both by NTP',
    })
}
