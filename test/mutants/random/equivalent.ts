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
]
