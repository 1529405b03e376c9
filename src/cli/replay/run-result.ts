import { span } from '../../core/display/span.ts'
import { EXIT_CODES } from '../../core/errors.ts'
import type { RunResult } from '../../core/report/replay/run/run.ts'
import { say } from '../support/output.ts'
import { leftOf } from '../../core/report/replay/run/counts.ts'

/** Says how a run that was carried out or resumed ended. */
export function sayRun(result: RunResult): void {
  if (result.kind === 'not-started') {
    if (!result.stopped) say('another command is carrying this run out; rollcall replays shows its progress')
    return
  }
  const { run, ending, settled, ms } = result
  if (settled > 0)
    say(`${settled} in ${span(ms)}: ${Math.round((settled * 1_000) / Math.max(1, ms))} a second on average`)
  const { done, gone, refused } = run.counts
  say(
    `${done} replayed, ${gone} gone, ${refused} refused, ${leftOf(run)} left; rollcall replays show ${run.id} lists them with their outcomes`,
  )
  if (ending === 'paused')
    say(`paused: run the same command again, or rollcall replays resume ${run.id}, to continue`)
  if (ending === 'held')
    say(
      `every copy is sent, but another process holds originals locked on the bus: run the same command again, or rollcall replays resume ${run.id}, to remove them`,
    )
}

/** 0 all done, 7 some were refused or gone, 8 stopped before the end. */
export function exitCodeOfRun(result: RunResult): number {
  if (result.kind === 'not-started' || result.ending !== 'finished') return EXIT_CODES.stopped
  const { gone, refused } = result.run.counts
  return gone + refused > 0 ? EXIT_CODES.partial : EXIT_CODES.done
}
