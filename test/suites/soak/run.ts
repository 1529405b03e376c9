import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Look, soak } from './soak.ts'

/**
 * `npm run soak -- --events 1000000`: prints what the process holds after each simulated day.
 * Exits with 1 when something was lost, doubled or wrong, or grows.
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    employees: { type: 'string', default: '50000' },
    seed: { type: 'string', default: '1' },
  },
})
const startedAt = performance.now()
const print = (cells: readonly string[]): void =>
  void process.stdout.write(`${cells.map((cell) => cell.padStart(11)).join('')}\n`)
const row = ({ day, events, heapMB, residentMB, fileMB, handles }: Look): void =>
  print([
    String(day),
    String(events),
    heapMB.toFixed(0),
    residentMB.toFixed(0),
    fileMB.toFixed(0),
    String(handles),
    ((performance.now() - startedAt) / 1_000).toFixed(0),
  ])

print(['day', 'events', 'heap MB', 'process MB', 'file MB', 'handles', 'seconds'])
await using folder = await mkdtempDisposable(join(tmpdir(), 'rollcall-soak-'))
const { operations, days, violations } = await soak({
  events: Number(values.events),
  employees: Number(values.employees),
  seed: Number(values.seed),
  file: join(folder.path, 'ledger.db'),
  onDay: row,
})
process.stdout.write(`${days} days, ${operations} operations, ${violations.length} violations\n`)
for (const violation of violations) process.stdout.write(`${violation}\n`)
process.exitCode = violations.length === 0 ? 0 : 1
