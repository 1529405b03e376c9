/** What a figure should be. */
export type Goal =
  | { readonly atLeast: number; readonly atMost?: never }
  | { readonly atMost: number; readonly atLeast?: never }

/** A script of this folder that prints one round and ends; each round is a process of its own. */
export interface Benchmark {
  readonly name: string
  /** What is compared or counted, for the list. */
  readonly what: string
  readonly script: string
  readonly arguments: readonly string[]
  /** Arguments with which it takes about a second, to see that it still runs. */
  readonly smoke: readonly string[]
  readonly goals: Readonly<Record<string, Goal>>
}

const sqlite = ['--ledger', 'sqlite']
const postgres = ['--ledger', 'postgres']

export const BENCHMARKS: readonly Benchmark[] = [
  {
    name: 'intake',
    what: 'intake into SQLite, next to the client that only receives and completes',
    script: 'intake.ts',
    arguments: [...sqlite, '--messages', '20000'],
    smoke: [...sqlite, '--messages', '200'],
    goals: {
      ratio: { atLeast: 0.9 },
      'main thread ratio': { atMost: 1.15 },
      'loop lag p99.9 ms': { atMost: 10 },
    },
  },
  {
    name: 'intake-started',
    what: 'rollcall run as it is started, next to the same client',
    script: 'intake-started.ts',
    arguments: [...sqlite, '--messages', '20000'],
    smoke: [...sqlite, '--messages', '3000'],
    goals: { ratio: { atLeast: 0.75 } },
  },
  {
    name: 'console-intake',
    what: 'rollcall run with every page of its console open, next to the same without',
    script: 'console-intake.ts',
    arguments: [...sqlite, '--messages', '60000'],
    smoke: [...sqlite, '--messages', '3000', '--every', '100'],
    goals: { ratio: { atLeast: 0.97 }, '% of a core': { atMost: 3 } },
  },
  {
    name: 'intake-postgres',
    what: 'intake into PostgreSQL, next to the same client',
    script: 'intake.ts',
    arguments: [...postgres, '--messages', '20000'],
    smoke: [...postgres, '--messages', '200'],
    goals: { ratio: { atLeast: 0.75 }, 'main thread ratio': { atMost: 1.15 } },
  },
  {
    name: 'planning',
    what: 'fold, map, compare and decide, for employees with 14 events each',
    script: 'planning.ts',
    arguments: ['10000', '14'],
    smoke: ['200', '14'],
    goals: {
      'default mapping, employees/s': { atLeast: 200_000 },
      'two simple expressions, employees/s': { atLeast: 80_000 },
      'two expressions of JSONata, employees/s': { atLeast: 80_000 },
    },
  },
  {
    name: 'correlate',
    what: 'a week of the provisioning log, joined to 100,000 open operations',
    script: 'correlator.ts',
    arguments: ['--records', '100000'],
    smoke: ['--records', '500'],
    goals: { 'log records/s': { atLeast: 20_000 }, 'MB in all': { atMost: 300 } },
  },
  {
    name: 'replay',
    what: 'a replay of dead letters of the bus',
    script: 'replay-native.ts',
    arguments: ['10000'],
    smoke: ['100'],
    goals: { 'messages/s': { atLeast: 8_000 } },
  },
  {
    name: 'growth',
    what: 'the ledger from intake to outcome: SQLite with 1,000,000 events ÷ with 10,000',
    script: 'ledger-size.ts',
    arguments: ['--driver', 'sqlite', '--sizes', '10000,1000000'],
    smoke: ['--driver', 'sqlite', '--employees', '200', '--sizes', '2000,4000', '--slices', '2'],
    goals: { growth: { atMost: 1.2 } },
  },
  {
    name: 'growth-postgres',
    what: 'the same on PostgreSQL',
    script: 'ledger-size.ts',
    arguments: ['--driver', 'postgres', '--sizes', '10000,1000000'],
    smoke: ['--driver', 'postgres', '--employees', '200', '--sizes', '2000,4000', '--slices', '2'],
    goals: { growth: { atMost: 1.2 } },
  },
  {
    name: 'figures',
    what: 'what status and /metrics read of a PostgreSQL ledger of 1,000,000 events',
    script: 'scrape.ts',
    arguments: ['--driver', 'postgres', '--events', '1000000', '--seconds', '5'],
    smoke: ['--driver', 'postgres', '--events', '10000', '--open', '50', '--times', '5', '--seconds', '0'],
    goals: { 'readFigures p99 ms': { atMost: 20 } },
  },
  {
    name: 'pipeline',
    what: 'from the first message to the last final outcome, shuffled careers of 10,000 employees',
    script: 'alternatives.ts',
    arguments: ['--way', 'rollcall', '--employees', '10000'],
    smoke: ['--way', 'rollcall', '--employees', '20', '--quiet-ms', '1500'],
    goals: { 'messages/s': { atLeast: 6_000 } },
  },
  {
    name: 'idle',
    what: 'an event through an idle connector to the call that carries it, less the time to wait for others',
    script: 'idle.ts',
    arguments: ['--events', '200'],
    smoke: ['--events', '2'],
    goals: { 'p99 ms': { atMost: 30 } },
  },
  {
    name: 'start',
    what: 'rollcall run to its first message, on a SQLite ledger of 5,000,000 events; rollcall --help',
    script: 'start.ts',
    arguments: ['--events', '5000000'],
    smoke: ['--events', '10000'],
    goals: { 'ms to the first message': { atMost: 1_500 }, 'ms of --help': { atMost: 150 } },
  },
  {
    name: 'backlog',
    what: 'the memory of rollcall run while it takes in 1,000,000 messages',
    script: 'backlog.ts',
    arguments: ['--messages', '1000000'],
    smoke: ['--messages', '500'],
    goals: { 'MB at most': { atMost: 300 } },
  },
  {
    name: 'diff',
    what: 'a comparison of 100,000 accounts of the Entra double with the ledger, page by page',
    script: 'diff.ts',
    arguments: ['--accounts', '100000'],
    smoke: ['--accounts', '200'],
    goals: {},
  },
  {
    name: 'first-load',
    what: 'an import of 5,000 employees, and all of them sent to the Entra double',
    script: 'first-load.ts',
    arguments: ['--employees', '5000'],
    smoke: ['--employees', '50'],
    goals: {},
  },
  {
    name: 'careful-script',
    what: 'a careful script instead of Rollcall; alternatives.ts has other ways and troubles',
    script: 'alternatives.ts',
    arguments: ['--way', 'careful', '--employees', '1000'],
    smoke: ['--way', 'careful', '--employees', '20', '--quiet-ms', '1500'],
    goals: {},
  },
  {
    name: 'instances-2',
    what: 'two processes on one PostgreSQL',
    script: 'instances.ts',
    arguments: ['--processes', '2'],
    smoke: ['--processes', '2'],
    goals: {},
  },
]
