import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Chapter, timelineOf } from '../../../src/core/explain/timeline.ts'
import { cursorOf, cursorText } from '../../../src/core/explain/trace-cursor.ts'
import { traceEvent as event, traceOperation as operation } from '../../fakes/trace.ts'

const batch = { id: 'batch-1', state: 'accepted', attempts: 1, requestId: null, status: null } as const
const record = {
  id: 'r',
  changeId: 'c',
  action: 'update',
  status: 'success',
  code: null,
  objectId: null,
} as const
const steps = (chapter: Chapter | undefined) =>
  chapter?.steps.map(({ what, at, waitedMs }) => `${what.kind} ${at} ${waitedMs}`)

void test('events that were folded into an operation are one chapter with it, oldest chapter first', () => {
  const chapters = timelineOf({
    events: [
      event('c', 90),
      event('z', 5),
      event('b', 20, { operation: 'op-1' }),
      event('a', 10, { operation: 'op-1' }),
    ],
    operations: [operation('op-1', 30)],
  })
  assert.deepEqual(
    chapters.map(({ events, operation }) => [operation?.id, ...events.map(({ id }) => id)]),
    [
      [undefined, 'z'],
      ['op-1', 'b', 'a'],
      [undefined, 'c'],
    ],
  )
})

void test('steps are in the order of time with the wait before each, which is never negative, also when the log is ahead', () => {
  const [chapter] = timelineOf({
    events: [event('a', 10, { operation: 'op-1', plannedAt: 30, finishedAt: 90 })],
    operations: [
      operation('op-1', 30, {
        batch: { ...batch, submittedAt: 50, acceptedAt: 55 },
        records: [{ ...record, activityAt: 52 }],
        answeredAt: 55,
      }),
    ],
  })
  assert.deepEqual(steps(chapter), [
    'received 10 null',
    'planned 30 20',
    'submitted 50 20',
    'logged 52 2',
    'accepted 55 3',
    'answered 55 0',
  ])
})

void test('steps of one instant are in the order of the flow: the emergency lane goes ahead of the job', () => {
  const call = {
    result: 'disabled',
    status: 204,
    microUsd: 0,
    reason: 'full',
    begunAt: 50,
    endedAt: null,
  } as const
  const [chapter] = timelineOf({
    events: [event('a', 50, { operation: 'op-1' })],
    operations: [
      operation('op-1', 50, {
        batch: { ...batch, submittedAt: 50, acceptedAt: 50 },
        emergencyCalls: [call],
        records: [{ ...record, activityAt: 50 }],
        answeredAt: 50,
      }),
    ],
  })
  const kinds = chapter?.steps.map(({ what }) => what.kind)
  assert.deepEqual(kinds, ['received', 'planned', 'emergency', 'submitted', 'accepted', 'logged', 'answered'])
})

void test('an event without an operation ends in a step of its own', () => {
  const [held, decided] = timelineOf({
    events: [event('a', 10, { state: 'held' }), event('b', 20, { plannedAt: 25, finishedAt: 30 })],
    operations: [],
  })
  assert.deepEqual(steps(held), ['received 10 null'])
  assert.deepEqual(steps(decided), ['received 20 null', 'decided 25 5', 'final 30 5'])
  const gone = timelineOf({ events: [event('c', 1, { operation: 'op-9', finishedAt: 2 })], operations: [] })
  assert.deepEqual(steps(gone[0]), ['received 1 null', 'final 2 1'], 'its operation is on another page')
})

void test('a cursor reads back as it was written, and other texts are none', () => {
  for (const cursor of [
    { kind: 'older', event: 12, operation: 7 },
    { kind: 'further', skip: 20 },
  ] as const)
    assert.deepEqual(cursorOf(cursorText(cursor)), cursor)
  for (const text of ['', 'e1', 'm', 'e1-o', 'm9999999999', ' m1']) assert.equal(cursorOf(text), null, text)
})
