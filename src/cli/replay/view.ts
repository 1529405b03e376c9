import { createInterface } from 'node:readline/promises'
import { RollcallError } from '../../core/errors.ts'
import type { ReplayForecast } from '../../core/report/replay/forecast.ts'
import type { ReplayPlan } from '../../core/report/replay/frozen-plan.ts'
import type { ReplayView } from '../../core/report/replay/replay.ts'
import { sayFound } from '../dead-letters/options.ts'
import { ask, type Format, printJson, printTable, progress, say } from '../support/output.ts'
import { iso } from '../support/instants.ts'
import { printChanges, readableChanges } from './changes.ts'
import { leftOf, totalOf } from './run-counts.ts'

export interface ViewOptions {
  readonly max: number
  readonly yes: boolean
  readonly showValues: boolean
  readonly output: Format
}

/** Shows a replay on the terminal and asks for confirmation there. `end` ends the progress line. */
export function terminalView({ max, yes, showValues, output }: ViewOptions): ReplayView & { end(): void } {
  const line = progress()
  let startedAt: number | null = null
  return {
    resuming: (run) => {
      startedAt = Date.now()
      say(
        `continues the run of ${iso(run.createdAt)} by ${run.actor}: ${leftOf(run)} of ${totalOf(run)} are left`,
      )
    },
    found: (found) => sayFound(found, max),
    planned: (plan, forecast, missing) => {
      if (output === 'json') {
        const changes = readableChanges(plan.changes, showValues)
        printJson({ ...readablePlan(plan, forecast, missing), changes })
      } else {
        printPlan(plan, forecast)
        printChanges(plan.changes, showValues)
      }
    },
    confirm: (plan) => (yes ? Promise.resolve(true) : confirmed(plan)),
    waiting: (leaseMs) =>
      say(
        `another command holds this run; if it was killed, this command continues within ${Math.ceil(leaseMs / 1_000)} s`,
      ),
    progress: (run, settled) => {
      startedAt ??= Date.now()
      const seconds = Math.max(0.001, (Date.now() - startedAt) / 1_000)
      const before = totalOf(run) - leftOf(run)
      line.show(`${before + settled}/${totalOf(run)}  ${Math.round(settled / seconds)} a second`)
    },
    end: () => line.end(),
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
      ['calls', `${forecast.calls}, ${shareInPercent(forecast)} of a day's quota`],
      ['done by', iso(forecast.doneAt)],
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

function shareInPercent({ shareOfQuota }: ReplayForecast): string {
  return shareOfQuota === null ? 'none' : `${(shareOfQuota * 100).toFixed(1)} %`
}

async function confirmed({ targets }: ReplayPlan): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new RollcallError(
      'ArgumentInvalid',
      'no terminal to ask for confirmation: add --yes to replay, or --dry-run to look',
    )
  const terminal = createInterface({ input: process.stdin })
  try {
    ask(`Replay ${targets.length} dead letters? [y/N] `)
    for await (const answer of terminal) return /^y(es)?$/i.test(answer.trim())
    return false
  } finally {
    terminal.close()
  }
}
