import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { fold } from '../../../../src/core/plan/fold/fold.ts'
import type { LedgerEvent } from '../../../../src/core/ledger/event.ts'
import { EVENT_REASONS } from '../../../../src/core/ledger/event-reason.ts'
import { planEmployee } from '../../../../src/core/plan/decide/plan.ts'
import type { Cut } from '../../../../src/core/ledger/port/upkeep.ts'
import { cutOf } from '../../../../src/core/plan/retain/retain.ts'
import { parseRecord } from '../../../../src/core/plan/mapping/record.ts'
import { BASELINE, ERASED, type Json } from '../../../../src/core/model.ts'
import { day, ledgerEvent } from '../../../fakes/events.ts'
import { histories, NOW } from '../../../fakes/histories.ts'
import { employee, personEvent, rules, WORKER } from '../../../fakes/people.ts'
import { runs } from '../../../fakes/runs.ts'

const all = (events: readonly LedgerEvent[]): ReadonlySet<number> => new Set(events.map(({ seq }) => seq))
const after = (events: readonly LedgerEvent[], cut: Cut | null): readonly LedgerEvent[] =>
  cut
    ? [...cut.remains, ...events.filter(({ seq, folded }) => folded !== true && !cut.gone.includes(seq))]
    : events
const hired = ledgerEvent(1, { worker: { ...WORKER, department: 'Sales' } })

void describe('retention', () => {
  void test('removes superseded values, and keeps the origin of the others', () => {
    const events = [
      hired,
      ledgerEvent(2, { effectiveAt: day(2), worker: { title: 'Head', department: 'Law' } }),
    ]
    const cut = cutOf(events, all(events), NOW)
    assert(cut)
    assert.deepEqual(cut.gone, [1, 2])
    assert.deepEqual(
      cut.remains.map(({ seq, worker }) => [seq, worker]),
      [
        [1, { userName: 'ada@contoso.com', active: true }],
        [2, { title: 'Head', department: 'Law' }],
      ],
    )
    assert.doesNotMatch(JSON.stringify(cut.remains), /Engineer|Sales/)
  })

  void test('removes what was discarded, which adds nothing to what remains; before it is settled it stays', () => {
    const discarded = ledgerEvent(2, { effectiveAt: day(2), worker: { title: 'Head' }, discarded: true })
    const other = ledgerEvent(3, { effectiveAt: day(3), worker: { department: 'Law' }, discarded: false })
    const events = [hired, discarded, other]
    const cut = cutOf(events, all(events), NOW)
    assert.deepEqual(cut?.gone.toSorted(), [1, 2, 3])
    assert.deepEqual(
      cut?.remains.map(({ seq }) => seq),
      [1, 3],
    )
    assert.equal(cutOf([discarded], new Set(), NOW), null)
    assert.deepEqual(cutOf([discarded], all([discarded]), NOW), { gone: [2], remains: [] })
  })

  void test('keeps the last snapshot, so that it still clears what arrives late and was said before it', () => {
    const snapshot = ledgerEvent(2, { effectiveAt: day(3), mode: 'snapshot', worker: WORKER })
    const late = ledgerEvent(3, { effectiveAt: day(2), worker: { department: 'Law' } })
    const events = [hired, snapshot]
    const cut = cutOf(events, all(events), NOW)
    assert.deepEqual(
      cut?.remains.map(({ seq, mode }) => [seq, mode]),
      [
        [1, 'delta'],
        [2, 'snapshot'],
      ],
    )
    assert.equal(fold([...events, late], NOW).attributes.get('department')?.value, null)
    assert.equal(fold([...after(events, cut), late], NOW).attributes.get('department')?.value, null)
  })

  void test('of two exports leaves both yielding to what HR recorded since, with a date before them', () => {
    const exported = (seq: number, at: number, worker: LedgerEvent['worker']): LedgerEvent =>
      ledgerEvent(seq, { type: BASELINE, mode: 'snapshot', recordedAt: at, effectiveAt: at, worker })
    const { active: _, ...unsaid } = WORKER
    const events = [exported(1, day(2), WORKER), exported(2, day(3), unsaid)]
    const since = ledgerEvent(3, { effectiveAt: day(1), recordedAt: day(4), worker: { title: 'Head' } })
    const cut = cutOf(events, all(events), NOW)
    assert(cut)
    assert.deepEqual(
      cut.remains.map(({ mode }) => mode),
      ['delta', 'snapshot'],
    )
    // A cut may keep no snapshot at all.
    const [older] = cut.remains
    assert(older)
    for (const history of [
      [...events, since],
      [...after(events, cut), since],
      [older, since],
    ])
      assert.deepEqual(fold(history, NOW).attributes.get('title'), { value: 'Head', by: 3 })
  })

  void test('keeps no snapshot that is rescinded', () => {
    const snapshot = ledgerEvent(2, {
      effectiveAt: day(3),
      mode: 'snapshot',
      worker: { ...WORKER, title: 'Head' },
    })
    const rescind = ledgerEvent(3, { effectiveAt: day(3), rescinds: { source: '/hr/acme', id: 'e-2' } })
    const events = [hired, snapshot, rescind]
    const cut = cutOf(events, all(events), NOW)
    assert.deepEqual(
      cut?.remains.map(({ mode }) => mode),
      ['delta', 'delta'],
    )
    assert.doesNotMatch(JSON.stringify(cut?.remains), /Head/)
  })

  void test('never removes dead, future, unread and unsettled events', () => {
    const events = [
      hired,
      ledgerEvent(2, { effectiveAt: day(2), dead: true, worker: { active: false } }),
      ledgerEvent(3, { effectiveAt: day(6), worker: { title: 'Head' } }),
      ledgerEvent(4, { effectiveAt: day(2), mode: 'notice' }),
      ledgerEvent(5, { effectiveAt: day(3), worker: { title: 'Chief' } }),
    ]
    assert.deepEqual(cutOf(events, new Set([1, 2, 3, 4]), NOW)?.gone, [1])
  })

  void test('keeps that there was an activation, so that a later termination still has one that it could end', () => {
    const left = ledgerEvent(2, { effectiveAt: day(2), worker: { active: false } })
    const rehired = ledgerEvent(3, { effectiveAt: day(3), worker: { active: true } })
    const events = [hired, left, rehired]
    const cut = cutOf(events, all(events), NOW)
    assert.deepEqual(
      cut?.remains.map(({ seq, worker, activated }) => [seq, worker['active'], activated]),
      [
        [1, undefined, true],
        [3, true, undefined],
      ],
    )
    const late = ledgerEvent(9, { effectiveAt: day(2) + 1, recordedAt: day(9), worker: { active: false } })
    for (const history of [events, after(events, cut)])
      assert.deepEqual(fold([...history, late], day(9)).attributes.get('active'), { value: true, by: 3 })
    const [first] = cutOf([hired], all([hired]), NOW)?.remains ?? []
    assert.equal(first?.activated, undefined)
  })

  void test('keeps each termination before any activation, because an activation that arrives late may be what it means', () => {
    const ends = (seq: number, recorded: number): LedgerEvent =>
      ledgerEvent(seq, { effectiveAt: day(seq), recordedAt: day(recorded), worker: { active: false } })
    const events = [ends(1, 3), ends(2, 4)]
    const cut = cutOf(events, all(events), NOW)
    assert.deepEqual(cut?.gone, [1, 2])
    const late = ledgerEvent(9, { effectiveAt: day(3), recordedAt: day(2), worker: { active: true } })
    for (const history of [events, after(events, cut)])
      assert.equal(fold([...history, late], day(9)).attributes.get('active')?.value, false)
    const between = { ...late, effectiveAt: day(1) + 1 }
    for (const history of [events, after(events, cut)])
      assert.equal(fold([...history, between], day(9)).late?.termination, 1)
  })

  void test('leaves the mark of an erasure to the ledger, which keeps it elsewhere', () => {
    const mark = ledgerEvent(0, {
      effectiveAt: day(2),
      type: ERASED,
      source: '~erased',
      worker: { active: false },
      dead: true,
      folded: true,
    })
    const events = [mark, hired, ledgerEvent(2, { effectiveAt: day(3), worker: { title: 'Head' } })]
    const cut = cutOf(events, all(events), NOW)
    assert.deepEqual(
      [cut?.gone, cut?.remains.map(({ seq }) => seq)],
      [
        [1, 2],
        [1, 2],
      ],
    )
    const { attributes } = fold([mark, ...(cut?.remains ?? [])], NOW)
    assert.deepEqual([attributes.get('active')?.value, attributes.get('title')?.value], [false, 'Head'])
  })

  void test('folds nothing away while a termination counts from a later activation', () => {
    const left = ledgerEvent(2, { effectiveAt: day(1) - 1, recordedAt: day(3), worker: { active: false } })
    assert.equal(cutOf([hired, left], all([hired, left]), NOW), null)
  })

  void test('keeps of an event nothing that the directory refused when it accepted only the deactivation', () => {
    const left = ledgerEvent(2, { effectiveAt: day(2), worker: { active: false, title: 'refused' } })
    const events = [hired, { ...left, reason: EVENT_REASONS.deactivationOnly }]
    const cut = cutOf(events, all(events), NOW)
    assert.deepEqual(cut?.remains.at(-1)?.worker, { active: false })
    assert.equal(fold(after(events, cut), NOW).attributes.get('title')?.value, 'Engineer')
  })

  void test('leaves nothing of an event without a surviving value, nor of a rescind that is rescinded', () => {
    const head = ledgerEvent(2, { effectiveAt: day(2), worker: { title: 'Head' } })
    const titles = [ledgerEvent(1, { worker: { title: 'Lead' } }), head]
    assert.deepEqual(
      cutOf(titles, all(titles), NOW)?.remains.map(({ seq }) => seq),
      [2],
    )
    const rescind = ledgerEvent(3, { effectiveAt: day(2), rescinds: { source: '/hr/acme', id: 'e-2' } })
    const again = ledgerEvent(4, { effectiveAt: day(2), rescinds: { source: '/hr/acme', id: 'e-3' } })
    const events = [head, rescind, again]
    assert.deepEqual(
      cutOf(events, all(events), NOW)?.remains.map(({ seq }) => seq),
      [2, 4],
    )
  })

  void test('keeps of a snapshot only the values that stand, and those that it repeats', () => {
    const snapshot = ledgerEvent(2, { effectiveAt: day(2), mode: 'snapshot', worker: WORKER })
    const events = [
      ledgerEvent(1, { worker: { userName: WORKER.userName } }),
      snapshot,
      ledgerEvent(3, { effectiveAt: day(3), worker: { title: 'Head' } }),
      ledgerEvent(4, { effectiveAt: day(3), order: 4, worker: { active: true } }),
    ]
    const cut = cutOf(events, all(events), NOW)
    assert.deepEqual(
      cut?.remains.map(({ seq, worker }) => [seq, worker]),
      [
        [1, { userName: WORKER.userName }],
        [2, { userName: WORKER.userName }],
        [3, { title: 'Head' }],
        [4, { active: true }],
      ],
    )
  })

  void test('leaves a value with the back-dated correction it comes from, also one that a snapshot repeats without knowing of it', () => {
    const snapshot = ledgerEvent(2, {
      mode: 'snapshot',
      effectiveAt: day(3),
      recordedAt: day(1),
      worker: WORKER,
    })
    for (const title of ['Lawyer', WORKER.title]) {
      const correction = ledgerEvent(3, { effectiveAt: day(2), recordedAt: day(2), worker: { title } })
      const events = [ledgerEvent(1, { worker: WORKER }), snapshot, correction]
      const cut = cutOf(events, all(events), NOW)
      assert.deepEqual(cut?.gone, [1, 3, 2])
      const { attributes } = fold(after(events, cut), NOW)
      assert.deepEqual(attributes.get('title'), { value: title, by: 3 })
    }
  })

  void test('removes what an earlier cut left once it is overwritten', () => {
    const lead = ledgerEvent(1, { worker: { title: 'Lead' } })
    const first = cutOf([lead], all([lead]), NOW)
    assert(first)
    const chief = ledgerEvent(2, { effectiveAt: day(2), worker: { title: 'Chief' } })
    const snapshot = ledgerEvent(3, { effectiveAt: day(3), mode: 'snapshot', worker: { title: 'Lead' } })
    const events = [...first.remains, chief, snapshot]
    const cut = cutOf(events, all(events), NOW)
    assert.deepEqual(cut?.gone, [2, 3])
    assert.deepEqual(
      cut.remains.map(({ seq, mode }) => [seq, mode]),
      [[3, 'snapshot']],
    )
  })

  void test('adds to what an earlier cut left, and counts only what goes now', () => {
    const first = cutOf([hired], all([hired]), NOW)
    assert(first)
    const head = ledgerEvent(2, { effectiveAt: day(2), worker: { title: 'Head' } })
    const events = [...first.remains, head]
    const second = cutOf(events, all(events), NOW)
    assert.deepEqual(second?.gone, [2])
    assert.deepEqual(
      second?.remains.map(({ seq, worker }) => [seq, worker]),
      [
        [1, { userName: WORKER.userName, department: 'Sales', active: true }],
        [2, { title: 'Head' }],
      ],
    )
    const discarded = [...first.remains, { ...head, discarded: true }]
    assert.deepEqual(cutOf(discarded, all(discarded), NOW), { gone: [2], remains: first.remains })
  })

  void test('removes an event at the moment it takes effect, and one that HR recorded with a kept one', () => {
    assert.deepEqual(cutOf([hired], all([hired]), hired.effectiveAt)?.gone, [1])
    const open = ledgerEvent(2, { effectiveAt: day(2), recordedAt: day(1), worker: { title: 'Head' } })
    assert.deepEqual(cutOf([hired, open], new Set([1]), NOW)?.gone, [1])
  })

  void test('removes no event that comes after a kept one, in order or as HR recorded it', () => {
    const early = (seq: number, recorded: number): LedgerEvent =>
      ledgerEvent(seq, { recordedAt: day(recorded), worker: { title: `Title ${seq}` } })
    const late = (seq: number, recorded: number): LedgerEvent => ({
      ...early(seq, recorded),
      effectiveAt: day(2),
    })
    assert.equal(cutOf([early(1, 3), late(2, 2)], new Set([2]), NOW), null)
    assert.equal(cutOf([early(1, 3), late(2, 2)], new Set([1]), NOW), null)
    const [one, half] = [1, 1.5].map((order, seq) => ({ ...early(seq, 1), order }))
    assert(one && half)
    assert.equal(cutOf([one, half], new Set([half.seq]), NOW), null)
  })

  void test('keeps a rescind as a tombstone, so that its target has no effect when it arrives', () => {
    const rescind = ledgerEvent(2, { effectiveAt: day(2), rescinds: { source: '/hr/acme', id: 'e-3' } })
    const cut = cutOf([hired, rescind], all([hired, rescind]), NOW)
    const target = ledgerEvent(3, { effectiveAt: day(3), worker: { title: 'Head' } })
    assert.equal(
      fold([...after([hired, rescind], cut), target], NOW).attributes.get('title')?.value,
      'Engineer',
    )
  })

  void test('gives a rescind of a folded event no effect, with that reason', () => {
    const cut = cutOf([hired], all([hired]), NOW)
    assert(cut)
    const remains = cut.remains.map((event) => personEvent(event.seq, { ...event, state: 'confirmed' }))
    const rescind = personEvent(9, { effectiveAt: day(3), rescinds: { source: '/hr/acme', id: 'e-1' } })
    const decision = planEmployee(employee([...remains, rescind]), NOW, rules)
    assert(decision.kind === 'decided')
    assert.deepEqual(
      decision.events.map(({ seq, state, reason }) => [seq, state, reason]),
      [[9, 'dead-lettered', 'RescindBeyondRetention']],
    )
    assert.equal(decision.operation?.active, true)
  })
})

/**
 * What a rescinded event had said is cleared while the event is remembered; once it is folded away
 * the directory has been told.
 */
function withoutNothing(value: Json): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value ?? undefined
  const parts = Object.entries(value).flatMap(([key, one]) => {
    const left = withoutNothing(one)
    return left === undefined ? [] : [[key, left] as const]
  })
  return parts.length === 0 ? undefined : Object.fromEntries(parts)
}

/** A history, what of it is settled, and what comes after. */
const cuts = fc.tuple(histories(), fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }), histories(4))

void describe('for every history and every cut', () => {
  void test('values, their origins and the operation are the same before and after', () => {
    let folded = 0
    fc.assert(
      fc.property(cuts, ([events, marks]) => {
        const settled = new Set(events.flatMap(({ seq }, index) => (marks[index] ? [seq] : [])))
        const cut = cutOf(events, settled, NOW)
        folded += cut?.gone.length ?? 0
        for (const at of [NOW, day(5), day(6)])
          assert.deepEqual(
            new Map(fold(after(events, cut), at).attributes),
            new Map(fold(events, at).attributes),
          )
        const operation = (those: readonly LedgerEvent[]): unknown => {
          const decision = planEmployee(
            employee(those.map((event) => personEvent(event.seq, event))),
            NOW,
            rules,
          )
          if (decision.kind !== 'decided') return false
          return [
            decision.operation && withoutNothing(parseRecord(decision.operation.record)),
            decision.operation?.active,
            decision.nextAt,
          ]
        }
        assert.deepEqual(operation(after(events, cut)), operation(events))
      }),
      { numRuns: runs(20_000) },
    )
    assert(folded > runs(20_000) / 5, `${folded} events were folded`)
  })

  void test('later events, rescinds of kept events and a second cut give the same result', () => {
    fc.assert(
      fc.property(cuts, ([events, marks, later]) => {
        const settled = new Set(events.flatMap(({ seq }, index) => (marks[index] ? [seq] : [])))
        const cut = cutOf(events, settled, NOW)
        if (!cut) return
        const kept = events.filter(({ seq }) => !cut.gone.includes(seq))
        const arrived = later.map((event, index) => {
          const target = kept[index % Math.max(1, kept.length)]
          const rescinds = event.rescinds && target ? { source: target.source, id: target.id } : null
          return {
            ...event,
            seq: 100 + index,
            id: `late-${index}`,
            effectiveAt: event.effectiveAt + day(8) - day(1),
            recordedAt: event.recordedAt + day(8) - day(1),
            rescinds,
          }
        })
        const at = day(20)
        const whole = new Map(fold([...events, ...arrived], at).attributes)
        const left = [...after(events, cut), ...arrived]
        assert.deepEqual(new Map(fold(left, at).attributes), whole)
        const again = cutOf(left, all(left), at)
        assert.deepEqual(new Map(fold(after(left, again), at).attributes), whole)
      }),
      { numRuns: runs(10_000) },
    )
  })

  void test('a late delta gives the same values', () => {
    fc.assert(
      fc.property(cuts, ([events, marks, later]) => {
        const settled = new Set(events.flatMap(({ seq }, index) => (marks[index] ? [seq] : [])))
        const cut = cutOf(
          events.filter(({ mode }) => mode === 'delta'),
          settled,
          NOW,
        )
        const plain = events.filter(({ mode }) => mode === 'delta')
        const arrived = later.map((event, index) => ({
          ...event,
          seq: 100 + index,
          id: `late-${index}`,
          mode: 'delta' as const,
          rescinds: null,
        }))
        assert.deepEqual(
          new Map(fold([...after(plain, cut), ...arrived], NOW).attributes),
          new Map(fold([...plain, ...arrived], NOW).attributes),
        )
      }),
      { numRuns: runs(10_000) },
    )
  })
})
