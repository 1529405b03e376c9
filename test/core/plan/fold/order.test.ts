import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { compareEvents, compareText, inOrder } from '../../../../src/core/plan/fold/order.ts'
import type { OrderedEvent } from '../../../../src/core/ledger/event.ts'
import { day, ledgerEvent } from '../../../fakes/events.ts'
import { runs as casesOf } from '../../../fakes/runs.ts'
import { anyCharacter } from '../../../fakes/characters.ts'

const runs = { numRuns: casesOf(10_000) }

/** Few values a field, so that most pairs are decided deep in the key. */
const orderValue = fc.oneof(
  fc.constant(null),
  fc.integer({ min: -1, max: 2 }),
  fc.constantFrom('', '1', '10', '2', '\u{10000}', '\uffff'),
)
const text = fc.constantFrom(
  '',
  'a',
  'ab',
  'b',
  '\uffff',
  '\ud83d',
  '\u{1f600}',
  '\u{1f601}a',
  'é',
  'e\u0301',
)
const event: fc.Arbitrary<OrderedEvent> = fc.record({
  effectiveAt: fc.constantFrom(-1, 0, 86_400_000),
  rank: fc.integer({ min: -1, max: 1 }),
  order: orderValue,
  recordedAt: fc.constantFrom(0, 1),
  source: text,
  id: text,
})

void describe('events of one employee are in one strict total order', () => {
  void test('is antisymmetric: of two events one comes first, whichever is asked about', () => {
    fc.assert(
      fc.property(event, event, (a, b) => {
        assert.equal(Math.sign(compareEvents(a, b)) + Math.sign(compareEvents(b, a)), 0)
        assert.equal(Number.isNaN(compareEvents(a, b)), false)
      }),
      runs,
    )
  })

  void test('is transitive', () => {
    fc.assert(
      fc.property(event, event, event, (a, b, c) => {
        const [x, y, z] = [a, b, c].sort(compareEvents)
        assert(x && y && z)
        for (const [first, second] of [
          [x, y],
          [y, z],
          [x, z],
        ] as const)
          assert(compareEvents(first, second) <= 0)
        if (compareEvents(a, b) < 0 && compareEvents(b, c) < 0) assert(compareEvents(a, c) < 0)
      }),
      runs,
    )
  })

  void test('is equal only for the same event', () => {
    fc.assert(
      fc.property(event, event, (a, b) => {
        assert.equal(compareEvents(a, { ...a }), 0)
        const same = a.source === b.source && a.id === b.id
        if (compareEvents(a, b) === 0) assert(same)
      }),
      runs,
    )
  })

  void test('any order of arrival sorts to the same list', () => {
    fc.assert(
      fc.property(
        fc
          .uniqueArray(event, { selector: ({ source, id }) => `${source}\n${id}`, maxLength: 8 })
          .chain((events) =>
            fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
          ),
        ([events, shuffled]) =>
          assert.deepEqual(shuffled.toSorted(compareEvents), events.toSorted(compareEvents)),
      ),
      runs,
    )
  })
})

void describe('the key is compared field by field', () => {
  const base: OrderedEvent = { effectiveAt: 0, rank: 0, order: 5, recordedAt: 0, source: 'm', id: 'm' }
  /** Each line beats the one before it although every later field is lower. */
  const ascending: readonly Partial<OrderedEvent>[] = [
    {},
    { id: 'n' },
    { source: 'n', id: 'a' },
    { recordedAt: 1, source: 'a', id: 'a' },
    { order: 6, recordedAt: -1, source: 'a', id: 'a' },
    { rank: 1, order: null, recordedAt: -1, source: 'a', id: 'a' },
    { effectiveAt: 1, rank: -1, order: null, recordedAt: -1, source: 'a', id: 'a' },
  ]
  for (const [index, name] of [
    'id',
    'source',
    'recorded time',
    'order value',
    'source rank',
    'effective moment',
  ].entries()) {
    void test(`the ${name} overrides every field after it`, () => {
      assert(compareEvents({ ...base, ...ascending[index] }, { ...base, ...ascending[index + 1] }) < 0)
    })
  }

  void test('a missing order value is lowest, numbers are next, and texts stand above them', () => {
    const values = [null, -1, 0, 2, 10, '9007199254740993', '20261105083015123', '', '010', 'a']
    const sorted = values.toReversed().map((order) => ({ ...base, order }))
    assert.deepEqual(
      sorted.sort(compareEvents).map(({ order }) => order),
      values,
    )
  })

  void test('order values form no cycle when one is missing', () => {
    const v2 = { ...base, order: 2, recordedAt: 1 }
    const none = { ...base, order: null, recordedAt: 2 }
    const v1 = { ...base, order: 1, recordedAt: 3 }
    assert(compareEvents(none, v1) < 0)
    assert(compareEvents(v1, v2) < 0)
    assert(compareEvents(none, v2) < 0)
  })
})

void test('events that are in order are not copied, others are sorted into a copy', () => {
  const events = [day(1), day(2), day(3)].map((effectiveAt, index) => ledgerEvent(index, { effectiveAt }))
  assert.equal(inOrder(events), events)
  const reversed = events.toReversed()
  assert.deepEqual(inOrder(reversed), events)
  assert.deepEqual(reversed, events.toReversed())
})

void describe('texts are compared by code point', () => {
  void test('a character beyond the basic plane sorts above every character in it', () => {
    assert(compareText('\uffff', '\u{10000}') < 0)
    assert(compareText('\u{10000}', '\u{103ff}') < 0)
    assert(compareText('\u{10000}', '\u{10400}') < 0)
  })

  void test('whatever the texts, the comparison is that of their code points', () => {
    const codePoints = (value: string): number[] =>
      Array.from(value, (character) => character.codePointAt(0) ?? 0)
    const byCodePoint = (a: string, b: string): number => {
      const [x, y] = [codePoints(a), codePoints(b)]
      const at = x.findIndex((point, index) => point !== y[index])
      return at === -1 ? x.length - y.length : (x[at] ?? 0) - (y[at] ?? -1)
    }
    const anyText = fc.string({
      unit: fc.oneof(
        fc.constantFrom('a', 'b', '\ue000', '\uffff'),
        fc.constantFrom('\u{10000}', '\u{1f600}'),
      ),
    })
    fc.assert(
      fc.property(anyText, anyText, (a, b) =>
        assert.equal(Math.sign(compareText(a, b)), Math.sign(byCodePoint(a, b))),
      ),
      runs,
    )
  })

  void test('lone surrogates are compared without an error', () => {
    const broken = fc
      .string({ unit: anyCharacter, maxLength: 4 })
      .map((value) => value.replaceAll('a', '\ud83d'))
    fc.assert(
      fc.property(broken, broken, broken, (a, b, c) => {
        assert.equal(Math.sign(compareText(a, b)), -Math.sign(compareText(b, a)) || 0)
        assert.equal(compareText(a, b) === 0, a === b)
        if (compareText(a, b) < 0 && compareText(b, c) < 0) assert(compareText(a, c) < 0)
      }),
      runs,
    )
  })
})
