import { baselineEvent } from '../../../src/core/intake/baseline.ts'
import { DEFAULT_SOURCE } from '../../../src/core/intake/sources.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import type { Action, Asked } from './actions.ts'
import type { Judge } from './judge/judge.ts'
import { type Export, saidIn } from './outside/export.ts'
import { bodyOf, eventOf, MENDED, MINUTE, type Said, SOURCE } from './story.ts'

const ANY = { code: null, type: null, employeeId: null, since: null, until: null }
const BY = { actor: 'ann', justification: 'it was asked for' }

type Command =
  | { readonly kind: Asked }
  | Pick<Extract<Action, { kind: 'block' | 'unblock' | 'erase' }>, 'kind' | 'employee'>
  | Pick<Extract<Action, { kind: 'import' }>, 'kind' | 'times' | 'asOf' | 'rows'>

/** What a person does with a command of the command line, while everything else goes on. */
export async function carryOutCommand(
  command: Command,
  ledger: Ledger,
  now: number,
  judge: Judge,
): Promise<void> {
  switch (command.kind) {
    case 'replay':
      return replay(ledger, now)
    case 'discard':
      return discard(ledger, now, judge)
    case 'archive':
      return archive(ledger, now)
    case 'resend':
      return resendRest(ledger, now)
    case 'patch':
      return patch(ledger, now, judge)
    case 'release': {
      const employees = [...(await braked(ledger, 'held')), ...(await braked(ledger, 'refused'))]
      await ledger.releaseBrake({ employees, refusedToo: true, allowance: null, ...BY }, now)
      return
    }
    case 'refuse': {
      const employees = await braked(ledger, 'held')
      await ledger.refuseBrake({ employees, keepCounting: false, ...BY }, now)
      return
    }
    case 'acknowledge':
      return acknowledge(ledger, now, judge)
    case 'findings': {
      const asked = { open: true, code: null, employeeId: null, next: null, limit: 100 }
      for (const { seq, code, employeeId } of (await ledger.listFindings(asked)).findings)
        if (
          (await ledger.acknowledgeFinding({ seq, ...BY }, now)) &&
          code === 'DisabledElsewhere' &&
          employeeId
        )
          judge.released(employeeId)
      return
    }
    case 'block':
      await ledger.blockEmployees([{ employeeId: command.employee, until: null, ...BY }], now)
      return judge.blocked(command.employee, true)
    case 'unblock':
      await ledger.unblockEmployee({ employeeId: command.employee, ...BY }, now)
      return judge.blocked(command.employee, false)
    case 'erase':
      if (await ledger.eraseEmployee({ employeeId: command.employee, ...BY }, now))
        judge.erased(command.employee, now)
      return
    case 'import':
      for (let left = command.times; left > 0; left--) await importExport(command, ledger, now, judge)
      return
  }
}

/** Closes all open cases of the employee whose case is the oldest. */
async function acknowledge(ledger: Ledger, now: number, judge: Judge): Promise<void> {
  const any = { dueBy: null, next: null, limit: 100 }
  const [first] = (await ledger.listOpenLeavers({ ...any, employeeId: null })).leavers
  if (!first) return
  const { employeeId } = first.leaverCase
  const { leavers } = await ledger.listOpenLeavers({ ...any, employeeId })
  const ids = leavers.map(({ leaverCase }) => leaverCase.id)
  const closed = await ledger.acknowledgeLeavers({ ids, ...BY }, now)
  for (const { leaverCase } of leavers)
    if (closed.includes(leaverCase.id)) judge.cases.acknowledged(leaverCase.id, leaverCase)
}

async function importExport(exported: Export, ledger: Ledger, now: number, judge: Judge): Promise<void> {
  const origin = { asOf: exported.asOf, name: SOURCE, source: DEFAULT_SOURCE }
  const events = exported.rows.map(({ employee, values }) => baselineEvent({ employee, ...values }, origin))
  const { fresh } = await ledger.importBaseline({
    events: events.flatMap((event) => ('code' in event ? [] : [event])),
    now,
    quietMs: 0,
    maxWaitMs: 5 * MINUTE,
  })
  judge.imported(saidIn(exported), fresh)
}

async function replay(ledger: Ledger, now: number): Promise<void> {
  const { deadLetters } = await ledger.listDeadLetters({
    filter: ANY,
    archived: true,
    next: null,
    limit: 100,
  })
  if (deadLetters.length === 0) return
  const targets = deadLetters.map(({ seq, revision }) => ({ store: 'ledger', seq, revision }) as const)
  const run = await ledger.freezeReplay({ name: `run ${now}`, selection: 'all', targets, ...BY }, now)
  const parts = deadLetters.map(({ seq }) => ({ seq, kind: 'as it was' }) as const)
  await ledger.putBackDeadLetters(run.id, parts, now)
  await ledger.endReplay(run.id, now)
}

async function braked(ledger: Ledger, state: 'held' | 'refused'): Promise<readonly string[]> {
  const { employees } = await ledger.listBraked({ state, next: null, limit: 100 })
  return employees.map(({ employeeId }) => employeeId)
}

/** Puts the first dead letter with a title back with one that the service takes. */
async function patch(ledger: Ledger, now: number, judge: Judge): Promise<void> {
  const { deadLetters } = await ledger.listDeadLetters({
    filter: ANY,
    archived: true,
    next: null,
    limit: 100,
  })
  const found = deadLetters.find(({ id }) => {
    const said = judge.saidOf(id)
    return said?.form === 'change' && said.sets['title'] !== undefined
  })
  const said = found && judge.saidOf(found.id)
  const original = found && (await ledger.findDeadLetter(found.seq))?.original
  if (!said || !original) return
  const { seq, revision } = found
  const mended: Said = { ...said, sets: { ...said.sets, title: MENDED } }
  const target = { store: 'ledger', seq, revision } as const
  const run = await ledger.freezeReplay(
    { name: `patch ${now}`, selection: 'one', targets: [target], ...BY },
    now,
  )
  const edit = { event: eventOf(mended), original: { ...original, body: bodyOf(mended) } }
  await ledger.putBackDeadLetters(run.id, [{ seq, kind: 'edited', ...edit }], now)
  const [entry] = await ledger.listReplayEntries(run.id, 0, 1)
  await ledger.endReplay(run.id, now)
  if (entry?.stage === 'done') judge.patched(mended)
}

async function discard(ledger: Ledger, now: number, judge: Judge): Promise<void> {
  const { deadLetters } = await ledger.listDeadLetters({ filter: ANY, archived: true, next: null, limit: 1 })
  const seqs = deadLetters.map(({ seq }) => seq)
  const order = { seqs, how: 'discard', terminations: true, ...BY } as const
  const { ended } = await ledger.endDeadLetters(order, now)
  for (const { seq, id } of deadLetters) if (ended.includes(seq)) judge.discarded(id)
}

/** It is out of sight, and its events stay as they are. */
async function archive(ledger: Ledger, now: number): Promise<void> {
  const { deadLetters } = await ledger.listDeadLetters({ filter: ANY, archived: false, next: null, limit: 1 })
  const seqs = deadLetters.map(({ seq }) => seq)
  await ledger.endDeadLetters({ seqs, how: 'archive', terminations: false, ...BY }, now)
}

/** The rest of the terminations of which the directory took only the deactivation. */
async function resendRest(ledger: Ledger, now: number): Promise<void> {
  const { leavers } = await ledger.listClosedLeavers({ next: null, limit: 100 })
  const employees = leavers.flatMap(({ lacksRest, employeeId }) => (lacksRest ? [employeeId] : []))
  await ledger.resendLeaverRest({ employees, ...BY }, now)
}
