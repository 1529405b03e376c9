import type { MutantList } from './mutant.ts'

/** Ways to break the decisions of the core, each noticed by its unit tests. */
export const CORE_MUTANTS: MutantList = {
  folder: 'src/core',
  suites: ['test/core/provision/verdict.test.ts', 'test/core/plan/fold/order.test.ts'],
  mutants: [
    {
      breaks: 'an event with a higher source rank loses',
      file: 'plan/fold/order.ts',
      find: 'a.rank - b.rank',
      replace: 'b.rank - a.rank',
    },
    {
      breaks: 'the recorded time does not order events',
      file: 'plan/fold/order.ts',
      find: 'a.recordedAt - b.recordedAt ||',
      replace: '',
    },
    {
      breaks: 'a missing order value sorts highest',
      file: 'plan/fold/order.ts',
      find: 'if (value === null) return 0',
      replace: 'if (value === null) return 3',
    },
    {
      breaks: 'text is compared by UTF-16 units',
      file: 'plan/fold/order.ts',
      find: 'return unit >= 0xd800 && unit <= 0xdfff',
      replace: 'return false',
    },
    {
      breaks: 'a 413 is retried without end',
      file: 'provision/verdict.ts',
      find: '    case 413:\n',
      replace: '',
    },
    {
      breaks: 'a 401 never gets a fresh token',
      file: 'provision/verdict.ts',
      find: 'if (attempt === 1)',
      replace: 'if (attempt === 0)',
    },
    {
      breaks: 'Retry-After is ignored',
      file: 'provision/verdict.ts',
      find: 'bounded(named ?? settings.throttledMs)',
      replace: 'bounded(settings.throttledMs)',
    },
    {
      breaks: 'a full bucket is retried like any failure of the service',
      file: 'provision/verdict.ts',
      find: 'return status === 500 && ',
      replace: 'return status === 0 && ',
    },
    {
      breaks: 'an open circuit counts as an attempt',
      file: 'provision/verdict.ts',
      find: 'if (answer.code === CIRCUIT_OPEN)',
      replace: "if (answer.code === '')",
    },
    {
      breaks: 'a retry does not wait longer each time',
      file: 'provision/verdict.ts',
      find: '2 ** (attempt - 1)',
      replace: '1',
    },
  ],
}
