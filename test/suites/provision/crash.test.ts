import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openSqliteLedger } from '../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { joiner, leaver, T0, World } from '../conformance/ledger/world.ts'
import { openSite, SUBMIT } from './site.ts'

void test('a process that dies between the slot and the answer has spent its call, and its successor sends the batch again', async (t) => {
  const site = await openSite(t, { uploads: 1, submit: { fillMs: 0 } })
  const { promise: never, resolve: letGo } = Promise.withResolvers<null>()
  site.service.decide(async () => (await never) ?? { kind: 'network', code: 'ECONNRESET' })
  await site.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
  await site.runtime.settle()
  assert.equal(site.service.calls.length, 1)

  const { ledger, runtime } = site
  const successor = await openSite(t, { ledger, runtime, submit: { owner: 'there', fillMs: 0 } })
  await runtime.advance(SUBMIT.leaseMs - 1_000)
  assert.equal(successor.service.calls.length, 0, 'not while the first may still be waiting for its answer')
  await runtime.advance(2_000)
  assert.deepEqual(
    successor.service.calls.map(({ bulkIds }) => bulkIds),
    [site.service.calls[0]?.bulkIds],
  )
  assert.equal((await ledger.readSubmissionStatus(runtime.now())).callTimes.length, 2)
  letGo(null)
  await runtime.settle()
  assert.equal((await ledger.readCounts()).stateCounts.operations.accepted, 2, 'a late end changes nothing')
})

void test('an operation that was overtaken while no instance ran is not sent again', async (t) => {
  const site = await openSite(t, { uploads: 1, submit: { fillMs: 0 } })
  const { promise: never, resolve: letGo } = Promise.withResolvers<null>()
  site.service.decide(async () => (await never) ?? { kind: 'network', code: 'ECONNRESET' })
  await site.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
  await site.runtime.settle()
  await site.record(leaver('l1', 'p1'))
  const { ledger, runtime } = site
  const successor = await openSite(t, { ledger, runtime, submit: { owner: 'there', fillMs: 0 } })
  await runtime.advance(SUBMIT.leaseMs + 1_000)
  const sent = successor.service.calls.flatMap(({ active }) => [...active])
  assert.deepEqual(
    new Map(sent),
    new Map([
      ['p1', false],
      ['p2', true],
    ]),
  )
  assert.equal(sent.length, 2)
  letGo(null)
})

void test('a call without an answer holds its place in the window for as long as it may have taken, over a restart on the same file', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-crash-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'ledger.db')
  const limits = { perWindow: 1, windowMs: 5_000, perDay: 2 }
  const first = new World(await openSqliteLedger({ path, now: () => T0 }))
  await first.record(joiner('e1', 'p1'))
  await first.plan()
  const batch = await first.needBatch()
  await first.take(batch, limits)
  await first.ledger.close()

  const second = new World(await openSqliteLedger({ path, now: () => T0 }))
  t.after(() => second.ledger.close())
  second.now = T0 + 10_000
  const resumed = await second.needBatch({ owner: 'two', limits })
  assert.deepEqual([resumed.id, resumed.operations], [batch.id, batch.operations])
  const waits = await second.slot(resumed, limits, 'two')
  assert.equal(waits.kind === 'wait' ? waits.why : waits.kind, 'window')
  second.now = T0 + 66_000
  assert.equal((await second.slot(resumed, limits, 'two')).kind, 'taken')
  second.now = T0 + 200_000
  const spent = await second.slot(resumed, limits, 'two')
  assert.deepEqual(spent, { kind: 'wait', until: T0 + 60_000 + 86_400_000 + 120_000, why: 'day' })
  assert.equal((await second.ledger.readTotals()).calls, 2)
})

void test('a budget that a restart finds spent is not spent again', async (t) => {
  const limits = { perWindow: 40, windowMs: 5_000, perDay: 3 }
  const site = await openSite(t, { uploads: 1, submit: { fillMs: 0, maxOperations: 1, limits } })
  await site.record(...Array.from({ length: 10 }, (_, index) => joiner(`e${index}`, `p${index}`)))
  await site.runtime.advance(1_000)
  await site.stop()
  const { ledger, runtime } = site
  const submit = { owner: 'there', fillMs: 0, maxOperations: 1, limits, pollMs: 60_000 }
  const successor = await openSite(t, { ledger, runtime, submit, planPollMs: 600_000, uploads: 1 })
  await runtime.advance(20 * 3_600_000)
  assert.equal(site.service.calls.length + successor.service.calls.length <= 3, true)
})
