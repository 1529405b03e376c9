import { quotaInWords } from '../../core/display/quota.ts'
import type { ReplayForecast } from '../../core/report/replay/forecast.ts'
import type { ReplayPlan } from '../../core/report/replay/plan-replay.ts'
import type { RunView } from '../../core/report/replay/run/run.ts'
import type { ReplayView } from '../../core/report/replay/replay.ts'
import { sayFound } from '../dead-letters/options.ts'
import { type Format, printJson, printTable, say } from '../support/output.ts'
import { type Progress, progress } from '../support/screen/progress.ts'
import { confirmed } from '../support/options/confirm.ts'
import { iso } from '../support/instants.ts'
import { printChanges, readableChanges } from './changes.ts'
import { when } from '../support/screen/when.ts'
import { leftOf, totalOf } from '../../core/report/replay/run/counts.ts'

export interface ViewOptions {
  readonly max: number
  readonly yes: boolean
  readonly showValues: boolean
  readonly output: Format
}

/** Shows how a run goes on. `end` ends the progress line. */
export function runView(): RunView & { end(): void } {
  let line: Progress | null = null
  return {
    resuming: (run) =>
      say(
        `continues run ${run.id} of ${when(run.createdAt)} by ${run.actor}: ${leftOf(run)} of ${totalOf(run)} are left`,
      ),
    waiting: (leaseMs) =>
      say(
        `another command holds this run; if it was killed, this command continues within ${Math.ceil(leaseMs / 1_000)} s`,
      ),
    progress: (run, settled) => {
      line ??= progress('dead letters', leftOf(run))
      line.at(settled)
    },
    end: () => line?.end(),
  }
}

/**
 * Shows a replay on the terminal and asks for confirmation there. `disclose` is called with the
 * employees whose values are shown, before they are.
 */
export function terminalView(
  { max, yes, showValues, output }: ViewOptions,
  disclose: (employees: readonly string[]) => Promise<void>,
): ReplayView & ReturnType<typeof runView> {
  return {
    ...runView(),
    found: (found) => sayFound(found, max),
    planned: async (plan, forecast, missing) => {
      await disclose(plan.changes.flatMap(({ employees }) => employees))
      if (output === 'json') {
        const changes = readableChanges(plan.changes, showValues)
        printJson({ ...readablePlan(plan, forecast, missing), changes })
      } else {
        printPlan(plan, forecast)
        printChanges(plan.changes, showValues)
      }
    },
    confirm: ({ targets: { length: n } }) =>
      confirmed({
        what: `replay ${n} ${n === 1 ? 'dead letter' : 'dead letters'}`,
        typed: n,
        yes,
        dryRun: true,
      }),
  }
}

function readablePlan(plan: ReplayPlan, forecast: ReplayForecast, missing: readonly string[]): object {
  const { counts, expectedStates, leftOut, stale } = plan
  return {
    ...counts,
    stale,
    expectedStates: Object.fromEntries(expectedStates),
    leftOut,
    missing,
    calls: forecast.calls,
    shareOfQuota: shareInPercent(forecast),
    throughAt: iso(forecast.doneAt),
  }
}

function printPlan({ counts, expectedStates, leftOut, stale }: ReplayPlan, forecast: ReplayForecast): void {
  const states = [...expectedStates].sort(([a], [b]) => (a < b ? -1 : 1))
  printTable(
    ['replay', ''],
    [
      ['dead letters in the ledger', counts.ledger],
      ['dead letters on the bus', counts.bus],
      ['of these stale, only removed', stale],
      ['employees', counts.employees],
      ...states.map(([state, count]): [string, number] => [`events then ${state}`, count]),
      ['operations', counts.operations],
      ['calls', callsInWords(forecast)],
      ['done by', when(forecast.doneAt)],
    ],
  )
  for (const [code, those] of Map.groupBy(leftOut, ({ why }) => why)) {
    const [first] = those
    const detail = first?.detail === undefined ? '' : `: ${first.detail}`
    say(
      `${those.length} left out because they would be refused: ${code} (${first?.id ?? ''}${detail}${those.length > 1 ? ' …' : ''})`,
    )
  }
}

function callsInWords({ calls, shareOfQuota }: ReplayForecast): string {
  return shareOfQuota === null ? String(calls) : `${calls}, ${quotaInWords(shareOfQuota)}`
}

function shareInPercent({ shareOfQuota }: ReplayForecast): string {
  return shareOfQuota === null ? 'none' : `${(shareOfQuota * 100).toFixed(1)} %`
}
