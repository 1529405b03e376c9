import { EQUIVALENT_IN_CORE } from './equivalent-core.ts'

/** A change that no test can notice, because the code does the same with it. */
export interface Equivalent {
  /** From the root of the repository. */
  readonly file: string
  /** Text of the change, as long as it takes to be unique, and what it becomes. */
  readonly find: string
  readonly replace: string
  readonly because: string
}

export const EQUIVALENT: readonly Equivalent[] = [
  ...EQUIVALENT_IN_CORE,
  {
    file: 'src/adapters/ledger-sql/schema/first/intake.ts',
    find: "state = 'held' AND reason = 'Pilot'",
    replace: "state = 'held' AND reason <> 'Pilot'",
    because:
      'it is the condition of an index, which only decides how fast a query is; the tests of plans notice it',
  },
  {
    file: 'src/adapters/ledger-sql/report/correlate.ts',
    find: 'accepted_hash = NULL, revision = revision + 1',
    replace: 'accepted_hash = NULL, revision = revision + 0',
    because: 'the answer that leads here has raised the revision in the same transaction (addUnanswered)',
  },
  {
    file: 'src/core/history/series.ts',
    find: 'at < (steps[0] ?? 0)',
    replace: 'at < (steps[0] ?? 1)',
    because: 'without steps there is nothing to return',
  },
  {
    file: 'src/core/intake/hydrate/loop.ts',
    find: 'Math.max(afterMs ?? 0, backoff)',
    replace: 'Math.max(afterMs ?? 1, backoff)',
    because: 'the wait before a retry is always longer than a millisecond',
  },
  {
    file: 'src/core/ledger/clock.ts',
    find: 'database ?? 0)',
    replace: 'database ?? 1)',
    because: 'the time is always later than a millisecond after 1970',
  },
  {
    file: 'src/core/alerts/rules.ts',
    find: "knows: 'nothing', at: 0,",
    replace: "knows: 'nothing', at: 1,",
    because: 'the time is read only after a notification, which sets it',
  },
  {
    file: 'src/core/alerts/rules.ts',
    find: 'at: 0, count: 0,',
    replace: 'at: 0, count: 1,',
    because: 'the count is read only after a notification, which sets it',
  },
  {
    file: 'src/core/report/correlate/elsewhere.ts',
    find: 'disabled.get(employeeId)?.at ?? 0',
    replace: 'disabled.get(employeeId)?.at ?? 1',
    because: 'the time is always later than a millisecond after 1970',
  },
  {
    file: 'src/core/report/dead-letters/newest.ts',
    find: 'let looked = 0;',
    replace: 'let looked = 1;',
    because: 'it still looks at four pages',
  },
  {
    file: 'src/core/plan/retain/retain.ts',
    find: 'compareEvents(event, first) < 0',
    replace: 'compareEvents(event, first) <= 0',
    because: 'the order is strict: two events never compare as equal',
  },
  {
    file: 'src/adapters/ledger-sql/sealing/sealing.ts',
    find: 'isCurrent: () => true',
    replace: 'isCurrent: () => false',
    because: 'only a rotation of keys asks, and that has keys',
  },
  {
    file: 'src/core/emergency/loop.ts',
    find: 'pause !== null ? 0 : settings.pollMs',
    replace: 'pause !== null ? 1 : settings.pollMs',
    because: 'it waits a millisecond more, which no instant in the ledger depends on',
  },
  {
    file: 'src/adapters/ledger-sql/driver/sql.ts',
    find: 'return row?.n ?? 0',
    replace: 'return row?.n ?? 1',
    because: 'a count always returns a row',
  },
  {
    file: 'src/core/parse-json.ts',
    find: "if (typeof value !== 'object' || value === null) return 0",
    replace: "if (false && typeof value !== 'object' || value === null) return 0",
    because: 'a text alone is then looked through for a double key, and has none',
  },
  {
    file: 'src/adapters/ledger-sql/inspect/audit.ts',
    find: 'since === null || !newest',
    replace: 'since !== null || !newest',
    because: 'it only spares rows: the condition before it leaves the same ones out',
  },
  {
    file: 'src/adapters/ledger-sql/sealing/key-hashes.ts',
    find: 'sealed.at(-1)',
    replace: 'sealed.at(0)',
    because: 'what is sealed already stays as it is, so this is only slow',
  },
  {
    file: 'src/core/leavers/assess.ts',
    find: 'find(({ source, id }) => source === name.source',
    replace: 'findLast(({ source, id }) => source === name.source',
    because: 'an employee has one event of this name',
  },
  {
    file: 'src/adapters/ledger-sql/plan/load.ts',
    find: 'if (left <= 0) return',
    replace: 'if (left < 0) return',
    because: 'it only spares a statement that finds nothing',
  },
  {
    file: 'src/adapters/ledger-sql/plan/load.ts',
    find: 'if (left <= 0) return',
    replace: 'if (false && left <= 0) return',
    because: 'it only spares a statement that finds nothing',
  },
  {
    file: 'src/adapters/ledger-sql/plan/load.ts',
    find: 'if (ids.length === 0) return []',
    replace: 'if (false && ids.length === 0) return []',
    because: 'it only spares statements that find nothing',
  },
  {
    file: 'src/adapters/ledger-sql/plan/load.ts',
    find: 'accepted_operation > event.operation',
    replace: 'accepted_operation >= event.operation',
    because: 'one operation is not both a deactivation only and a whole record',
  },
  {
    file: 'src/adapters/ledger-sql/plan/load.ts',
    find: 'r.seq > ${DISABLED_BY}',
    replace: 'r.seq >= ${DISABLED_BY}',
    because: 'the operation that disabled the account does not enable it',
  },
  {
    file: 'src/adapters/ledger-sql/plan/load.ts',
    find: "find(({ state }) => state === 'pending')",
    replace: "findLast(({ state }) => state === 'pending')",
    because: 'an employee has one pending operation at most',
  },
  {
    file: 'src/adapters/ledger-sql/plan/pilot.ts',
    find: 'if (!changed && mark === NO_PILOT)',
    replace: 'if (false && !changed && mark === NO_PILOT)',
    because: 'without a pilot nothing is held for one; it only spares a statement that finds nothing',
  },
  {
    file: 'src/adapters/ledger-sql/plan/brake.ts',
    find: 'if (verdicts.byAllowance > 0)',
    replace: 'if (verdicts.byAllowance >= 0)',
    because: 'it only spares a statement that adds nothing',
  },
  {
    file: 'src/adapters/ledger-sql/plan/brake.ts',
    find: 'next?.since ?? 0, next?.since ?? 0',
    replace: 'next?.since ?? 1, next?.since ?? 0',
    because: 'the time is always later than a millisecond after 1970',
  },
  {
    file: 'src/adapters/ledger-sql/plan/brake.ts',
    find: 'next?.since ?? 0, next?.since ?? 0',
    replace: 'next?.since ?? 0, next?.since ?? 1',
    because: 'the time is always later than a millisecond after 1970',
  },
  {
    file: 'src/adapters/ledger-sql/plan/commit.ts',
    find: 'employees.claimed_until > 0',
    replace: 'employees.claimed_until >= 0',
    because: 'it only spares writing the same again',
  },
  {
    file: 'src/adapters/ledger-sql/inspect/history.ts',
    find: 'if (rows.length > 0 ||',
    replace: 'if (rows.length >= 0 ||',
    because: 'it only spares writing the same again',
  },
  {
    file: 'src/adapters/ledger-sql/inspect/history.ts',
    find: 'counts.get(figure) ?? 0) + 1',
    replace: 'counts.get(figure) ?? 1) + 1',
    because: 'the first call, which counts nothing, gives every figure a value',
  },
  {
    file: 'src/adapters/ledger-sql/inspect/history.ts',
    find: 'from === null ? 1 : most',
    replace: 'from === null ? 2 : most',
    because: 'the first call uses only the number of the last outcome',
  },
  {
    file: 'src/adapters/ledger-sql/inspect/history.ts',
    find: 'e.received_at > e.effective_at',
    replace: 'e.received_at >= e.effective_at',
    because: 'the later of two moments that are the same',
  },
  {
    file: 'src/adapters/ledger-sql/leavers/read.ts',
    find: 'if (rows.length === 0)',
    replace: 'if (false && rows.length === 0)',
    because: 'it only spares statements that find nothing',
  },
  {
    file: 'src/adapters/ledger-sql/submit/choose.ts',
    find: 'if (byLane.length === 0)',
    replace: 'if (false && byLane.length === 0)',
    because: 'it only spares statements that find nothing',
  },
  {
    file: 'src/adapters/ledger-sql/submit/choose.ts',
    find: 'reports.length > 0;',
    replace: 'reports.length >= 0;',
    because: 'it only spares statements that find nothing',
  },
  {
    file: 'src/adapters/ledger-sql/submit/choose.ts',
    find: 'LONGEST_CHAIN && reports',
    replace: 'LONGEST_CHAIN || reports',
    because: 'a chain ends with what is known already, so this takes only longer',
  },
  {
    file: 'src/adapters/ledger-sql/submit/budget.ts',
    find: 'used: row?.used ?? 0',
    replace: 'used: row?.used ?? 1',
    because: 'a count always returns a row',
  },
  {
    file: 'src/adapters/ledger-sql/submit/claim-batch.ts',
    find: 'call: call?.seq ?? 0',
    replace: 'call: call?.seq ?? 1',
    because: 'an insert always returns its row',
  },
]
