import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it, type TestContext } from 'node:test'
import { openSqliteLedger } from '../../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { toldOfFile } from '../../../../src/adapters/ledger-sql/driver/sqlite/failures.ts'
import { RollcallError } from '../../../../src/core/errors.ts'
import type { Ledger } from '../../../../src/core/ledger/ledger.ts'
import { joiner, World } from '../../../suites/conformance/ledger/world.ts'
import { rollcall } from '../../../fakes/rollcall.ts'
import { mounted, whyNoMounts } from '../../support/mount.ts'

const skip = whyNoMounts()

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-disk-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const open = (path: string): Promise<Ledger> => openSqliteLedger({ path, now: Date.now, patienceMs: 100 })

const modes = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(folder).map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]),
  )

void describe('what the disk does is said in a sentence', () => {
  /** What SQLite throws, by making it throw. */
  const CASES: readonly (readonly [string, string, (database: DatabaseSync) => void])[] = [
    [
      'full',
      'LedgerFull',
      (database) => {
        database.exec('PRAGMA max_page_count = 2; CREATE TABLE a (b)')
        for (;;) database.exec('INSERT INTO a VALUES (zeroblob(1000))')
      },
    ],
    ['read-only', 'LedgerRefused', (database) => database.exec('PRAGMA query_only = ON; CREATE TABLE a (b)')],
    ['no such folder', 'LedgerMissing', () => void new DatabaseSync('/not-there/ledger.db')],
    ['no database', 'LedgerNotReady', () => new DatabaseSync(import.meta.filename).exec('SELECT * FROM a')],
  ]
  for (const [what, code, make] of CASES)
    void it(what, async (t) => {
      const path = what === 'no such folder' ? '/not-there/ledger.db' : join(await folderFor(t), 'ledger.db')
      const database = new DatabaseSync(':memory:')
      t.after(() => database.close())
      assert.throws(
        () => make(database),
        (error: unknown) => {
          const told = toldOfFile(error, path)
          assert.ok(told instanceof RollcallError, String(told))
          assert.equal(told.code, code)
          assert.ok(told.message.includes(path))
          return true
        },
      )
    })

  void it('an error of our own, or of anything else, stays as it is', () => {
    const error = new TypeError('other')
    assert.equal(toldOfFile(error, 'ledger.db'), error)
  })

  void it('a command names the file and what to do, and shows no stack', async (t) => {
    const folder = await folderFor(t)
    const text = join(folder, 'notes.txt')
    writeFileSync(text, 'this is not a database, and it is longer than a header of one would be. '.repeat(20))
    for (const [LEDGER, command, words] of [
      [text, ['status'], /notes\.txt is not a database/],
      [text, ['run'], /./],
      [text, ['ledger', 'migrate'], /notes\.txt is not a database/],
      [join(folder, 'gone', 'ledger.db'), ['ledger', 'migrate'], /the folder .*gone does not exist/],
    ] as const) {
      const { code, stderr } = await rollcall(command, { LEDGER })
      assert.notEqual(code, 0)
      assert.match(stderr, words)
      assert.doesNotMatch(stderr, /^ +at /m, `${command.join(' ')}: ${stderr}`)
    }
  })

  void it('a read-only disk is refused for a ledger, with its cause', { skip }, async (t) => {
    const folder = await folderFor(t)
    using _ = mounted(folder, '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs')
    await (await open(join(folder, 'ledger.db'))).close()
    using __ = mounted(folder, '-o', 'remount,ro')
    await assert.rejects(open(join(folder, 'ledger.db')), {
      code: 'LedgerRefused',
      message: /not read-only/,
    })
  })

  void it(
    'a full disk takes nothing more, loses nothing, and work goes on when there is room',
    { skip },
    async (t) => {
      const folder = await folderFor(t)
      using _ = mounted(folder, '-t', 'tmpfs', '-o', 'size=3m', 'tmpfs')
      const ballast = join(folder, 'ballast')
      writeFileSync(ballast, Buffer.alloc(1_500_000))
      const ledger = await open(join(folder, 'ledger.db'))
      try {
        const world = new World(ledger)
        let taken = 0
        const fill = async (): Promise<void> => {
          for (; taken < 5_000; taken += 1) await world.record(joiner(`e${taken}`, `p${taken}`))
        }
        await assert.rejects(fill(), { code: 'LedgerFull', message: /make room/ })
        assert.ok(taken > 0)
        assert.equal((await ledger.readTotals()).events, taken)
        rmSync(ballast)
        await world.record(joiner('e-room', 'p-room'))
        assert.equal((await ledger.readTotals()).events, taken + 1)
      } finally {
        await ledger.close()
      }
    },
  )
})

void describe('only its owner may read what the ledger holds', () => {
  void it('every file of the ledger is made so, whatever the umask', async (t) => {
    const folder = await folderFor(t)
    const before = process.umask(0)
    t.after(() => process.umask(before))
    const ledger = await open(join(folder, 'ledger.db'))
    t.after(() => ledger.close())
    await ledger.ping()
    assert.deepEqual(modes(folder), {
      'ledger.db': '600',
      'ledger.db-lock': '600',
      'ledger.db-lock-journal': '600',
      'ledger.db-shm': '600',
      'ledger.db-wal': '600',
    })
  })

  void it('files of a former release lose the rights of others', async (t) => {
    const folder = await folderFor(t)
    const path = join(folder, 'ledger.db')
    await (await open(path)).close()
    const left = new DatabaseSync(path)
    left.exec('PRAGMA journal_mode = WAL; CREATE TABLE left_behind (a)')
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o644)
    const ledger = await open(path)
    t.after(() => ledger.close())
    left.close()
    assert.deepEqual(new Set(Object.values(modes(folder))), new Set(['600']))
  })

  void it('so is every file that a command makes', async (t) => {
    const folder = await folderFor(t)
    mkdirSync(join(folder, 'caches'))
    const directory = join(folder, 'directory.json')
    const { code, stderr } = await rollcall(
      ['demo', '--fast', '--exit', '--ledger', join(folder, 'demo.db'), '--directory', directory],
      { XDG_CACHE_HOME: join(folder, 'caches'), NODE_COMPILE_CACHE: '' },
    )
    assert.equal(code, 0, stderr)
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
    assert.ok(files.length > 3)
    for (const { parentPath, name } of files)
      assert.equal(statSync(join(parentPath, name)).mode & 0o077, 0, join(parentPath, name))
  })
})
