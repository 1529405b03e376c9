import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import type { Action } from './actions.ts'
import type { Judge } from './judge.ts'

const ANY = { code: null, type: null, employeeId: null, since: null, until: null }
const BY = { actor: 'ann', justification: 'it was asked for' }

type Command =
  | { readonly kind: 'replay' | 'discard' | 'release' | 'acknowledge' | 'findings' }
  | Pick<Extract<Action, { kind: 'block' | 'unblock' }>, 'kind' | 'employee'>

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
    case 'release': {
      const { employees } = await ledger.listBraked({ state: 'held', next: null, limit: 100 })
      const held = employees.map(({ employeeId }) => employeeId)
      await ledger.releaseBrake({ employees: held, refusedToo: false, allowance: null, ...BY }, now)
      return
    }
    case 'acknowledge': {
      const { leavers } = await ledger.listOpenLeavers({
        dueBy: null,
        employeeId: null,
        next: null,
        limit: 1,
      })
      const ids = leavers.map(({ leaverCase }) => leaverCase.id)
      await ledger.acknowledgeLeavers({ ids, ...BY }, now)
      for (const { leaverCase } of leavers) judge.acknowledged(leaverCase.employeeId)
      return
    }
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
  }
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

async function discard(ledger: Ledger, now: number, judge: Judge): Promise<void> {
  const { deadLetters } = await ledger.listDeadLetters({ filter: ANY, archived: true, next: null, limit: 1 })
  const seqs = deadLetters.map(({ seq }) => seq)
  const order = { seqs, how: 'discard', terminations: true, ...BY } as const
  const { ended } = await ledger.endDeadLetters(order, now)
  for (const { seq, id } of deadLetters) if (ended.includes(seq)) judge.discarded(id)
}
