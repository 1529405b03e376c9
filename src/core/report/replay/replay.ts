import { whileLeased } from '../../ledger/lease.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { ReplayRun } from '../../ledger/port/replays.ts'
import type { PlanRules } from '../../plan/decide/planning.ts'
import type { Runtime } from '../../runtime.ts'
import type { Editor } from '../dead-letters/edit.ts'
import { type Found, type SelectionRequest, selectDeadLetters } from '../dead-letters/select.ts'
import type { Stores } from '../dead-letters/stores.ts'
import type { CarryOutContext } from './carry-out-context.ts'
import { carryOut, type ReplayEnding } from './carry-out.ts'
import { forecastReplay, type ForecastSettings, type ReplayForecast } from './forecast.ts'
import { planReplay, type ReplayPlan } from './frozen-plan.ts'
import { refuseSharedUserNames } from './patch/shared-user-names.ts'

export interface ReplayRequest extends SelectionRequest {
  /** The same text for the same command: an unfinished run with this text is continued. */
  readonly command: string
  /**
   * Makes what changes bodies before they are replayed, or `null`. Not called for a run that is
   * continued.
   */
  readonly makeEditor: () => Editor | null
  readonly dryRun: boolean
  readonly actor: string
  readonly justification: string
}

export interface ReplayContext extends CarryOutContext {
  readonly ledger: CarryOutContext['ledger'] &
    Pick<
      Ledger,
      | 'takeLease'
      | 'listReplays'
      | 'freezeReplay'
      | 'resumeReplay'
      | 'readEmployees'
      | 'findNameHolders'
      | 'readSubmissionStatus'
    >
  /** Opens both stores for as long as `work` takes. */
  readonly withStores: <T>(work: (stores: Stores) => Promise<T>) => Promise<T>
  readonly rules: PlanRules
  readonly settings: CarryOutContext['settings'] & ForecastSettings & { readonly leaseMs: number }
  readonly runtime: CarryOutContext['runtime'] & Pick<Runtime, 'id' | 'digest'>
  /** Called once when a run begins: from then on a request to stop pauses it. */
  readonly listenForStop: () => AbortSignal
}

/** Shows what happens, and asks. */
export interface ReplayView {
  resuming(run: ReplayRun): void
  found(found: Found): void
  planned(plan: ReplayPlan, forecast: ReplayForecast, missing: readonly string[]): void
  confirm(plan: ReplayPlan): Promise<boolean>
  /**
   * Another command carries this run out; if it was killed, this one continues when its lease ends.
   */
  waiting(leaseMs: number): void
  /** `settled`: parts of the run that this command has brought to their end so far. */
  progress(run: ReplayRun, settled: number): void
}

export type ReplayResult =
  | { readonly kind: 'nothing-fits' }
  /** Intake would refuse every one of them again. */
  | { readonly kind: 'all-refused' }
  /** The patch cannot be applied to every dead letter of the selection, so to none. */
  | { readonly kind: 'patch-refused' }
  | { readonly kind: 'dry-run' }
  | { readonly kind: 'declined' }
  /** Another command carries the run out, or this one was stopped while it waited for that. */
  | { readonly kind: 'not-started'; readonly stopped: boolean }
  | {
      readonly kind: 'ended'
      readonly ending: ReplayEnding
      /** As it stands now. */
      readonly run: ReplayRun
      readonly settled: number
      readonly ms: number
      /**
       * Some of what was asked for is not part of the run: it would be refused again, or was
       * missing.
       */
      readonly partial: boolean
    }

/**
 * Replays dead letters: select, plan, freeze, carry out. The selection is frozen before anything
 * changes, so later arrivals and failures are not in it. The same request continues an unfinished
 * run where it stopped. Only one command at a time carries out a run.
 */
export async function replayDeadLetters(
  request: ReplayRequest,
  context: ReplayContext,
  view: ReplayView,
): Promise<ReplayResult> {
  const { ledger, runtime } = context
  const selection = runtime.digest(request.command)
  const open = request.dryRun ? null : await findOpenRun(ledger, selection)
  if (open) {
    view.resuming(open)
    return await carryOutAlone(open, false, context, view, () =>
      ledger.resumeReplay(open, request.actor, request.justification, runtime.now()),
    )
  }
  const editor = request.makeEditor()
  const found = await findAndEdit(request, editor, context)
  view.found(found)
  if (found.selected.length === 0) return { kind: 'nothing-fits' }
  const loadEmployees = (ids: readonly string[]) => ledger.readEmployees(ids)
  const plan = await planReplay(found.selected, loadEmployees, runtime.now(), context.rules)
  const forecast = await forecastReplay(plan, ledger, context.settings, runtime.now())
  view.planned(plan, forecast, found.missing)
  if (editor?.kind === 'patch' && plan.leftOut.length > 0) return { kind: 'patch-refused' }
  if (plan.targets.length === 0) return { kind: 'all-refused' }
  if (request.dryRun) return { kind: 'dry-run' }
  if (!(await view.confirm(plan))) return { kind: 'declined' }
  const { actor, justification } = request
  const order = { name: runtime.id(), selection, actor, justification, targets: plan.targets }
  const run = await ledger.freezeReplay(order, runtime.now())
  const partial = plan.leftOut.length + found.missing.length > 0
  return await carryOutAlone(run, partial, context, view, async () => {})
}

/** A patch is checked against the ledger too: a person who edits a body sees what it becomes. */
async function findAndEdit(
  request: ReplayRequest,
  editor: Editor | null,
  { withStores, takeIn, ledger, rules, runtime }: ReplayContext,
): Promise<Found> {
  const found = await withStores((stores) => selectDeadLetters(stores, request, takeIn, editor))
  if (editor?.kind !== 'patch') return found
  const context = { ledger, rules, now: runtime.now() }
  return { ...found, selected: await refuseSharedUserNames(found.selected, context) }
}

async function findOpenRun(
  ledger: Pick<Ledger, 'listReplays'>,
  selection: string,
): Promise<ReplayRun | null> {
  const [open] = await ledger.listReplays({ open: selection, limit: 1 })
  return open ?? null
}

/** Carries out a run while no other command does, and reports how it ended. */
async function carryOutAlone(
  run: ReplayRun,
  partial: boolean,
  context: ReplayContext,
  view: ReplayView,
  onBegin: () => Promise<void>,
): Promise<ReplayResult> {
  const { ledger, runtime } = context
  const stop = context.listenForStop()
  const startedAt = runtime.now()
  let settled = 0
  const ending = await whileAlone(run, context, stop, view, async (lost) => {
    await onBegin()
    return carryOut(run, context, AbortSignal.any([stop, lost]), (count) => {
      settled = count
      view.progress(run, count)
    })
  })
  if (ending === null) return { kind: 'not-started', stopped: stop.aborted }
  const ms = runtime.now() - startedAt
  const runs = await ledger.listReplays({ open: null, limit: 50 })
  const current = runs.find(({ id }) => id === run.id) ?? run
  return { kind: 'ended', ending, run: current, settled, ms, partial }
}

const LOOK_AGAIN_MS = 250

/**
 * Does `work` while no other command carries out this run. A command that was killed keeps its
 * lease until it ends, so that is waited for. `null` when another command keeps renewing it, or
 * when `stop` aborts.
 */
async function whileAlone(
  run: ReplayRun,
  { ledger, runtime, settings: { leaseMs } }: ReplayContext,
  stop: AbortSignal,
  view: Pick<ReplayView, 'waiting'>,
  work: (lost: AbortSignal) => Promise<ReplayEnding>,
): Promise<ReplayEnding | null> {
  const lease = { owner: runtime.id(), leaseMs }
  const until = runtime.now() + 1.5 * leaseMs
  for (let first = true; !stop.aborted; first = false) {
    const ending = await whileLeased(`replay ${run.id}`, ledger, lease, runtime, work)
    if (ending !== null || runtime.now() > until) return ending
    if (first) view.waiting(leaseMs)
    await runtime.sleep(LOOK_AGAIN_MS, stop)
  }
  return null
}
