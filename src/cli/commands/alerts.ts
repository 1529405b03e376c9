import { type AlertState, isOpen } from '../../core/alerts/alert.ts'
import { describeAlert } from '../../core/alerts/describe.ts'
import { byWorth, STALE_LOOK_MS } from '../../core/alerts/worth.ts'
import { EXIT_CODES } from '../../core/errors.ts'
import type { RegisterCommand } from '../support/command.ts'
import { iso } from '../support/instants.ts'
import { withLedger } from '../support/ledger.ts'
import { type ListOptions, limitOption, pageOption, sortOption } from '../support/list/options.ts'
import { printList, rowsSince } from '../support/list/print.ts'
import { rowFormatOption } from '../support/options/options.ts'
import { say } from '../support/output.ts'
import type { Column, RowFormat } from '../support/rows.ts'
import { when, whenColumn } from '../support/screen/when.ts'

export const register: RegisterCommand = (program, { environment, finish }) => {
  program
    .command('alerts')
    .option('--all', 'include those resolved within a day', false)
    .option('--since <instant>', 'only those opened at or after this instant, as in 1h, 7d or 2026-11-02')
    .addOption(limitOption())
    .addOption(pageOption())
    .addOption(sortOption(COLUMNS))
    .addOption(rowFormatOption())
    .action(async (options) => finish(await alerts(environment, options)))
}

interface AlertsOptions extends ListOptions {
  readonly all: boolean
  readonly since?: string | undefined
  readonly output: RowFormat
}

/** Exit 9 when an urgent alert is open, 0 otherwise. */
async function alerts(environment: NodeJS.ProcessEnv, options: AlertsOptions): Promise<number> {
  const { sinceOrNull } = await import('../support/options/instant-option.ts')
  const since = sinceOrNull('--since', options.since, Date.now())
  return withLedger(environment, async (ledger) => {
    const book = await ledger.readAlerts()
    const now = Date.now()
    const shown = book.alerts.filter((alert) => options.all || isOpen(alert)).sort(byWorth)
    const recent = rowsSince(shown, since, ({ openedAt }) => openedAt)
    await printList(recent, { columns: COLUMNS, readable: alertJson, options })
    if (book.lookedAt === null)
      say('no connector has looked for alerts on this ledger yet; see rollcall instances')
    else if (now - book.lookedAt > STALE_LOOK_MS)
      say(
        `no connector has looked for alerts since ${when(book.lookedAt)}, so these may be out of date; see rollcall instances`,
      )
    for (const { channel, notifications, failingSince, code } of book.waiting)
      if (failingSince !== null)
        say(
          `${notifications} notifications wait for the channel ${channel}, which fails since ${when(failingSince)} (${code ?? 'no answer'}); see rollcall notifications test ${channel}`,
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
  ['count', 7, ({ count }) => String(count), ({ count }) => count],
  whenColumn('since', ({ openedAt }) => openedAt),
  whenColumn('resolved', ({ resolvedAt }) => resolvedAt),
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
