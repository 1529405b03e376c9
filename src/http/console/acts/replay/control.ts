import { cancelRun } from '../../../../core/report/replay/run/cancel.ts'
import { leftOf } from '../../../../core/report/replay/run/counts.ts'
import { pauseRun } from '../../../../core/report/replay/run/pause.ts'
import { findRun } from '../../../../core/report/replay/run/run.ts'
import type { ReplayRun } from '../../../../core/ledger/port/replays.ts'
import { type Asked, justificationOf, type Result } from '../asked.ts'
import type { ConsoleContext } from '../../context.ts'
import { unit } from '../../layout.ts'
import { markup } from '../../markup.ts'
import { confirmed, fingerprint } from '../confirm.ts'
import { runHref } from './run-href.ts'
import { BUSY } from './start.ts'

/** Stops a run after the batch that is under way, wherever it is carried out. */
export async function pauseReplay(asked: Asked): Promise<Result> {
  const found = await runIn(asked)
  if ('refused' in found) return found
  const { ledger, form, actor, now } = asked
  const decision = { actor, justification: justificationOf(form) }
  const before = await pauseRun(ledger, found, decision, now)
  if (before !== null) return refused(found, `${before.actor} paused it already.`)
  return { done: `Run ${found.id} pauses after the batch that is under way`, to: runHref(found.id) }
}

/** Goes on with a run in this process. */
export async function resumeReplay(asked: Asked, context: ConsoleContext): Promise<Result> {
  const found = await runIn(asked)
  if ('refused' in found) return found
  const { ledger, form, actor } = asked
  const justification = justificationOf(form)
  if (context.replays.isRunning(found.id)) return refused(found, 'It is being carried out already.')
  const run = await context.replays.start({
    ledger,
    resumed: { actor, justification },
    begin: async () => found,
    open: (stack) => context.deadLetters({ ledger, store: null, rate: null }, stack),
  })
  return run === null ? refused(found, BUSY) : { done: `Run ${found.id} goes on`, to: runHref(found.id) }
}

/** Gives up what a run has not begun: those dead letters stay as they were. */
export async function cancelReplay(asked: Asked, context: ConsoleContext): Promise<Result> {
  const found = await runIn(asked)
  if ('refused' in found) return found
  const { frozen } = found.counts
  const { ledger, actor } = asked
  const back = runHref(found.id)
  const question = {
    path: '/replays/cancel',
    title: `Give up the replay of ${unit(frozen, 'dead letter')}?`,
    facts: markup`<p>They stay dead letters as they were, and edits of them are removed. What is sent to the bus already goes on: ${unit(leftOf(found) - frozen, 'message')}.</p>`,
    label: `Give up ${unit(frozen, 'dead letter')}`,
    count: frozen,
    seen: fingerprint([String(found.id), String(frozen)]),
    fields: { run: String(found.id) },
    blocked: context.replays.isRunning(found.id) ? 'It is being carried out: pause it first.' : null,
    back,
    current: null,
  } as const
  return confirmed(asked, question, async (justification) => {
    await using stack = new AsyncDisposableStack()
    const outside = await context.deadLetters({ ledger, store: 'ledger', rate: null }, stack)
    const cancelling = {
      ...outside,
      settings: { ...outside.settings, patienceMs: 0 },
      listenForStop: () => new AbortController().signal,
    }
    const result = await cancelRun(found, { actor, justification }, cancelling, { waiting: () => {} })
    if (result.kind === 'busy') return refused(found, 'Another process carries it out: pause it first.')
    const open = result.run.endedAt === null ? '; resume it to finish what was sent to the bus before' : ''
    return { done: `${unit(result.cancelled, 'dead letter')} stay as they were${open}`, to: back }
  })
}

type Refused = Extract<Result, { readonly refused: string }>

async function runIn({ form, ledger }: Asked): Promise<ReplayRun | Refused> {
  const id = Number(form.text('run'))
  const run = Number.isSafeInteger(id) && id > 0 ? await findRun(ledger, id) : null
  if (run === null)
    return { refused: 'Nothing was done', fix: 'There is no such run of replay.', to: '/replays' }
  return run.endedAt === null ? run : refused(run, 'The run has ended: none of its dead letters waits.')
}

const refused = ({ id }: ReplayRun, fix: string): Refused => ({
  refused: 'Nothing was done',
  fix,
  to: runHref(id),
})
