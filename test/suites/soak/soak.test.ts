import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { soak } from './soak.ts'
import { growth, type Look } from './watch.ts'

void test('a soak that is cut off leaves the directory as HR said, each event with its outcome, and no warning', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'rollcall-soak-'))
  const looked: Look[] = []
  const { violations, events, operations } = await soak({
    events: Infinity,
    employees: 300,
    eventsPerRound: 500,
    seed: 1,
    file: join(folder.path, 'ledger.db'),
    onDay: (look) => void looked.push(look),
    isOver: (sent) => sent >= 1_000,
  })
  assert.deepEqual(violations, [])
  assert.equal(events, 1_000)
  assert.ok(operations > 150)
  const [last] = looked
  assert.equal(last?.rows['folds'], last?.rows['employees'])
  assert.equal(last?.foldedIds, events)
  assert.equal(last?.rows['events'], 0)
})

const LOOK: Look = {
  day: 1,
  events: 100_000,
  heapMB: 40,
  residentMB: 300,
  fileMB: 400,
  walMB: 80,
  handles: 1,
  listeners: 8,
  emitters: 60,
  timers: 900,
  rows: { events: 300_000, findings: 10 },
  foldedIds: 0,
  eventMicros: 400,
}

/** Twelve days, on each of which so much more is held. */
const days = (more: (day: number) => Partial<Look>): readonly Look[] =>
  Array.from({ length: 12 }, (_, day) => ({ ...LOOK, day, ...more(day) }))

void test('a soak fails when anything that it looks at grows, and says what', () => {
  assert.deepEqual(
    growth(days((day) => ({ foldedIds: day * 100_000, fileMB: 400 + day * 7 }))),
    [],
    'the hashes of folded ids stay for good',
  )
  const named = (more: (day: number) => Partial<Look>): string => growth(days(more)).join('; ')
  assert.equal(
    named((day) => ({ heapMB: 40 + day * 3 })),
    'MB of the heap grew from 49 to 73',
  )
  assert.equal(
    named((day) => ({ residentMB: 300 + day * 30 })),
    'MB of the process grew from 390 to 630',
  )
  assert.equal(
    named((day) => ({ fileMB: 400 + day * 34 })),
    'MB of the file without folded ids grew from 502 to 774',
  )
  assert.equal(
    named((day) => ({ handles: 1 + day })),
    'handles grew from 4 to 12',
  )
  assert.equal(
    named((day) => ({ listeners: 8 + day })),
    'listeners of the process grew from 11 to 19',
  )
  assert.equal(
    named((day) => ({ emitters: 60 + day * 20 })),
    'emitters and signals grew from 120 to 280',
  )
  assert.equal(
    named((day) => ({ timers: 900 + day * 300 })),
    'timers grew from 1800 to 4200',
  )
  assert.equal(
    named((day) => ({ rows: { events: 300_000, findings: day * 100 } })),
    'rows of findings grew from 300 to 1100',
  )
  assert.equal(
    named((day) => ({ walMB: 80 + day * 10 })),
    'the log of the file grew to 190 MB',
  )
  assert.equal(
    named((day) => ({ eventMicros: 400 + day * 100 })),
    'an event costs 1400 µs of processor time, and cost 600 µs',
  )
})
