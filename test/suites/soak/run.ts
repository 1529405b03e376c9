import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { keepHeapsSmall } from '../../../src/compose/process.ts'
import { soak } from './soak.ts'
import { FEWEST_LOOKS, type Look } from './watch.ts'

/**
 * `npm run soak -- --events 1000000`: prints what the process holds after each simulated day. After
 * `--hours`, or on SIGINT, no more events come, and the run ends and is judged as if all had come.
 * Exits with 1 when something was lost, doubled or wrong, or grows.
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '10000000' },
    employees: { type: 'string', default: '20000' },
    'events-per-round': { type: 'string', default: '3000' },
    hours: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: '1' },
    folder: { type: 'string', default: tmpdir() },
  },
})
keepHeapsSmall()
const startedAt = performance.now()
const seconds = (): number => (performance.now() - startedAt) / 1_000
let isAsked = false
const ask = (): void => void (isAsked = true)
process.once('SIGINT', ask)
process.once('SIGTERM', ask)

const COLUMNS: readonly (readonly [string, (look: Look) => number])[] = [
  ['day', ({ day }) => day],
  ['events', ({ events }) => events],
  ['heap MB', ({ heapMB }) => heapMB],
  ['process MB', ({ residentMB }) => residentMB],
  ['file MB', ({ fileMB }) => fileMB],
  ['WAL MB', ({ walMB }) => walMB],
  ['rows', ({ rows }) => Object.values(rows).reduce((sum, count) => sum + count, 0)],
  ['folded ids', ({ foldedIds }) => foldedIds],
  ['handles', ({ handles }) => handles],
  ['listeners', ({ listeners }) => listeners],
  ['emitters', ({ emitters }) => emitters],
  ['timers', ({ timers }) => timers],
  ['µs an event', ({ eventMicros }) => eventMicros],
  ['seconds', seconds],
]
const print = (cells: readonly string[]): void =>
  void process.stdout.write(`${cells.map((cell) => cell.padStart(12)).join('')}\n`)

print(COLUMNS.map(([title]) => title))
await using folder = await mkdtempDisposable(join(values.folder, 'rollcall-soak-'))
const { events, operations, days, settled, violations } = await soak({
  events: Number(values.events),
  employees: Number(values.employees),
  eventsPerRound: Number(values['events-per-round']),
  seed: Number(values.seed),
  file: join(folder.path, 'ledger.db'),
  onDay: (look) => print(COLUMNS.map(([, of]) => of(look).toFixed(0))),
  isOver: () => isAsked || seconds() > Number(values.hours) * 3_600,
})
const { user, system } = process.cpuUsage()
process.stdout.write(
  `${events} events, ${days} days, ${operations} operations, ${seconds().toFixed(0)} s, of the processor ${((user + system) / 1e6).toFixed(0)} s\n`,
)
const [first, last] = [settled[0], settled.at(-1)]
for (const [table, count] of Object.entries(last?.rows ?? {}))
  if (count > 0)
    process.stdout.write(
      `${table}: ${first?.rows[table]} rows on day ${first?.day}, ${count} on day ${last?.day}\n`,
    )
if (settled.length < FEWEST_LOOKS) process.stdout.write('too few days to say whether anything grows\n')
process.stdout.write(`${violations.length} violations\n`)
for (const violation of violations) process.stdout.write(`${violation}\n`)
process.exitCode = violations.length === 0 ? 0 : 1
