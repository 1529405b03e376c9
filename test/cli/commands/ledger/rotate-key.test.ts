import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openSqliteLedger } from '../../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { CANARY, keys, keyText, tellStory } from '../../../adapters/ledger-sql/sealing/story.ts'
import { command } from '../../../fakes/cli.ts'
import { T0, World } from '../../../suites/conformance/ledger/world.ts'

void test('ledger rotate-key encrypts a ledger with the key of a file; every command then needs it, and a backup has no value', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-rotate-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const [path, file, copy] = ['ledger.db', 'keys', 'copy.db'].map((name) => join(folder, name))
  assert.ok(path && file && copy)
  const ledger = await openSqliteLedger({ path, now: () => T0 })
  await tellStory(new World(ledger))
  await writeFile(file, `${keyText('a')}\n`, { mode: 0o600 })
  const withKey = { LEDGER: path, LEDGER_KEYS_FILE: file }

  const inUse = await command(['ledger', 'rotate-key'], withKey)
  assert.equal(inUse.code, 1)
  assert.match(inUse.stderr, /LedgerInUse/)
  await ledger.close()
  const none = await command(['ledger', 'rotate-key'], { LEDGER: path })
  assert.equal(none.code, 2)
  assert.match(none.stderr, /set LEDGER_KEYS or LEDGER_KEY_SECRET/)

  assert.match((await command(['ledger', 'verify'], { LEDGER: path })).stdout, /values are not encrypted/)
  await (await openSqliteLedger({ path, keys: keys('a'), now: () => T0 })).close()
  assert.match((await command(['ledger', 'verify'], withKey)).stdout, /older ones may be in clear/)

  const first = await command(['ledger', 'rotate-key'], withKey)
  assert.equal(first.code, 0, first.stderr)
  assert.match(first.stdout, /is encrypted with key [0-9a-f]{16}: \d\d values were not/)
  for (const given of [{}, { LEDGER_KEYS: keyText('b') }])
    for (const argv of [['status'], ['ledger', 'verify'], ['trace', 'p1']]) {
      const ran = await command(argv, { LEDGER: path, ...given })
      assert.equal(ran.code, 2, argv.join(' '))
      assert.match(ran.stderr, /the ledger is encrypted with key [0-9a-f]{16}/)
    }

  await writeFile(file, `${keyText('b')}\n${keyText('a')}\n`)
  const running = await openSqliteLedger({ path, keys: keys('b', 'a'), now: () => T0 })
  const second = await command(['ledger', 'rotate-key', '--output', 'json'], withKey)
  assert.equal(second.code, 0, second.stderr)
  const { key, values, retired } = JSON.parse(second.stdout) as {
    key: string
    values: number
    retired: readonly string[]
  }
  assert.ok(values > 10)
  assert.deepEqual([retired.length, retired.includes(key)], [1, false])

  const [{ employee } = { employee: null }] = await running.findEmployees('p1')
  assert.match(JSON.stringify(employee), new RegExp(CANARY))
  await running.close()

  const newest = { LEDGER: path, LEDGER_KEYS: keyText('b') }
  const backup = await command(['ledger', 'backup', '--to', copy], newest)
  assert.equal(backup.code, 0, backup.stderr)
  assert.doesNotMatch(await readFile(copy, 'latin1'), new RegExp(CANARY))
  const verified = await command(['ledger', 'verify', copy], newest)
  assert.equal(verified.code, 0, verified.stderr)
  assert.ok(verified.stdout.includes(`values are encrypted with key ${key}\n`), verified.stdout)
  const trace = await command(['trace', 'p1'], newest)
  assert.equal(trace.code, 0, trace.stderr)
  assert.match(trace.stdout, /e1/)
})
