import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { BASELINE, type Json } from '../../../../src/core/model.ts'
import { fold } from '../../../../src/core/plan/fold/fold.ts'
import type { LedgerEvent } from '../../../../src/core/ledger/event.ts'
import { compareEvents } from '../../../../src/core/plan/fold/order.ts'
import { day, ledgerEvent } from '../../../fakes/events.ts'
import { histories, NOW } from '../../../fakes/histories.ts'
import { nextMoment, oracle, rescinded } from './fold-oracle.ts'
import { runs as casesOf } from '../../../fakes/runs.ts'

const acme = '/hr/acme'
const runs = { numRuns: casesOf(10_000) }

/** Path → value and event, as a plain object. */
function attributes(events: readonly LedgerEvent[], now = NOW): Record<string, { value: Json; by: number }> {
  return Object.fromEntries(fold(events, now).attributes)
}
/** Path → value. */
function values(events: readonly LedgerEvent[], now = NOW): Record<string, Json> {
  return Object.fromEntries([...fold(events, now).attributes].map(([path, { value }]) => [path, value]))
}

void describe('per attribute the last write in order wins', () => {
  void test('a late title does not wipe a newer manager', () => {
    const manager = ledgerEvent(1, { effectiveAt: day(3), worker: { managerId: '10002' } })
    const title = ledgerEvent(2, { effectiveAt: day(2), worker: { title: 'Engineer', managerId: '10003' } })
    assert.deepEqual(attributes([manager, title]), {
      managerId: { value: '10002', by: 1 },
      title: { value: 'Engineer', by: 2 },
    })
  })

  void test('null clears, and the clearing is remembered with its event', () => {
    const set = ledgerEvent(1, { worker: { title: 'Engineer' } })
    const clear = ledgerEvent(2, { effectiveAt: day(2), worker: { title: null } })
    assert.deepEqual(attributes([set, clear]), { title: { value: null, by: 2 } })
  })

  void test('null for an object clears its parts', () => {
    const set = ledgerEvent(1, { worker: { name: { givenName: 'Ann', familyName: 'Lee' } } })
    const clear = ledgerEvent(2, { effectiveAt: day(2), worker: { name: null } })
    const again = ledgerEvent(3, { effectiveAt: day(3), worker: { name: { givenName: 'Eve' } } })
    assert.deepEqual(values([set, clear, again]), {
      name: null,
      'name.givenName': 'Eve',
      'name.familyName': null,
    })
  })

  void test('a value repeated by a delta belongs to the later event', () => {
    const first = ledgerEvent(1, { worker: { title: 'Engineer' } })
    const again = ledgerEvent(2, { effectiveAt: day(2), worker: { title: 'Engineer' } })
    assert.deepEqual(attributes([first, again]), { title: { value: 'Engineer', by: 2 } })
  })

  void test('a delta that does not name active leaves it alone', () => {
    const hired = ledgerEvent(1, { worker: { active: true } })
    const moved = ledgerEvent(2, { effectiveAt: day(2), worker: { department: 'Sales' } })
    assert.deepEqual(attributes([hired, moved])['active'], { value: true, by: 1 })
    assert.equal(attributes([moved])['active'], undefined)
  })

  void test('hired, terminated and hired again is active, and a late termination does not change it', () => {
    const hired = ledgerEvent(1, { worker: { active: true } })
    const terminated = ledgerEvent(3, { effectiveAt: day(2), worker: { active: false } })
    const rehired = ledgerEvent(2, { effectiveAt: day(3), worker: { active: true } })
    assert.deepEqual(attributes([hired, rehired, terminated])['active'], { value: true, by: 2 })
    assert.deepEqual(attributes([hired, terminated])['active'], { value: false, by: 3 })
  })
})

void describe('a snapshot sets what its source knew', () => {
  const hired = ledgerEvent(1, { worker: { title: 'Engineer', department: 'Sales', active: true } })

  void test('an equal value keeps the event it came from', () => {
    const snapshot = ledgerEvent(2, {
      mode: 'snapshot',
      effectiveAt: day(2),
      worker: { title: 'Engineer', department: 'Law', active: true },
    })
    assert.deepEqual(attributes([hired, snapshot]), {
      title: { value: 'Engineer', by: 1 },
      department: { value: 'Law', by: 2 },
      active: { value: true, by: 1 },
    })
  })

  void test('an attribute its source set and it omits is cleared, active never', () => {
    const snapshot = ledgerEvent(2, {
      mode: 'snapshot',
      effectiveAt: day(2),
      worker: { department: 'Sales' },
    })
    assert.deepEqual(attributes([hired, snapshot]), {
      title: { value: null, by: 2 },
      department: { value: 'Sales', by: 1 },
      active: { value: true, by: 1 },
    })
  })

  void test('an attribute of another source is unchanged, unless the rules assign it', () => {
    const phone = ledgerEvent(2, { source: '/phones', worker: { phone: '1' } })
    const snapshot = ledgerEvent(3, {
      mode: 'snapshot',
      effectiveAt: day(2),
      worker: { title: 'Engineer', department: 'Sales' },
    })
    assert.equal(values([hired, phone, snapshot])['phone'], '1')
    const owned = fold([hired, phone, snapshot], NOW, {
      owns: (source, path) => source === acme && path === 'phone',
    })
    assert.deepEqual(owned.attributes.get('phone'), { value: null, by: 3 })
  })

  void test('null for an object clears the parts that were set since it was last null', () => {
    const none = ledgerEvent(1, { worker: { name: null } })
    const named = ledgerEvent(2, { effectiveAt: day(2), worker: { name: { givenName: 'Ann' } } })
    const snapshot = ledgerEvent(3, { effectiveAt: day(3), mode: 'snapshot', worker: { name: null } })
    assert.equal(values([none, named, snapshot])['name.givenName'], null)
  })

  void test('a back-dated correction recorded later shows through where the snapshot only repeated', () => {
    const snapshot = ledgerEvent(2, {
      mode: 'snapshot',
      effectiveAt: day(3),
      worker: { title: 'Engineer', department: 'Law' },
    })
    const correction = ledgerEvent(3, {
      effectiveAt: day(2),
      recordedAt: day(4),
      worker: { title: 'Lawyer', department: 'Care', costCenter: '7' },
    })
    assert.deepEqual(attributes([hired, snapshot, correction]), {
      title: { value: 'Lawyer', by: 3 },
      department: { value: 'Law', by: 2 },
      costCenter: { value: '7', by: 3 },
      active: { value: true, by: 1 },
    })
  })

  void test('an event recorded at the instant of the snapshot counts as known to it', () => {
    const correction = ledgerEvent(3, {
      effectiveAt: day(2),
      recordedAt: day(3),
      worker: { title: 'Lawyer' },
    })
    const snapshot = ledgerEvent(2, {
      mode: 'snapshot',
      effectiveAt: day(3),
      recordedAt: day(3),
      worker: { title: 'Engineer' },
    })
    assert.deepEqual(attributes([hired, snapshot, correction])['title'], { value: 'Engineer', by: 2 })
  })
})

void test('of two exports the older yields to the newer one, wherever that stands in order', () => {
  const row = (seq: number, effective: number, recorded: number): LedgerEvent =>
    ledgerEvent(seq, {
      type: BASELINE,
      mode: 'snapshot',
      effectiveAt: day(effective),
      recordedAt: day(recorded),
      worker: { title: `Title ${seq}` },
    })
  assert.deepEqual(attributes([row(1, 3, 2), row(2, 2, 3)]), { title: { value: 'Title 2', by: 2 } })
})

void describe('a rescind removes its target', () => {
  const hired = ledgerEvent(1, { worker: { title: 'Engineer', active: true } })
  const promoted = ledgerEvent(2, { effectiveAt: day(2), worker: { title: 'Head' } })
  const rescind = (seq: number, target: LedgerEvent, more: Partial<LedgerEvent> = {}): LedgerEvent =>
    ledgerEvent(seq, { effectiveAt: day(3), rescinds: { source: target.source, id: target.id }, ...more })

  void test('an event that its target hid counts again', () => {
    assert.deepEqual(attributes([hired, promoted, rescind(3, promoted)])['title'], {
      value: 'Engineer',
      by: 1,
    })
  })

  void test('a rescind that arrives before its target waits for it', () => {
    const tombstone = rescind(3, promoted)
    assert.deepEqual(attributes([tombstone, hired])['title'], { value: 'Engineer', by: 1 })
    assert.deepEqual(attributes([tombstone, hired, promoted])['title'], { value: 'Engineer', by: 1 })
    assert.deepEqual(fold([tombstone, hired, promoted], NOW).effects.get(2), { kind: 'rescinded', by: 3 })
  })

  void test('a rescind that sorts below its target still removes it', () => {
    const early = rescind(3, promoted, { effectiveAt: day(1) })
    assert.equal(values([hired, promoted, early])['title'], 'Engineer')
  })

  void test('a rescinded rescind does nothing', () => {
    const first = rescind(3, promoted)
    const second = rescind(4, first, { effectiveAt: day(4) })
    assert.equal(values([hired, promoted, first, second])['title'], 'Head')
    assert.equal(values([hired, promoted, first, second, rescind(5, second)])['title'], 'Engineer')
  })

  void test('a rescinded rescind does nothing, also when it sorts above the one that names it', () => {
    const first = rescind(3, promoted, { effectiveAt: day(4) })
    const second = rescind(4, first, { effectiveAt: day(2) })
    assert.equal(values([hired, promoted, first, second])['title'], 'Head')
  })

  void test('rescinds in a cycle have no effect', () => {
    const one = ledgerEvent(3, { effectiveAt: day(3), rescinds: { source: acme, id: 'e-4' } })
    const two = ledgerEvent(4, { effectiveAt: day(4), rescinds: { source: acme, id: 'e-3' } })
    const self = ledgerEvent(5, { rescinds: { source: acme, id: 'e-5' } })
    const { attributes, effects } = fold([hired, promoted, one, two, self], NOW)
    assert.equal(attributes.get('title')?.value, 'Head')
    for (const [seq, by] of [
      [3, 4],
      [4, 3],
      [5, 5],
    ] as const)
      assert.deepEqual(effects.get(seq), { kind: 'rescinded', by })
  })

  void test('the same id of another source is another event', () => {
    const other = ledgerEvent(3, { effectiveAt: day(3), rescinds: { source: '/hr/other', id: promoted.id } })
    assert.equal(values([hired, promoted, other])['title'], 'Head')
  })

  void test('an event that its target hid counts again although a snapshot had repeated the target', () => {
    const snapshot = ledgerEvent(3, {
      mode: 'snapshot',
      effectiveAt: day(3),
      worker: { title: 'Head', active: true },
    })
    const later = rescind(4, promoted, { effectiveAt: day(4) })
    assert.deepEqual(attributes([hired, promoted, snapshot])['title'], { value: 'Head', by: 2 })
    assert.deepEqual(attributes([hired, promoted, snapshot, later])['title'], { value: 'Engineer', by: 1 })
    // Also where each of them rescinds another.
    const rescinding = [hired, promoted, snapshot].map((event) => ({
      ...event,
      rescinds: { source: acme, id: `never ${event.seq}` },
    }))
    assert.deepEqual(attributes([...rescinding, later])['title'], { value: 'Engineer', by: 1 })
  })

  void test('a snapshot that rescinds knows its target', () => {
    const snapshot = rescind(3, promoted, { mode: 'snapshot', worker: { title: 'Head' } })
    assert.deepEqual(attributes([hired, promoted, snapshot])['title'], { value: 'Head', by: 3 })
  })

  void test('a snapshot recorded after the rescind keeps its values', () => {
    const later = rescind(3, promoted, { effectiveAt: day(2), recordedAt: day(2), order: 1 })
    const snapshot = ledgerEvent(4, {
      mode: 'snapshot',
      effectiveAt: day(3),
      worker: { title: 'Head', active: true },
    })
    assert.deepEqual(attributes([hired, promoted, later, snapshot])['title'], { value: 'Head', by: 4 })
  })
})

void describe('a dead event has no effect, but a leaver stays disabled', () => {
  const hired = ledgerEvent(1, { worker: { title: 'Engineer', active: true } })

  void test('only active false of a dead event counts', () => {
    const terminated = ledgerEvent(2, {
      effectiveAt: day(2),
      dead: true,
      worker: { title: 'Gone', active: false },
    })
    assert.deepEqual(values([hired, terminated]), { title: 'Engineer', active: false })
    assert.equal(fold([hired, terminated], NOW).effects.has(2), false)
  })

  void test('a snapshot that repeats a dead activation does not bring back who has left since', () => {
    const worker = { userName: 'ada@contoso.com', active: true }
    const dead = ledgerEvent(1, { effectiveAt: day(1), recordedAt: day(3), worker, dead: true })
    const seen = ledgerEvent(2, { mode: 'snapshot', effectiveAt: day(4), worker })
    const again = ledgerEvent(3, { mode: 'snapshot', effectiveAt: day(5), worker })
    const left = ledgerEvent(4, { effectiveAt: day(2), recordedAt: day(6), worker: { active: false } })
    const rehired = ledgerEvent(5, { mode: 'snapshot', effectiveAt: day(7), worker })
    const active = (...events: readonly LedgerEvent[]): unknown =>
      fold(events, day(9)).attributes.get('active')?.value
    assert.equal(active({ ...dead, dead: false }, seen, again, left), false)
    assert.equal(active(dead, seen, again, left), false)
    assert.equal(active(dead, seen, again, { ...left, dead: true }), false)
    assert.equal(active(dead, seen), true)
    assert.equal(active(dead, seen, left, rehired), true)
  })

  void test('active true of a dead event does not count', () => {
    const terminated = ledgerEvent(2, { effectiveAt: day(2), worker: { active: false } })
    const rehired = ledgerEvent(3, { effectiveAt: day(3), dead: true, worker: { active: true } })
    assert.deepEqual(attributes([hired, terminated, rehired])['active'], { value: false, by: 2 })
  })

  void test('a notice that died unread has no effect either, but keeps the employee disabled when it says that they left', () => {
    const unread = ledgerEvent(2, { effectiveAt: day(2), mode: 'notice', worker: { active: false } })
    assert.equal(fold([hired, unread], NOW).effects.get(2)?.kind, 'unread')
    assert.equal(values([hired, unread])['active'], true)
    const dead = { ...unread, dead: true }
    assert.equal(fold([hired, dead], NOW).effects.has(2), false)
    assert.deepEqual(values([hired, dead]), { title: 'Engineer', active: false })
    assert.deepEqual(values([hired, { ...dead, worker: {} }]), { title: 'Engineer', active: true })
  })

  void test('a dead rescind does not reactivate a leaver', () => {
    const terminated = ledgerEvent(2, { effectiveAt: day(2), worker: { active: false } })
    const rescind = ledgerEvent(3, { effectiveAt: day(3), dead: true, rescinds: { source: acme, id: 'e-2' } })
    assert.equal(values([hired, terminated, rescind])['active'], false)
  })

  void test('a dead rescind of a rescinded termination does not reactivate the leaver', () => {
    const terminated = ledgerEvent(2, { effectiveAt: day(2), worker: { title: 'Gone', active: false } })
    const takenBack = ledgerEvent(3, { effectiveAt: day(3), rescinds: { source: acme, id: 'e-2' } })
    const rescind = ledgerEvent(4, { effectiveAt: day(3), dead: true, rescinds: { source: acme, id: 'e-3' } })
    assert.deepEqual(values([hired, terminated, takenBack]), { title: 'Engineer', active: true })
    assert.deepEqual(values([hired, terminated, takenBack, rescind]), { title: 'Engineer', active: false })
    const leavesLater = { ...terminated, effectiveAt: day(6) }
    const { nextAt, effects } = fold([hired, leavesLater, takenBack, rescind], NOW)
    assert.equal(nextAt, day(6))
    assert.deepEqual(effects.get(2), { kind: 'rescinded', by: 3 })
  })
})

void test('of a rescind dated with its target ahead, the attributes wait for their moment', () => {
  const moves = ledgerEvent(1, { effectiveAt: day(6), worker: { department: 'Law' } })
  const instead = ledgerEvent(2, {
    effectiveAt: day(6),
    recordedAt: day(3),
    rescinds: { source: acme, id: 'e-1' },
    worker: { department: 'Care' },
  })
  const { effects, nextAt } = fold([moves, instead], NOW)
  assert.deepEqual(effects.get(1), { kind: 'rescinded', by: 2 })
  assert.deepEqual([effects.get(2), nextAt], [{ kind: 'later', at: day(6) }, day(6)])
  assert.deepEqual(attributes([moves, instead], day(6)), { department: { value: 'Care', by: 2 } })
})

void describe('an event that takes effect later is not in the fold yet', () => {
  const hired = ledgerEvent(1, { worker: { active: true } })
  const leaves = ledgerEvent(2, { effectiveAt: day(6), recordedAt: day(2), worker: { active: false } })
  const moves = ledgerEvent(3, { effectiveAt: day(5), recordedAt: day(2), worker: { department: 'Law' } })

  void test('the next event sets when its employee is due again', () => {
    const folded = fold([hired, leaves, moves], NOW)
    assert.equal(folded.attributes.get('active')?.value, true)
    assert.equal(folded.attributes.has('department'), false)
    assert.deepEqual(folded.effects.get(2), { kind: 'later', at: day(6) })
    assert.equal(folded.nextAt, day(5))
    assert.equal(fold([hired, leaves, moves], day(5)).nextAt, day(6))
    assert.equal(fold([hired, leaves, moves], day(6)).nextAt, null)
  })

  void test('an event is in force exactly from its moment', () => {
    assert.equal(values([hired, leaves], day(6) - 1)['active'], true)
    assert.equal(values([hired, leaves], day(6))['active'], false)
  })

  void test('a dead termination still makes its employee due at its moment, another dead event does not', () => {
    assert.equal(fold([hired, { ...leaves, dead: true }], NOW).nextAt, day(6))
    assert.equal(fold([hired, { ...moves, dead: true }], NOW).nextAt, null)
  })
})

void describe('for every history', () => {
  void test('the fold agrees with the oracle on values and origins', () => {
    fc.assert(
      fc.property(histories(), (events) => {
        assert.deepEqual(new Map(fold(events, NOW).attributes), oracle(events, NOW))
      }),
      { numRuns: casesOf(20_000) },
    )
  })

  void test('the fold agrees with the oracle on events without effect and on the next moment', () => {
    fc.assert(
      fc.property(histories(), (events) => {
        const { effects, nextAt } = fold(events, NOW)
        const out = [...effects].flatMap(([seq, effect]) => (effect.kind === 'rescinded' ? [seq] : []))
        assert.deepEqual(
          new Set(out),
          new Set([...rescinded(events, NOW)].filter((seq) => events[seq - 1]?.dead === false)),
        )
        assert.equal(nextAt, nextMoment(events, NOW))
        for (const event of events) assert.equal(effects.has(event.seq), !event.dead)
      }),
      runs,
    )
  })

  void test('the order of arrival makes no difference', () => {
    const arrivals = histories().chain((events) =>
      fc.tuple(fc.constant(events), fc.shuffledSubarray([...events], { minLength: events.length })),
    )
    fc.assert(
      fc.property(arrivals, ([events, again]) => assert.deepEqual(fold(again, NOW), fold(events, NOW))),
      runs,
    )
  })

  void test('a duplicate event counts once', () => {
    const arrivals = histories().chain((events) =>
      fc.tuple(fc.constant(events), fc.shuffledSubarray([...events])),
    )
    fc.assert(
      fc.property(arrivals, ([events, again]) => {
        assert.deepEqual(fold([...again, ...events], NOW).attributes, fold(events, NOW).attributes)
      }),
      runs,
    )
  })

  void test('an employee is active only by an event in force that says so and is neither dead nor rescinded', () => {
    fc.assert(
      fc.property(histories(), (events) => {
        const held = fold(events, NOW).attributes.get('active')
        if (held?.value !== true) return
        const inForce = events.filter((event) => event.effectiveAt <= NOW)
        const out = rescinded(inForce)
        const cause = events[held.by - 1]
        assert(cause && cause.worker['active'] === true)
        assert(!cause.dead && !out.has(cause.seq) && cause.effectiveAt <= NOW)
        // Whatever stands above it and says otherwise is out, or a snapshot that knew it to be so
        // and had no reason to say it.
        for (const other of inForce) {
          if (other.worker['active'] !== false || compareEvents(other, cause) < 0 || out.has(other.seq))
            continue
          assert(other.mode === 'snapshot' && !other.dead, 'a leaver was let in again')
        }
      }),
      runs,
    )
  })
})
