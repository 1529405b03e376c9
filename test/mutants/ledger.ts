import type { MutantList } from './mutant.ts'

/** Ways to break the SQL ledger, each noticed by its conformance suite in memory. */
export const LEDGER_MUTANTS: MutantList = {
  folder: 'src/adapters/ledger-sql',
  suites: ['test/mutants/random/ledger-in-memory.ts'],
  mutants: [
    {
      breaks: 'a failed operation carries open events of no operation',
      file: 'plan/failures.ts',
      find: 'event.operation !== null &&',
      replace: '',
    },
    {
      breaks: 'the last accepted record is active whatever it says',
      file: 'report/candidates.ts',
      find: '{ record, active: active === 1, at: at ?? 0 }',
      replace: '{ record, active: true, at: at ?? 0 }',
    },
    {
      breaks: 'the last accepted record is never active',
      file: 'report/candidates.ts',
      find: '{ record, active: active === 1, at: at ?? 0 }',
      replace: '{ record, active: false, at: at ?? 0 }',
    },
  ],
}
