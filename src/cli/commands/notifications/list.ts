import type { ChannelSettings } from '../../../core/alerts/settings.ts'
import { EXIT_CODES } from '../../../core/errors.ts'
import type { WaitingChannel } from '../../../core/ledger/port/alerts.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { iso } from '../../support/instants.ts'
import { withLedger } from '../../support/ledger.ts'
import { type ListOptions, limitOption, pageOption, sortOption } from '../../support/list/options.ts'
import { printList } from '../../support/list/print.ts'
import { rowFormatOption } from '../../support/options/options.ts'
import type { Column, RowFormat } from '../../support/rows.ts'
import { whenColumn } from '../../support/screen/when.ts'

export const register: RegisterCommand = (notifications, { environment, finish }) => {
  notifications
    .command('list', { isDefault: true })
    .description('the channels, and what waits for them')
    .addOption(limitOption())
    .addOption(pageOption())
    .addOption(sortOption(COLUMNS))
    .addOption(rowFormatOption())
    .action(async (options) => finish(await list(environment, options)))
}

interface ChannelsOptions extends ListOptions {
  readonly output: RowFormat
}

interface Row {
  readonly channel: string
  readonly kind: string
  readonly waiting: WaitingChannel | null
}

/** Exit 0 when every attempt succeeds, 9 when a channel fails. */
function list(environment: NodeJS.ProcessEnv, options: ChannelsOptions): Promise<number> {
  return withLedger(environment, async (ledger, { rules }) => {
    const { waiting } = await ledger.readAlerts()
    const { channels } = rules.notifications
    const names = new Set([...channels.keys(), ...waiting.map(({ channel }) => channel)])
    const rows = [...names].map((channel): Row => ({
      channel,
      kind: kindOf(channels.get(channel)),
      waiting: waiting.find((one) => one.channel === channel) ?? null,
    }))
    await printList(rows, { columns: COLUMNS, readable: toJson, options })
    return rows.some((row) => row.waiting !== null && row.waiting.failingSince !== null)
      ? EXIT_CODES.attention
      : EXIT_CODES.done
  })
}

/**
 * What is left in the ledger for a channel that was removed from the configuration waits for ever.
 */
function kindOf(settings: ChannelSettings | undefined): string {
  if (settings === undefined) return 'not configured'
  if (settings.webhook) return settings.webhook.format
  return settings.mail ? 'mail' : 'queue'
}

const COLUMNS: readonly Column<Row>[] = [
  ['channel', 20, ({ channel }) => channel],
  ['kind', 14, ({ kind }) => kind],
  [
    'waiting',
    7,
    ({ waiting }) => String(waiting?.notifications ?? 0),
    ({ waiting }) => waiting?.notifications ?? 0,
  ],
  whenColumn('oldest', ({ waiting }) => waiting?.oldestAt ?? null),
  whenColumn('fails since', ({ waiting }) => waiting?.failingSince ?? null),
  ['with', 0, ({ waiting }) => waiting?.code ?? ''],
]

function toJson({ channel, kind, waiting }: Row): object {
  return {
    channel,
    kind,
    waiting: waiting?.notifications ?? 0,
    oldestAt: iso(waiting?.oldestAt ?? null),
    failingSince: iso(waiting?.failingSince ?? null),
    code: waiting?.code ?? null,
  }
}
