import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { it } from 'node:test'
import { openSqliteLedger } from '../../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { chance as randomOf } from '../../../fakes/history.ts'
import { joiner, World } from '../../../suites/conformance/ledger/world.ts'

const COMMITS = 20
const CUTS = 6

/** What is in the file of a ledger that was opened, used once more and closed. */
async function usedAgain(path: string): Promise<{ readonly events: number; readonly sound: unknown }> {
  const ledger = await openSqliteLedger({ path, now: Date.now })
  const { events } = await ledger.readTotals()
  await new World(ledger).record(joiner('after', 'p-after'))
  assert.equal((await ledger.readTotals()).events, events + 1)
  await ledger.close()
  using database = new DatabaseSync(path, { readOnly: true })
  return { events, sound: database.prepare('PRAGMA integrity_check').get()?.['integrity_check'] }
}

void it('a write that the machine tore off leaves whole commits, and no more is lost than what was torn', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-torn-'))
  t.after(() => rm(folder, { recursive: true }))
  const path = join(folder, 'ledger.db')
  const ledger = await openSqliteLedger({ path, now: Date.now })
  const world = new World(ledger)
  /** How long the log of SQLite was after each commit. */
  const ends: number[] = []
  for (let n = 0; n < COMMITS; n++) {
    await world.record(joiner(`e${n}`, `p${n}`))
    ends.push(readFileSync(`${path}-wal`).length)
  }
  const [database, log] = [readFileSync(path), readFileSync(`${path}-wal`)]
  await ledger.close()

  const random = randomOf(Number(process.env['SEED'] ?? 1))
  for (let cut = 0; cut < CUTS; cut++) {
    const at = Math.floor(random() * (log.length + 1))
    const torn = Buffer.from(log)
    // Cut off there, or garbage from there on: pages may be written in any order.
    if (cut % 2 === 0) torn.fill(0xa5, at)
    const other = join(folder, `cut-${cut}`)
    mkdirSync(other)
    writeFileSync(join(other, 'ledger.db'), database)
    writeFileSync(join(other, 'ledger.db-wal'), cut % 2 === 0 ? torn : torn.subarray(0, at))
    const { events, sound } = await usedAgain(join(other, 'ledger.db'))
    const whole = ends.filter((end) => end <= at).length
    assert.deepEqual({ events, sound }, { events: whole, sound: 'ok' }, `torn at ${at} of ${log.length}`)
  }
})
