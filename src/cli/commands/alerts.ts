import { type AlertState, isOpen } from '../../core/alerts/alert.ts'
import { describeAlert } from '../../core/alerts/describe.ts'
import { byWorth } from '../../core/alerts/worth.ts'
import { EXIT_CODES } from '../../core/errors.ts'
import type { RegisterCommand } from '../support/command.ts'
import { iso } from '../support/instants.ts'
import { withLedger } from '../support/ledger.ts'
import { rowFormatOption } from '../support/options.ts'
import { say } from '../support/output.ts'
import { type Column, type RowFormat, rowWriter } from '../support/rows.ts'

export const register: RegisterCommand = (program, { environment, finish }) => {
  program
    .command('alerts')
    .description('what needs a person now: how many, since when, and the command that helps')
    .option('--all', 'include those resolved within a day', false)
    .addOption(rowFormatOption())
    .action(async (options) => finish(await alerts(environment, options)))
}

interface AlertsOptions {
  readonly all: boolean
  readonly output: RowFormat
}

/** A running connector looks every few seconds, and stores a look at least twice a minute. */
const STALE_MS = 120_000

/** Exit 9 when an urgent alert is open, 0 otherwise. */
function alerts(environment: NodeJS.ProcessEnv, { all, output }: AlertsOptions): Promise<number> {
  return withLedger(environment, async (ledger) => {
    const book = await ledger.readAlerts()
    const now = Date.now()
    const shown = book.alerts.filter((alert) => all || isOpen(alert)).sort(byWorth)
    const write = rowWriter(output, COLUMNS, alertJson)
    for (const alert of shown) await write.row(alert)
    await write.end()
    if (book.lookedAt === null)
      say('no connector has looked for alerts on this ledger yet; see rollcall instances')
    else if (now - book.lookedAt > STALE_MS)
      say(
        `no connector has looked for alerts since ${iso(book.lookedAt)}, so these may be out of date; see rollcall instances`,
      )
    for (const { channel, notifications, failingSince, code } of book.waiting)
      if (failingSince !== null)
        say(
          `${notifications} notifications wait for the channel ${channel}, which fails since ${iso(failingSince)} (${code ?? 'no answer'}); see rollcall notifications test ${channel}`,
        )
    return shown.some((alert) => isOpen(alert) && alert.urgency === 'urgent')
      ? EXIT_CODES.attention
      : EXIT_CODES.done
  })
}

const COLUMNS: readonly Column<AlertState>[] = [
  ['urgency', 7, ({ urgency, resolvedAt }) => (resolvedAt === null ? urgency : '-')],
  ['alert', 15, ({ code }) => code],
  ['cause', 24, ({ cause }) => cause],
  ['count', 7, ({ count }) => String(count)],
  ['since', 24, ({ openedAt }) => iso(openedAt)],
  ['resolved', 24, ({ resolvedAt }) => iso(resolvedAt) ?? ''],
  ['what helps', 0, (alert) => describeAlert(alert).cure],
]

export function alertJson(alert: AlertState): object {
  const { code, cause, urgency, count, openedAt, oldestAt, resolvedAt } = alert
  return {
    code,
    cause: cause === '' ? null : cause,
    urgency,
    count,
    openedAt: iso(openedAt),
    oldestAt: iso(oldestAt),
    resolvedAt: iso(resolvedAt),
    ...describeAlert(alert),
  }
}
