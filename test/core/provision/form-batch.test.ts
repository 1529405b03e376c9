import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { LANES } from '../../../src/core/model.ts'
import { formBatch, mayLeave, mixLanes, oldestShare } from '../../../src/core/provision/form-batch.ts'
import type { WaitingOperation } from '../../../src/core/provision/form-batch.ts'
import { stretchedUntil } from '../../../src/core/provision/hold.ts'

const UNLIMITED = { perWindow: Infinity, windowMs: 5_000, perDay: Infinity }
const NOW = 1_000_000

const operation = fc.record({
  employee: fc.integer({ min: 0, max: 40 }),
  manager: fc.option(fc.integer({ min: 0, max: 40 }), { nil: null }),
  lane: fc.oneof(
    { weight: 2, arbitrary: fc.constant(LANES.leaver) },
    { weight: 1, arbitrary: fc.constantFrom(...Object.values(LANES)) },
  ),
  age: fc.integer({ min: 0, max: 20_000 }),
  bytes: fc.integer({ min: 1, max: 400 }),
})

/** A queue: one pending operation an employee, older ones first. */
const queue = fc
  .uniqueArray(operation, { selector: ({ employee }) => employee, maxLength: 40, size: 'max' })
  .map((rows): readonly WaitingOperation[] =>
    rows
      .toSorted((a, b) => b.age - a.age)
      .map(({ employee, manager, lane, age, bytes }, index) => ({
        seq: index + 1,
        employeeId: `e${employee}`,
        managerId: manager === null ? null : `e${manager}`,
        lane,
        createdAt: NOW - age,
        bytes,
      })),
  )

/** What the ledger hands over for this queue. */
function form(
  rows: readonly WaitingOperation[],
  more: { maxOperations?: number; maxBytes?: number; fillMs?: number } = {},
): readonly WaitingOperation[] {
  const limits = { now: NOW, maxOperations: 10, maxBytes: 1_000, fillMs: 0, limits: UNLIMITED, ...more }
  const byLane = rows.toSorted((a, b) => a.lane - b.lane || a.seq - b.seq).slice(0, limits.maxOperations)
  const oldest = rows.slice(0, oldestShare(limits.maxOperations))
  const managers = new Map(rows.map((row) => [row.employeeId, row]))
  return formBatch({ byLane, oldest }, managers, limits)
}

/** One waiting operation, by default of a mover who has no manager. */
const waits = (seq: number, more: Partial<WaitingOperation> = {}): WaitingOperation => ({
  seq,
  employeeId: `e${seq}`,
  managerId: null,
  lane: LANES.mover,
  createdAt: NOW,
  bytes: 1,
  ...more,
})
const numbers = (rows: readonly WaitingOperation[]): readonly number[] => rows.map(({ seq }) => seq)

const isLeaver = ({ lane }: WaitingOperation): boolean => lane === LANES.leaver
const leavers = (rows: readonly WaitingOperation[]): readonly WaitingOperation[] => rows.filter(isLeaver)

void describe('forming a batch', () => {
  void it('keeps to both limits, with each employee once, and sends at least one operation', () => {
    fc.assert(
      fc.property(queue, (rows) => {
        const batch = form(rows)
        assert.equal(new Set(batch.map(({ employeeId }) => employeeId)).size, batch.length)
        assert(batch.length <= 10)
        assert(batch.length === 1 || batch.reduce((sum, { bytes }) => sum + bytes, 0) <= 1_000)
        assert.equal(batch.length > 0, rows.length > 0)
      }),
    )
  })

  void it('sends every leaver that fits before anything else', () => {
    fc.assert(
      fc.property(queue, (rows) => {
        const batch = form(rows, { maxBytes: Infinity })
        const expected = Math.min(10, leavers(rows).length)
        assert.equal(leavers(batch.slice(0, expected)).length, expected)
      }),
    )
  })

  void it('sends a manager before the reports in the same batch, unless the two manage each other', () => {
    fc.assert(
      fc.property(queue, (rows) => {
        const batch = form(rows, { maxBytes: Infinity })
        const byId = new Map(rows.map((row) => [row.employeeId, row]))
        const place = new Map(batch.map((row, index) => [row.employeeId, index]))
        const manages = (above: string, below: WaitingOperation): boolean => {
          const seen = new Set<string>()
          for (let at = below.managerId; at !== null && !seen.has(at); at = byId.get(at)?.managerId ?? null) {
            if (at === above) return true
            seen.add(at)
          }
          return false
        }
        for (const [index, row] of batch.entries()) {
          const manager = row.managerId === null ? undefined : byId.get(row.managerId)
          const above = manager && place.get(manager.employeeId)
          if (!manager || above === undefined || row.lane === LANES.leaver) continue
          if (!manages(row.employeeId, manager)) assert(above < index, 'the manager comes first')
        }
      }),
    )
  })

  void it('is in the order of the lanes, and of when the operations were planned', () => {
    const at = (seq: number, lane: number): WaitingOperation => ({
      seq,
      employeeId: `e${seq}`,
      managerId: null,
      lane,
      createdAt: NOW,
      bytes: 1,
    })
    const [leavers, movers] = [
      [at(5, LANES.leaver), at(6, LANES.leaver)],
      [at(2, LANES.mover), at(4, LANES.mover), at(7, LANES.mover)],
    ]
    const oldest = [at(1, LANES.joiner), at(4, LANES.mover)]
    const order = mixLanes({ byLane: [...leavers, ...movers], oldest }, 10).map(({ seq }) => seq)
    const lanes = { [LANES.leaver]: [5, 6], [LANES.mover]: [2, 4, 7], [LANES.joiner]: [1] }
    assert.deepEqual(
      order,
      Object.entries(lanes)
        .toSorted(([a], [b]) => Number(a) - Number(b))
        .flatMap(([, seqs]) => seqs),
    )
    assert.deepEqual(
      mixLanes({ byLane: [...leavers, ...movers], oldest }, 3).map(({ seq }) => seq),
      [5, 6, 1].toSorted((a, b) => order.indexOf(a) - order.indexOf(b)),
    )
  })

  void it('gives a fifth of every batch to the oldest, so that no lane starves another', () => {
    assert.deepEqual([oldestShare(10), oldestShare(50), oldestShare(1)], [2, 10, 0])
    fc.assert(
      fc.property(queue, (all) => {
        // Few leavers: with many of them there is room for nothing else.
        const rows = all.map((row) =>
          row.seq % 5 > 0 && isLeaver(row) ? { ...row, lane: LANES.joiner } : row,
        )
        const mixed = mixLanes(
          {
            byLane: rows.toSorted((a, b) => a.lane - b.lane || a.seq - b.seq).slice(0, 10),
            oldest: rows.slice(0, oldestShare(10)),
          },
          10,
        )
        const room = 10 - leavers(mixed).length
        const old = rows.slice(0, oldestShare(10)).filter(({ lane }) => lane !== LANES.leaver)
        for (const row of old.slice(0, room)) assert(mixed.includes(row))
      }),
    )
  })

  void it('waits until it is full or its oldest operation has waited long enough; a leaver does not wait', () => {
    const row = (seq: number, lane: number, createdAt: number): WaitingOperation => ({
      seq,
      employeeId: `e${seq}`,
      managerId: null,
      lane,
      createdAt,
      bytes: 1,
    })
    const young = [row(1, LANES.mover, NOW - 10), row(2, LANES.joiner, NOW)]
    assert.deepEqual(form(young, { fillMs: 1_000 }), [])
    assert.equal(form([row(1, LANES.mover, NOW - 1_000), ...young.slice(1)], { fillMs: 1_000 }).length, 2)
    assert.equal(form(young, { fillMs: 1_000, maxOperations: 2 }).length, 2)
    assert.equal(form([...young.slice(1), row(1, LANES.mover, NOW + 5_000)], { fillMs: 1_000 }).length, 2)
    assert.equal(form([...young, row(3, LANES.leaver, NOW)], { fillMs: 1_000 }).length, 3)
  })

  void it('sends a call full of leavers at once, however scarce calls are', () => {
    const row = (seq: number): WaitingOperation => ({
      seq,
      employeeId: `e${seq}`,
      managerId: null,
      lane: LANES.leaver,
      createdAt: NOW,
      bytes: 1,
    })
    const scarce = { now: NOW, used: 1_990, oldestAt: NOW - 3_600_000, lastAt: NOW - 1 }
    const limits = {
      now: NOW,
      maxOperations: 2,
      maxBytes: 1_000,
      fillMs: 0,
      limits: { perWindow: 40, windowMs: 5_000, perDay: 2_000 },
    }
    assert.equal(mayLeave([row(1), row(2)], scarce, limits), true)
    assert.equal(mayLeave([row(1)], scarce, limits), false)
  })
})

void describe('a batch', () => {
  void it('holds as many bytes as are allowed, and a single operation of any size', () => {
    const formed = (...sizes: readonly number[]): readonly number[] =>
      numbers(
        form(
          sizes.map((bytes, index) => waits(index + 1, { bytes })),
          { maxBytes: 100 },
        ),
      )
    assert.deepEqual(formed(60, 40), [1, 2])
    assert.deepEqual(formed(60, 41), [1])
    assert.deepEqual(formed(150, 10), [1])
  })

  void it('still fills up with an operation that was planned by a clock that is no more than that ahead', () => {
    assert.deepEqual(form([waits(1, { createdAt: NOW + 1_000 })], { fillMs: 1_000 }), [])
    assert.deepEqual(numbers(form([waits(1, { createdAt: NOW + 1_001 })], { fillMs: 1_000 })), [1])
  })

  void it('has a manager before the report; a leaver waits for no manager', () => {
    const report = waits(1, { managerId: 'e3' })
    assert.deepEqual(numbers(form([report, waits(2), waits(3)])), [3, 1, 2])
    const leaver = { ...report, lane: LANES.leaver }
    assert.deepEqual(numbers(form([leaver, waits(2), waits(3)], { maxOperations: 2 })), [1, 2])
  })

  void it('keeps the oldest operation, also when managers come forward from behind', () => {
    const joiners = [2, 3, 4, 5].map((seq) => waits(seq, { lane: LANES.joiner, managerId: `e${seq + 4}` }))
    const managers = [6, 7, 8, 9].map((seq) => waits(seq))
    const batch = form([waits(1), ...joiners, ...managers], { maxOperations: 5 })
    assert.deepEqual(numbers(batch), [1, 6, 2, 7, 3])
  })

  void it('leaves at once with leavers only: one of others waits for the pace of the day', () => {
    const scarce = { now: NOW, used: 1_990, oldestAt: NOW - 3_600_000, lastAt: NOW - 1 }
    const perDay = { perWindow: 40, windowMs: 5_000, perDay: 2_000 }
    const limits = { now: NOW, maxOperations: 2, maxBytes: 1_000, fillMs: 0, limits: perDay }
    assert.equal(mayLeave([waits(1, { lane: LANES.leaver }), waits(2)], scarce, limits), false)
  })
})

void describe('a hold', () => {
  void it('that has lasted an hour lasts six minutes more', () => {
    assert.equal(stretchedUntil(NOW + 1_000, NOW - 3_600_000, NOW), NOW + 360_000)
  })

  void it('never ends before the answer allows, and is stretched by at most ten minutes the longer it lasts', () => {
    fc.assert(
      fc.property(fc.nat(10 ** 8), fc.nat(10 ** 7), fc.nat(10 ** 6), (since, lasted, asked) => {
        const now = since + lasted
        const until = stretchedUntil(now + asked, since, now)
        assert(until >= now + asked)
        assert(until <= now + Math.max(asked, 600_000))
        assert(stretchedUntil(now + asked, since, now + 1_000) >= until, 'longer holds stretch no less')
        assert.equal(stretchedUntil(now + asked, null, now), now + asked)
      }),
    )
  })
})
