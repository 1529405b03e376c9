import { type DeadLetter, deadLetterId, factsOf } from '../../core/report/dead-letters/dead-letter.ts'
import type { DeadLetterGroup } from '../../core/report/dead-letters/groups.ts'
import { detailOf } from '../../core/report/dead-letters/detail.ts'
import { iso } from '../support/instants.ts'
import type { Column } from '../support/rows.ts'
import { whenColumn } from '../support/screen/when.ts'

export const COLUMNS: readonly Column<DeadLetter>[] = [
  whenColumn('died', (dead) => factsOf(dead).at),
  ['id', 24, deadLetterId],
  ['reason', 10, ({ reason }) => reason],
  ['code', 24, (dead) => factsOf(dead).code],
  ['type', 20, (dead) => factsOf(dead).type ?? ''],
  ['event', 26, (dead) => factsOf(dead).id ?? ''],
  ['employee', 14, (dead) => factsOf(dead).employeeId ?? ''],
  ['detail', 0, (dead) => [...marksOf(dead), detailOf(dead) ?? ''].filter(Boolean).join(', ')],
]

export const GROUP_COLUMNS: readonly Column<DeadLetterGroup>[] = [
  ['count', 6, ({ count }) => String(count), ({ count }) => count],
  ['reason', 10, ({ reason }) => reason],
  ['code', 24, ({ code }) => code],
  ['attribute', 20, ({ attribute }) => attribute ?? ''],
  whenColumn('first', ({ firstAt }) => firstAt),
  whenColumn('last', ({ lastAt }) => lastAt),
  ['example', 0, ({ example }) => example],
]

function marksOf(dead: DeadLetter): string[] {
  if (dead.store === 'bus') return dead.letter.stale ? ['stale'] : []
  const { archivedAt, blocksReactivation } = dead.letter
  return [
    ...(archivedAt === null ? [] : ['archived']),
    ...(blocksReactivation ? ['blocks reactivation'] : []),
  ]
}

/** A dead letter for scripts. `values` shows descriptions that may hold personal data. */
export function readable(dead: DeadLetter, values = false): object {
  const { at, id: event, employeeId: employee, ...facts } = factsOf(dead)
  const common = {
    id: deadLetterId(dead),
    store: dead.store,
    reason: dead.reason,
    event,
    employee,
    ...facts,
    detail: detailOf(dead, values),
  }
  if (dead.store === 'ledger') {
    const { refused, operation, revision, replays, archivedAt, blocksReactivation } = dead.letter
    return {
      ...common,
      id: deadLetterId(dead),
      diedAt: iso(at),
      refused,
      operation,
      revision,
      replays,
      archivedAt: iso(archivedAt),
      blocksReactivation,
    }
  }
  const { message, events, stale } = dead.letter
  const { entity, sequence, messageId, sessionId, deliveryCount } = message
  return {
    ...common,
    enqueuedAt: iso(at),
    entity,
    sequence,
    messageId,
    sessionId,
    deliveryCount,
    events: events.length,
    stale,
  }
}

/** The employees of those dead letters that are in the ledger. */
export function ledgerEmployees(letters: readonly DeadLetter[]): readonly string[] {
  return letters.flatMap((dead) => {
    const { employeeId } = factsOf(dead)
    return dead.store === 'ledger' && employeeId !== null ? [employeeId] : []
  })
}
