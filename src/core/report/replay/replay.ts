import type { Ledger } from '../../ledger/ledger.ts'
import type { ReplayRun } from '../../ledger/port/replays.ts'
import type { PlanRules } from '../../plan/decide/planning.ts'
import type { Runtime } from '../../runtime.ts'
import type { Editor } from '../dead-letters/selection/edit.ts'
import { type Found, type SelectionRequest, selectDeadLetters } from '../dead-letters/selection/select.ts'
import type { Stores } from '../dead-letters/stores.ts'
import { forecastReplay, type ForecastSettings, type ReplayForecast } from './forecast.ts'
import { planReplay, type ReplayPlan } from './plan-replay.ts'
import { refuseSharedUserNames } from './patch/shared-user-names.ts'
import {
  carryOutAlone,
  resumeRun,
  type RunContext,
  type RunDecision,
  type RunResult,
  type RunView,
} from './run/run.ts'

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

export interface ReplayContext extends RunContext {
  readonly ledger: RunContext['ledger'] &
    Pick<Ledger, 'freezeReplay' | 'readEmployees' | 'findNameHolders' | 'readSubmissionStatus'>
  /** Opens both stores for as long as `work` takes. */
  readonly withStores: <T>(work: (stores: Stores) => Promise<T>) => Promise<T>
  readonly rules: PlanRules
  readonly settings: RunContext['settings'] & ForecastSettings
  readonly runtime: RunContext['runtime'] & Pick<Runtime, 'digest'>
}

type FindContext = Pick<ReplayContext, 'withStores' | 'takeIn' | 'ledger' | 'rules' | 'runtime'>
type PlanContext = Pick<ReplayContext, 'ledger' | 'rules' | 'runtime' | 'settings'>
type FreezeContext = Pick<ReplayContext, 'ledger' | 'runtime'>

/** Shows what happens, and asks. */
export interface ReplayView extends RunView {
  found(found: Found): void
  planned(plan: ReplayPlan, forecast: ReplayForecast, missing: readonly string[]): void | Promise<void>
  confirm(plan: ReplayPlan): Promise<boolean>
}

export type ReplayResult =
  | { readonly kind: 'nothing-fits' }
  /** Intake would refuse every one of them again. */
  | { readonly kind: 'all-refused' }
  /** The patch cannot be applied to every dead letter of the selection, so to none. */
  | { readonly kind: 'patch-refused' }
  | { readonly kind: 'dry-run' }
  | { readonly kind: 'declined' }
  | (RunResult & {
      /**
       * Some of what was asked for is not part of the run: it would be refused again, or was
       * missing.
       */
      readonly partial: boolean
    })

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
  if (open) return { ...(await resumeRun(open, request, context, view)), partial: false }
  const editor = request.makeEditor()
  const found = await findAndEdit(request, editor, context)
  view.found(found)
  if (found.selected.length === 0) return { kind: 'nothing-fits' }
  const { plan, forecast } = await planFound(found, context)
  await view.planned(plan, forecast, found.missing)
  if (isPatchRefused(editor, plan)) return { kind: 'patch-refused' }
  if (plan.targets.length === 0) return { kind: 'all-refused' }
  if (request.dryRun) return { kind: 'dry-run' }
  if (!(await view.confirm(plan))) return { kind: 'declined' }
  const run = await freezeRun(plan, request, context)
  const partial = plan.leftOut.length + found.missing.length > 0
  return { ...(await carryOutAlone(run, context, view)), partial }
}

export interface PlannedReplay {
  readonly plan: ReplayPlan
  readonly forecast: ReplayForecast
}

/** What a replay of these dead letters would do, and what it costs. Changes nothing. */
export async function planFound(
  found: Found,
  { ledger, rules, runtime, settings }: PlanContext,
): Promise<PlannedReplay> {
  const loadEmployees = (ids: readonly string[]) => ledger.readEmployees(ids)
  const plan = await planReplay(found.selected, loadEmployees, runtime.now(), rules)
  return { plan, forecast: await forecastReplay(plan, ledger, settings, runtime.now()) }
}

/** A patch fits all dead letters of a selection, or it is applied to none of them. */
export function isPatchRefused(editor: Editor | null, { leftOut }: ReplayPlan): boolean {
  return editor?.kind === 'patch' && leftOut.length > 0
}

/** Freezes what was planned: later arrivals and failures are not part of the run. */
export function freezeRun(
  { targets }: ReplayPlan,
  { command, actor, justification }: RunDecision & Pick<ReplayRequest, 'command'>,
  { ledger, runtime }: FreezeContext,
): Promise<ReplayRun> {
  const selection = runtime.digest(command)
  const order = { name: runtime.id(), selection, actor, justification, targets }
  return ledger.freezeReplay(order, runtime.now())
}

/** A patch is checked against the ledger too: a person who edits a body sees what it becomes. */
export async function findAndEdit(
  request: SelectionRequest,
  editor: Editor | null,
  { withStores, takeIn, ledger, rules, runtime }: FindContext,
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
