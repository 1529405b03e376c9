import { createHash, randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline/promises'
import { closeWithin, connect } from '../../adapters/service-bus/client.ts'
import { systemRuntime } from '../../adapters/system.ts'
import { busAddress } from '../../compose/connector.ts'
import type { Config } from '../../config/load.ts'
import { readConfig } from '../../compose/config.ts'
import { RollcallError } from '../../core/errors.ts'
import { shortened } from '../../core/visible.ts'
import { whileLeased } from '../../core/lease.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import type { ReplayRun } from '../../core/ledger/port/replays.ts'
import { forecast } from '../../core/provision/pace.ts'
import { planReplay, type ReplayPlan } from '../../core/report/replay/plan.ts'
import { silentLogger, silentTelemetry } from '../../core/runtime.ts'
import { planRules } from '../../compose/rules.ts'
import { withStores } from '../dead-letters/stores.ts'
import { type SelectionOptions, selectionOf } from '../dead-letters/list.ts'
import { digest } from '../commands/explain.ts'
import { type Format, ask, printJson, printTable, progress, say } from '../support/output.ts'
import { stopSignal } from '../support/process.ts'
import { iso, keepSmall } from '../support/rows.ts'
import { openExisting } from '../commands/status.ts'
import { type Carrying, carryOut, type Ending } from './run.ts'
import { editing, patching, select } from './select.ts'

export interface ReplayOptions extends SelectionOptions {
  readonly actor?: string
  readonly justification?: string
  readonly dryRun: boolean
  readonly yes: boolean
  readonly rate?: number
  readonly max: number
  readonly patch?: string
  readonly edit: boolean
  readonly output: Format
}

/** Exit codes of its own: a part could not be replayed, and it was stopped before its end. */
const REFUSED = 7
const PAUSED = 8

/**
 * Puts dead letters back. The selection is frozen before anything is done; the same command goes on where it was stopped. 0 all done, 4 nothing
 * fits, 7 a part was refused or gone, 8 paused.
 */
export async function replay(
  ids: readonly string[],
  options: ReplayOptions,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  keepSmall()
  const config = readConfig(environment)
  if (options.edit && options.patch !== undefined)
    throw new RollcallError('ArgumentInvalid', 'use either --edit or --patch')
  const { actor, justification } = options
  if (!options.dryRun && (actor === undefined || justification === undefined))
    throw new RollcallError(
      'ArgumentInvalid',
      'a replay takes --actor and --justification: both are kept with every message of it',
    )
  const key = selectionKey(ids, options)
  await using stack = new AsyncDisposableStack()
  const ledger = stack.adopt(await openExisting(config, options.dryRun ? 'read' : 'write'), (it) =>
    it.close(),
  )

  const [open] = options.dryRun ? [] : await ledger.listReplays({ open: key, limit: 1 })
  if (open) {
    say(
      `goes on with the run of ${new Date(open.createdAt).toISOString()} by ${open.actor}: ${left(open)} of ${total(open)} are left`,
    )
    return await carry(open, ledger, config, options, environment, () =>
      ledger.resumeReplay(open, actor ?? '', justification ?? '', Date.now()),
    )
  }
  const { plan, missing } = await prepare(ids, options, config, ledger, environment)
  for (const id of missing) say(`${shortened(id)} is no dead letter any more`)
  if (plan.targets.length + plan.leftOut.length === 0) {
    say('no dead letter fits; rollcall dead-letters list shows what there is')
    return 4
  }
  await report(plan, missing, options, config, ledger)
  if (plan.targets.length === 0) return REFUSED
  if (options.dryRun) return 0
  if (!(await confirmed(plan, options))) {
    say('nothing was replayed')
    return PAUSED
  }
  const order = {
    name: randomUUID(),
    selection: key,
    actor: actor ?? '',
    justification: justification ?? '',
    targets: plan.targets,
  }
  const run = await ledger.freezeReplay(order, Date.now())
  const code = await carry(run, ledger, config, options, environment)
  return code === 0 && plan.leftOut.length + missing.length > 0 ? REFUSED : code
}

/** The same words for the same command, so that it is known again. */
function selectionKey(ids: readonly string[], options: ReplayOptions): string {
  const {
    reason,
    code,
    type,
    employee: employeeId,
    since,
    until,
    store,
    archived,
    patch,
    edit,
    max,
  } = options
  const text = JSON.stringify([
    ids,
    reason,
    code,
    type,
    employeeId,
    since,
    until,
    store,
    archived,
    patch,
    edit,
    max,
  ])
  return createHash('sha256').update(text).digest('hex')
}

async function prepare(
  ids: readonly string[],
  options: ReplayOptions,
  config: Config,
  ledger: Ledger,
  environment: NodeJS.ProcessEnv,
): Promise<{ readonly plan: ReplayPlan; readonly missing: readonly string[] }> {
  const edit =
    options.patch !== undefined
      ? patching(options.patch)
      : options.edit
        ? editing(editorOf(environment))
        : null
  const wanted = {
    ids,
    selection: selectionOf(options),
    archived: options.archived ?? false,
    max: options.max,
  }
  const { selected, more, missing } = await withStores(environment, storeOf(ids, options), (homes) =>
    select(homes, wanted, edit, config),
  )
  if (more) say(`more than ${options.max} fit: the first ${options.max} are taken, --max takes more`)
  const plan = await planReplay(
    selected,
    (employees) => ledger.readEmployees(employees),
    Date.now(),
    planRules(config, digest),
  )
  return { plan, missing }
}

/** Who names dead letters of the ledger alone does not need the bus. */
export function storeOf(
  ids: readonly string[],
  { store }: Pick<SelectionOptions, 'store'>,
): SelectionOptions['store'] {
  return store ?? (ids.length > 0 && ids.every((id) => id.startsWith('dl-')) ? 'ledger' : undefined)
}

function editorOf(environment: NodeJS.ProcessEnv): string {
  const editor = environment['VISUAL'] || environment['EDITOR']
  if (!editor)
    throw new RollcallError(
      'ArgumentInvalid',
      '--edit needs an editor in VISUAL or EDITOR; --patch needs none',
    )
  return editor
}

async function report(
  { counts, submissionStatus, leftOut, stale }: ReplayPlan,
  missing: readonly string[],
  options: ReplayOptions,
  config: Config,
  ledger: Ledger,
): Promise<void> {
  const now = Date.now()
  const limits = { perWindow: config.CALLS_PER_5S, windowMs: 5_000, perDay: config.CALLS_PER_DAY }
  const { callTimes, pending } = await ledger.readSubmissionStatus(now)
  const calls = Math.ceil(counts.operations / config.BATCH_OPERATIONS)
  const sentAt =
    now + (options.rate === undefined ? 0 : ((counts.bus + counts.ledger) / options.rate) * 1_000)
  const { doneAt } = forecast(pending + counts.operations, config.BATCH_OPERATIONS, callTimes, limits, sentAt)
  const share = Number.isFinite(limits.perDay) ? `${((calls / limits.perDay) * 100).toFixed(1)} %` : 'none'
  if (options.output === 'json') {
    printJson({
      ...counts,
      stale,
      submissionStatus: Object.fromEntries(submissionStatus),
      leftOut,
      missing,
      calls,
      shareOfQuota: share,
      throughAt: new Date(doneAt ?? sentAt).toISOString(),
    })
    return
  }
  printTable(
    ['replay', ''],
    [
      ['dead letters in the ledger', counts.ledger],
      ['dead letters on the bus', counts.bus],
      ['of these stale, only taken away', stale],
      ['people', counts.employees],
      ...[...submissionStatus]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([state, count]): [string, number] => [`events then ${state}`, count]),
      ['operations', counts.operations],
      ['calls', `${calls}, ${share} of a day's quota`],
      ['through', new Date(doneAt ?? sentAt).toISOString()],
    ],
  )
  const why = Map.groupBy(leftOut, (one) => one.why)
  for (const [code, those] of why)
    say(`${those.length} left out, they would be refused again: ${code} (${those[0]?.id ?? ''} …)`)
}

async function confirmed({ targets }: ReplayPlan, { yes }: ReplayOptions): Promise<boolean> {
  if (yes) return true
  if (!process.stdin.isTTY)
    throw new RollcallError(
      'ArgumentInvalid',
      'without a terminal to ask at a replay takes --yes, or --dry-run',
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

async function carry(
  run: ReplayRun,
  ledger: Ledger,
  config: Config,
  options: ReplayOptions,
  environment: NodeJS.ProcessEnv,
  onBegin: () => Promise<void> = async () => {},
): Promise<number> {
  const runtime = systemRuntime(silentLogger, silentTelemetry)
  const stop = stopSignal(silentLogger)
  const bus = run.entities.length > 0 ? connect(busAddress(readConfig(environment))) : null
  const line = progress()
  const startedAt = Date.now()
  const before = total(run) - left(run)
  let ending: Ending | null
  let done = 0
  const show = (sofar: number): void => {
    done = sofar
    const seconds = Math.max(0.001, (Date.now() - startedAt) / 1_000)
    line.show(`${before + done}/${total(run)}  ${Math.round(done / seconds)} a second`)
  }
  try {
    const carrying = { run, ledger, bus, config, runtime, perSecond: options.rate ?? null }
    ending = await alone(carrying, stop, async (lost) => {
      await onBegin()
      return carryOut(carrying, AbortSignal.any([stop, lost]), show)
    })
    if (ending === null) {
      if (!stop.aborted) say('another command carries this run out; rollcall replays shows how far it is')
      return PAUSED
    }
    if (done > 0)
      say(
        `${done} in ${((Date.now() - startedAt) / 1_000).toFixed(1)} s: ${Math.round((done * 1_000) / Math.max(1, Date.now() - startedAt))} a second, all together`,
      )
  } finally {
    line.end()
    if (bus) await closeWithin(5_000, bus.close())
  }
  const [now] = (await ledger.listReplays({ open: null, limit: 50 })).filter(({ id }) => id === run.id)
  const counts = (now ?? run).counts
  say(
    `${counts.done} replayed, ${counts.gone} were gone, ${counts.refused} refused, ${left(now ?? run)} left; rollcall replays ${run.id} lists them`,
  )
  if (ending === 'paused') say('paused: the same command goes on')
  if (ending === 'held')
    say('sent, but somebody else keeps originals locked on the bus: the same command takes them away later')
  if (ending !== 'finished') return PAUSED
  return counts.gone + counts.refused > 0 ? REFUSED : 0
}

/**
 * Does `work` while no other command carries out this run. One that was killed has it until its lease lapses, so that is waited for; `null` when it
 * does not lapse, or when `stop` aborts.
 */
async function alone(
  { run, ledger, config, runtime }: Carrying,
  stop: AbortSignal,
  work: (lost: AbortSignal) => Promise<Ending>,
): Promise<Ending | null> {
  const lease = { owner: randomUUID(), leaseMs: config.LEASE_MS }
  const until = runtime.now() + 1.5 * config.LEASE_MS
  for (let waiting = false; !stop.aborted; waiting = true) {
    const ending = await whileLeased(`replay ${run.id}`, ledger, lease, runtime, work)
    if (ending !== null || runtime.now() > until) return ending
    if (!waiting)
      say(
        `another command has this run; if it was killed, this one goes on within ${Math.ceil(config.LEASE_MS / 1_000)} s`,
      )
    await runtime.sleep(LOOK_AGAIN_MS, stop)
  }
  return null
}
const LOOK_AGAIN_MS = 250

function total({ counts }: ReplayRun): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}
function left({ counts }: ReplayRun): number {
  return counts.frozen + counts.sending + counts.sent
}

const PAGE = 1_000

/** Runs of the past, or every message of one: who, when, why and what came of it. 4 when there is no such run. */
export async function replays(
  environment: NodeJS.ProcessEnv,
  id: number | undefined,
  format: Format,
): Promise<number> {
  await using stack = new AsyncDisposableStack()
  const ledger = stack.adopt(await openExisting(readConfig(environment), 'read'), (it) => it.close())
  const runs = (await ledger.listReplays({ open: null, limit: PAGE })).filter(
    (run) => id === undefined || run.id === id,
  )
  if (id !== undefined && runs.length === 0) {
    say(`there is no run ${id}; rollcall replays lists them`)
    return 4
  }
  const entries = id === undefined ? [] : await allEntries(ledger, id)
  if (format === 'json')
    printJson(
      id === undefined
        ? runs.map(readableRun)
        : {
            ...runs.map(readableRun)[0],
            entries: entries.map(({ at, ...one }) => ({ ...one, at: iso(at) })),
          },
    )
  else {
    printTable(
      ['run', 'begun', 'ended', 'by', 'justification', 'done', 'gone', 'refused', 'left'],
      runs.map((run) => [
        run.id,
        iso(run.createdAt) ?? '',
        iso(run.endedAt) ?? '',
        run.actor,
        run.justification,
        run.counts.done,
        run.counts.gone,
        run.counts.refused,
        left(run),
      ]),
    )
    const resumed = id === undefined ? [] : (runs[0]?.resumed ?? [])
    if (resumed.length > 0)
      printTable(
        ['gone on', 'by', 'justification'],
        resumed.map((one) => [iso(one.at) ?? '', one.actor, one.justification]),
      )
    if (entries.length > 0)
      printTable(
        ['dead letter', 'result', 'code', 'at'],
        entries.map((one) => [one.id, one.stage, one.code ?? '', iso(one.at) ?? '']),
      )
  }
  return 0
}

async function allEntries(
  ledger: Ledger,
  id: number,
): Promise<Awaited<ReturnType<Ledger['listReplayEntries']>>> {
  const entries: (typeof page)[number][] = []
  let page = await ledger.listReplayEntries(id, 0, PAGE)
  for (; page.length > 0; page = await ledger.listReplayEntries(id, entries.length, PAGE))
    entries.push(...page)
  return entries
}

function readableRun({ createdAt, endedAt, resumed, ...run }: ReplayRun): object {
  return {
    ...run,
    createdAt: iso(createdAt),
    endedAt: iso(endedAt),
    resumed: resumed.map(({ at, ...one }) => ({ ...one, at: iso(at) })),
  }
}
