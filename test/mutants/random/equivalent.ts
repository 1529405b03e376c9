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
]
