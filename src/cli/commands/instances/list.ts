import type { Config } from '../../../config/load.ts'
import { EXIT_CODES } from '../../../core/errors.ts'
import { differences } from '../../../core/instances/differences.ts'
import { instanceStates, type InstanceView } from '../../../core/instances/state.ts'
import { DAY_MS } from '../../../core/runtime.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { withIsoInstants } from '../../support/instants.ts'
import { withLedger } from '../../support/ledger.ts'
import { type ListOptions, limitOption, pageOption, sortOption } from '../../support/list/options.ts'
import { printList, rowsSince } from '../../support/list/print.ts'
import { rowFormatOption } from '../../support/options/options.ts'
import { say } from '../../support/output.ts'
import { age, whenColumn } from '../../support/screen/when.ts'
import type { Column, RowFormat } from '../../support/rows.ts'
import { describeLoops, sayMissingLoops } from './in-status.ts'

export const register: RegisterCommand = (program, { environment, finish }) => {
  program
    .command('instances')
    .option('--all', 'also those that ended or were replaced more than a day ago', false)
    .option('--since <instant>', 'only those seen at or after this instant, as in 1h, 7d or 2026-11-02')
    .addOption(limitOption())
    .addOption(pageOption())
    .addOption(sortOption(columns(0)))
    .addOption(rowFormatOption())
    .action(async (options) => finish(await listInstances(environment, options)))
}

interface InstancesOptions extends ListOptions {
  readonly all: boolean
  readonly since?: string | undefined
  readonly output: RowFormat
}

/** An instance, and what differs from the configuration of the command. */
interface InstanceRow extends InstanceView {
  readonly differs: readonly string[]
}

/** Always exit 0; `status` ends with 10 when a loop runs nowhere. */
async function listInstances(environment: NodeJS.ProcessEnv, options: InstancesOptions): Promise<number> {
  const { sinceOrNull } = await import('../../support/options/instant-option.ts')
  const since = sinceOrNull('--since', options.since, Date.now())
  return withLedger(environment, async (ledger, config) => {
    const now = Date.now()
    const views = instanceStates(await ledger.listInstances(now), now)
    const shown = views.filter((view) => options.all || isRecent(view, now))
    const rows = await withDifferences(shown, config)
    const recent = rowsSince(rows, since, ({ seenAt }) => seenAt)
    await printList(recent, { columns: columns(now), readable: toJson, options })
    if (views.length > shown.length)
      say(`${views.length - shown.length} more ended or were replaced earlier: --all lists them`)
    sayMissingLoops(views)
    return EXIT_CODES.done
  })
}

function isRecent({ state, seenAt }: InstanceView, now: number): boolean {
  return state === 'alive' || state === 'lost' || now - seenAt <= DAY_MS
}

async function withDifferences(
  views: readonly InstanceView[],
  config: Config,
): Promise<readonly InstanceRow[]> {
  const { runningWith } = await import('../../../compose/instance/identity.ts')
  const own = runningWith(config)
  return views.map((view) => ({ ...view, differs: differences(view, own) }))
}

function columns(now: number): readonly Column<InstanceRow>[] {
  return [
    ['state', 8, ({ state }) => state],
    ['name', 24, ({ name }) => name],
    ['release', 10, ({ version }) => version],
    whenColumn('since', ({ startedAt }) => startedAt),
    ['seen', 12, ({ seenAt }) => age(seenAt, now), ({ seenAt }) => seenAt],
    ['runs', 28, ({ loops }) => describeLoops(loops)],
    ['differs from here in', 0, ({ differs }) => (differs.length === 0 ? '-' : differs.join(', '))],
  ]
}

function toJson(row: InstanceRow): object {
  const limits = JSON.parse(
    JSON.stringify(row.limits, (_key, value: unknown) => (value === Infinity ? 'unlimited' : value)),
  ) as object
  return { ...(withIsoInstants(row) as object), limits }
}
