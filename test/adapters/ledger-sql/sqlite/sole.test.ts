import assert from 'node:assert/strict'
import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { openSqliteLedger } from '../../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import type { Ledger } from '../../../../src/core/ledger/ledger.ts'
import { joiner, World } from '../../../suites/conformance/ledger/world.ts'
import { rollcall } from '../../../fakes/rollcall.ts'
import { mounted, whyNoMounts } from '../../support/mount.ts'
import { until } from '../../support/until.ts'

const skip = whyNoMounts()

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-sole-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

interface Opened {
  readonly ledger: Ledger
  /** The reports that the connector received when it lost the ledger. */
  readonly gone: string[]
}

async function open(
  t: TestContext,
  path: string,
  more: { readOnly?: boolean; beside?: boolean } = {},
): Promise<Opened> {
  const gone: string[] = []
  const ledger = await openSqliteLedger({
    path,
    now: Date.now,
    patienceMs: 100,
    onGone: (error) => gone.push(error.message),
    ...more,
  })
  t.after(() => ledger.close())
  return { ledger, gone }
}

const hire = (ledger: Ledger, name: string): Promise<unknown> =>
  new World(ledger).record(joiner(`e-${name}`, name))

void describe('one process writes to a ledger file', () => {
  void it('a second one that comes by a symbolic link is refused', async (t) => {
    const folder = await folderFor(t)
    const [path, other] = [join(folder, 'ledger.db'), join(folder, 'other.db')]
    // Made while it leads nowhere yet, too.
    symlinkSync(path, other)
    await open(t, path)
    await assert.rejects(open(t, other), { code: 'LedgerInUse' })
  })

  void it('a second one that comes by a hard link is refused, and so are readers and commands', async (t) => {
    const folder = await folderFor(t)
    const [path, other] = [join(folder, 'ledger.db'), join(folder, 'other.db')]
    const { ledger } = await open(t, path)
    linkSync(path, other)
    for (const more of [{}, { readOnly: true }, { beside: true }])
      await assert.rejects(open(t, other, more), { code: 'LedgerRefused', message: /2 names \(hard links\)/ })
    await hire(ledger, 'p1')
    rmSync(other)
    assert.equal((await (await open(t, path, { readOnly: true })).ledger.readTotals()).events, 1)
  })

  void it('a second one that opens the file through its own mount is refused', { skip }, async (t) => {
    const folder = await folderFor(t)
    const [path, other] = [join(folder, 'ledger.db'), join(folder, 'an other.db')]
    await open(t, path)
    writeFileSync(other, '')
    using _ = mounted(other, '--bind', path)
    await assert.rejects(open(t, other), { code: 'LedgerRefused', message: /Mount the folder/ })
  })

  void it('a second one that comes by a folder mounted twice is refused', { skip }, async (t) => {
    const folder = await folderFor(t)
    const [one, two] = [join(folder, 'one'), join(folder, 'two')]
    for (const path of [one, two]) mkdirSync(path)
    using _ = mounted(two, '--bind', one)
    await open(t, join(one, 'ledger.db'))
    await assert.rejects(open(t, join(two, 'ledger.db')), { code: 'LedgerInUse' })
  })

  for (const when of ['before', 'after'])
    void it(`the first one stops when its lock was removed ${when} a second one came`, async (t) => {
      const path = join(await folderFor(t), 'ledger.db')
      const first = await open(t, path)
      await hire(first.ledger, 'p1')
      rmSync(`${path}-lock`)
      if (when === 'before') await assert.rejects(hire(first.ledger, 'p2'), { code: 'LedgerLost' })
      const second = await open(t, path)
      await hire(second.ledger, 'p3')
      await assert.rejects(hire(first.ledger, 'p4'), { code: 'LedgerLost' })
      assert.equal(first.gone.length, 1)
      assert.equal((await second.ledger.readTotals()).events, 2)
    })

  void it('the first one stops when another process became the writer past its lock', async (t) => {
    const path = join(await folderFor(t), 'ledger.db')
    const { ledger, gone } = await open(t, path)
    const { DatabaseSync } = await import('node:sqlite')
    const other = new DatabaseSync(path)
    other.exec(`UPDATE leases SET owner = 'another' WHERE name = 'writer'`)
    other.close()
    await assert.rejects(hire(ledger, 'p1'), { code: 'LedgerLost', message: /past its lock/ })
    assert.equal(gone.length, 1)
    assert.equal((await (await open(t, path, { readOnly: true })).ledger.readTotals()).events, 0)
  })
})

void describe('a ledger that goes away under a running process is noticed, and not written to', () => {
  for (const suffix of ['', '-wal', '-shm', '-lock'])
    void it(`ledger.db${suffix} was deleted`, async (t) => {
      const path = join(await folderFor(t), 'ledger.db')
      const { ledger, gone } = await open(t, path)
      await hire(ledger, 'p1')
      rmSync(`${path}${suffix}`)
      await assert.rejects(hire(ledger, 'p2'), {
        code: 'LedgerLost',
        message: new RegExp(`ledger.db${suffix} was deleted or moved`),
      })
      assert.equal(gone.length, 1)
      await assert.rejects(ledger.readTotals(), { code: 'LedgerLost' })
    })

  void it('another ledger was put in its place', async (t) => {
    const folder = await folderFor(t)
    const [path, other] = [join(folder, 'ledger.db'), join(folder, 'yesterday.db')]
    await (await open(t, other)).ledger.close()
    const { ledger } = await open(t, path)
    await hire(ledger, 'p1')
    renameSync(other, path)
    await assert.rejects(hire(ledger, 'p2'), { code: 'LedgerLost', message: /was replaced by another file/ })
  })

  void it('also when nothing is asked of it', async (t) => {
    const path = join(await folderFor(t), 'ledger.db')
    const { gone } = await open(t, path)
    rmSync(path)
    await until('the loss is reported', () => gone.length > 0)
  })

  void it('run ends with a sentence that names the cause', async (t) => {
    const folder = await folderFor(t)
    const LEDGER = join(folder, 'ledger.db')
    const running = rollcall(['run'], {
      LEDGER,
      PROVISIONING_ENDPOINT: 'http://127.0.0.1:1/v1.0/servicePrincipals/a/synchronization/jobs/b/bulkUpload',
      PROVISIONING_ALLOW_HTTP: 'true',
      AUTH_MODE: 'local',
      SERVICEBUS_CONNECTION_STRING:
        'Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true',
    })
    await until('it runs on its ledger', async () => {
      const opened = await open(t, LEDGER, { readOnly: true }).catch(() => null)
      return opened !== null && (await opened.ledger.listInstances(Date.now())).length > 0
    })
    rmSync(LEDGER)
    const { code, stderr } = await running
    assert.equal(code, 1, stderr)
    assert.match(stderr, /^rollcall: .*ledger\.db was deleted or moved.*\[LedgerLost\]$/m)
    assert.doesNotMatch(stderr, /^ +at /m)
  })
})
