import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { closeWithin, connect } from '../../../src/adapters/service-bus/client.ts'
import { type Doubles, startDoubles } from '../../../src/cli/doubles/doubles.ts'
import { feed } from '../../../src/compose/feed.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'

/** What must end with its owner: a test, or a run of a command. */
export interface Ending {
  after(end: () => unknown): void
}

/** Runs something, and then ends what it left to be ended, the last first. */
export async function endingAfter<T>(work: (t: Ending) => Promise<T>): Promise<T> {
  const ends: (() => unknown)[] = []
  try {
    return await work({ after: (end) => void ends.push(end) })
  } finally {
    for (const end of ends.toReversed()) await end()
  }
}

export async function folderFor(t: Ending): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-crash-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export async function doublesFor(t: Ending): Promise<Doubles> {
  const doubles = await startDoubles({ fast: true })
  t.after(() => doubles.stop())
  return doubles
}

/** Puts every line on the queue. */
export async function feedAll(t: Ending, doubles: Doubles, lines: readonly string[]): Promise<void> {
  const file = join(await folderFor(t), 'history.jsonl')
  await writeFile(file, `${lines.join('\n')}\n`)
  const connectionString = doubles.environment['SERVICEBUS_CONNECTION_STRING'] ?? ''
  const client = connect({ kind: 'connection-string', connectionString })
  assert.equal(await feed(client, { queue: 'hr-events' }, file), lines.length)
  await closeWithin(2_000, client.close())
}

/** Every message is taken in and settled, every event answered, and every outcome published. */
export async function isAtRest(doubles: Doubles, reader: Ledger, messages: number): Promise<boolean> {
  const totals = await reader.readTotals()
  if (totals.messages < messages) return false
  const { active, locked } = await doubles.bus.counts('hr-events')
  return active + locked === 0 && (await reader.readIdle(Date.now())).idle
}
