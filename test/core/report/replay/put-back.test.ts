import assert from 'node:assert/strict'
import { test } from 'node:test'
import { takeIn } from '../../../../src/core/intake/message.ts'
import { DEFAULT_SOURCE } from '../../../../src/core/intake/sources.ts'
import type { Original } from '../../../../src/core/ledger/port/dead-letters.ts'
import { preparePutBack } from '../../../../src/core/report/replay/put-back.ts'
import { ledgerLetter } from '../../../fakes/dead-letters.ts'
import { day } from '../../../fakes/events.ts'

const bodyOf = (id: string, title = 'A'): string => {
  const data = { effectiveDate: '2026-01-01', worker: { title } }
  const name = { id, source: '/hr', type: 'worker.updated', subject: 'p7' }
  return JSON.stringify({ specversion: '1.0', ...name, time: '2026-01-01T12:00:00Z', data })
}
const ORIGINAL: Original = {
  entity: 'hr-events',
  sequence: '70',
  enqueuedAt: day(1),
  messageId: 'm-1',
  sessionId: null,
  contentType: 'application/json',
  body: bodyOf('l-7'),
  properties: {},
}

/** The dead letter 7 with this edited body. */
async function prepared(body: string | null, original: Original | null = ORIGINAL) {
  const ledger = { findDeadLetter: async (seq: number) => ({ letter: ledgerLetter(seq), original }) }
  const items = [{ sequence: '7', sendingAt: null, body }]
  return preparePutBack(ledger, items, async (message) => takeIn(message, () => DEFAULT_SOURCE))
}

void test('a dead letter that is not edited is put back as it was, and one whose original is gone', async () => {
  assert.deepEqual(await prepared(null), [{ seq: 7, kind: 'as it was' }])
  assert.deepEqual(await prepared(bodyOf('l-7'), null), [{ seq: 7, kind: 'as it was' }])
})

void test('an edited dead letter gets the event of its body, and keeps the edited original', async () => {
  const batch = `[${bodyOf('l-6', 'C')},${bodyOf('l-7', 'B')}]`
  const [one] = await prepared(batch)
  assert.ok(one?.kind === 'edited')
  assert.deepEqual([one.event.id, one.event.worker['title']], ['l-7', 'B'])
  assert.deepEqual([one.original.body, one.original.messageId], [batch, 'm-1'])
})

void test('of an event that a body has twice, the first counts, as in the plan', async () => {
  const [one] = await prepared(`[${bodyOf('l-7', 'B')},${bodyOf('l-7', 'C')}]`)
  assert.ok(one?.kind === 'edited')
  assert.equal(one.event.worker['title'], 'B')
})

void test('an edit is refused that intake would refuse, or that names another event', async () => {
  assert.deepEqual(await prepared('no JSON'), [{ seq: 7, kind: 'refused', code: 'BodyNotJson' }])
  assert.deepEqual(await prepared(bodyOf('l-8')), [
    { seq: 7, kind: 'refused', code: 'EditNamesAnotherEvent' },
  ])
})
