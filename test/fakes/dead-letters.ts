import type { LedgerDeadLetter } from '../../src/core/ledger/port/dead-letters.ts'
import { type DeadLetter, ledgerReason } from '../../src/core/report/dead-letters/dead-letter.ts'
import type { Editor } from '../../src/core/report/dead-letters/selection/edit.ts'
import type { Selected } from '../../src/core/report/dead-letters/selection/selected.ts'
import { day } from './events.ts'

/** A dead letter of the ledger: an update that the directory rejected. */
export function ledgerLetter(seq: number, more: Partial<LedgerDeadLetter> = {}): LedgerDeadLetter {
  return {
    seq,
    source: '/hr',
    id: `l-${seq}`,
    type: 'worker.updated',
    employeeId: `p${seq % 10}`,
    code: 'InvalidDomain',
    detail: null,
    refused: false,
    operation: null,
    revision: 1,
    diedAt: day(2) + seq,
    replays: 0,
    archivedAt: null,
    blocksReactivation: false,
    ...more,
  }
}

/** The same, as a selection shows it. */
export function ledgerDead(seq: number, more: Partial<LedgerDeadLetter> = {}): DeadLetter {
  const letter = ledgerLetter(seq, more)
  return { store: 'ledger', reason: ledgerReason(letter), letter }
}

/** An editor that changes each body with this function. */
export function editing(change: (body: string) => string, kind: Editor['kind'] = 'edit'): Editor {
  return {
    kind,
    edit: async (letters) =>
      new Map(letters.map(({ id, body }) => [id, { kind: 'body', body: change(body) }])),
  }
}

/** A selected dead letter that is not edited. */
export function selectedDead(dead: DeadLetter, more: Partial<Selected> = {}): Selected {
  return { dead, events: null, refused: null, body: null, employees: [], changes: [], ...more }
}
