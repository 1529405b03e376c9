import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sha256 } from '../../../../src/adapters/system.ts'
import { evaluateHere } from '../../../../src/core/expression/evaluate.ts'
import { takeIn, takeInShaped } from '../../../../src/core/intake/message.ts'
import { compileShape } from '../../../../src/core/intake/shape.ts'
import { DEFAULT_SOURCE, type Source } from '../../../../src/core/intake/sources.ts'
import type { Json, JsonObject } from '../../../../src/core/model.ts'
import type { RefusedLeaver } from '../../../../src/core/ledger/port/leavers.ts'
import { day } from '../../../fakes/events.ts'
import { cloudEvent, inboxMessage } from '../../../fakes/messages.ts'

/** The leavings in a message, which must be refused. */
function leavingsIn(body: unknown): readonly RefusedLeaver[] {
  const { rejected, leavers } = takeIn(inboxMessage(body), () => DEFAULT_SOURCE)
  assert(rejected, 'it was taken')
  return leavers
}
const employeesIn = (body: unknown): readonly string[] => leavingsIn(body).map(({ employeeId }) => employeeId)
const ofType = (type: string): JsonObject => ({ ...cloudEvent, type, data: { worker: {} } })
const withActive = (active: Json): JsonObject => ({ ...cloudEvent, data: { worker: { active } } })

void describe('a leaver in a refused event is seen', () => {
  void test('by the word that its unknown type has for an end', () => {
    for (const type of [
      'worker.exit',
      'worker.left',
      'worker_left',
      'Austritt',
      'worker.deactivated',
      'account.disabled',
      'employment.ended',
      'contract.end',
      'Worker.Terminated',
    ])
      assert.deepEqual(employeesIn(ofType(type)), ['10001'], type)
  })
  void test('and no other unknown type looks like one', () => {
    for (const type of ['worker.leave.requested', 'training.ended', 'worker.created', 'team.leftover'])
      assert.deepEqual(employeesIn(ofType(type)), [], type)
  })
  void test('by an active that is anything but a plain yes', () => {
    for (const active of ['off', 'N', 'Terminated', 'left', '', -1, 2, null, {}, [], [true]])
      assert.deepEqual(employeesIn(withActive(active)), ['10001'], JSON.stringify(active))
  })
  void test('and not by one that says yes in another form', () => {
    for (const active of ['true', ' TRUE ', 'yes', '1', 1, 'Active'])
      assert.deepEqual(employeesIn(withActive(active)), [], JSON.stringify(active))
  })
})

void describe('what is known of a leaver in a refused event', () => {
  const leaving = { ...cloudEvent, type: 'worker.terminated', data: {} }
  const refusedBy = { ...cloudEvent, id: 'e-9', subject: '' }
  function first(event: object, source: Partial<Source> = {}): RefusedLeaver | undefined {
    const { rejected, leavers } = takeIn(inboxMessage([event, refusedBy]), () => ({
      ...DEFAULT_SOURCE,
      ...source,
    }))
    assert(rejected, 'it was taken')
    return leavers[0]
  }

  void test('is the place of the event in its message where it has no id, and where nobody is named', () => {
    const { id: _, source: _source, ...anonymous } = leaving
    const { leavers } = takeIn(inboxMessage([anonymous, { ...anonymous, subject: '' }]), () => DEFAULT_SOURCE)
    assert.deepEqual(
      leavers.map(({ employeeId, source, id }) => [employeeId, source, id]),
      [
        ['10001', 'hr-events', 'hr-events#1'],
        ['unknown:hr-events#1.2', 'hr-events', 'hr-events#1.2'],
      ],
    )
  })
  void test('is one leaver when two events say the same', () => {
    assert.deepEqual(employeesIn([leaving, leaving, refusedBy]), ['10001'])
    assert.deepEqual(employeesIn([leaving, { ...leaving, subject: '10002' }, refusedBy]), ['10001', '10002'])
  })
  void test('is the employee by a number as well, in the form of the source', () => {
    const source = { employeeId: { case: 'keep', pad: 6 } } as const
    assert.equal(first({ ...leaving, subject: 71 }, source)?.employeeId, '000071')
  })
  void test('is when it was recorded and from when on it holds, by the rules of the source', () => {
    const dated = { ...leaving, data: { effectiveDate: '2026-03-10' } }
    assert.equal(first(dated)?.recordedAt, day(1))
    assert.equal(first(dated, { zone: 'Asia/Tokyo' })?.effectiveAt, Date.UTC(2026, 2, 9, 15))
    assert.equal(first(dated, { lastDay: 'inclusive' })?.effectiveAt, Date.UTC(2026, 2, 11))
    const placeholder = { ...leaving, data: { effectiveDate: '2099-01-01' } }
    assert.equal(first(placeholder, { placeholderDates: ['2099-01-01'] })?.effectiveAt, Date.UTC(2026, 0, 1))
  })
  void test('is the arrival of the message where its times cannot be read', () => {
    const { recordedAt, effectiveAt } = first({ ...leaving, data: { effectiveDate: 'soon' } }) ?? {}
    assert.deepEqual([recordedAt, effectiveAt], [day(1), day(1)])
  })
  void test('is seen under an alias that the source has for its type, and in data that is no object', () => {
    const alias = { types: { 'com.acme.Bye': 'worker.terminated' } }
    assert.equal(first({ ...leaving, type: 'com.acme.Bye' }, alias)?.employeeId, '10001')
    assert.equal(first({ ...leaving, type: 'com.acme.Bye' }), undefined)
    assert.equal(first({ ...leaving, data: 'none' })?.employeeId, '10001')
  })
})

void test('a leaver is seen in a payload on which the shape of its source fails', async () => {
  const event = `{ 'id': id, 'type': type, 'subject': subject, 'data': $merge([data, { 'worker': {} }]) }`
  const shape = compileShape('own', { event }, sha256, evaluateHere())
  const body = { id: 'e-1', type: 'worker.terminated', subject: '10001', data: 'none' }
  const taken = await takeInShaped(inboxMessage(body), { name: '/hr/own', shape, source: DEFAULT_SOURCE })
  assert.equal(taken.rejected?.code, 'ShapeFailed')
  assert.deepEqual(
    taken.leavers.map(({ employeeId }) => employeeId),
    ['10001'],
  )
})

void describe('a leaver in an event with a key twice is seen', () => {
  const leaving = JSON.stringify(ofType('worker.terminated'))

  void test('under each employee that it may mean', () => {
    for (const twice of ['"subject":"10001","subject":"20002"', '"subject":"20002","subject":"10001"'])
      assert.deepEqual(employeesIn(leaving.replace('"subject":"10001"', twice)).toSorted(), [
        '10001',
        '20002',
      ])
  })
  void test('whichever of the two says so', () => {
    const hired = JSON.stringify(withActive(true))
    for (const twice of [
      '"active":true,"active":false',
      '"active":false,"active":true',
      '"\\u0061ctive":false,"active":true',
      '"active":"no","active":true',
    ])
      assert.deepEqual(new Set(employeesIn(hired.replace('"active":true', twice))), new Set(['10001']), twice)
    for (const twice of [
      '"type":"worker.terminated","type":"worker.hired"',
      '"type":"worker.hired","type":"worker.terminated"',
    ])
      assert.deepEqual(
        new Set(employeesIn(leaving.replace('"type":"worker.terminated"', twice))),
        new Set(['10001']),
      )
  })
  void test('as recorded when it arrived, because an earlier time in it could end the case', () => {
    const text = leaving.replace('"time":', '"time":"2019-01-01T00:00:00Z","time":')
    const [first] = leavingsIn(text)
    assert.equal(first?.recordedAt, day(1))
  })
  void test('and is not seen where neither says so', () => {
    const text = JSON.stringify(cloudEvent).replace('"id":"e-1"', '"id":"e-1","id":"e-2"')
    assert.deepEqual(employeesIn(text), [])
  })
})
