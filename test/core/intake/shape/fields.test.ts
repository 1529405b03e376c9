import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sha256 } from '../../../../src/adapters/system.ts'
import {
  compileFields,
  FIELD_KINDS,
  type FieldKind,
  idOf,
  listOf,
  valueAt,
} from '../../../../src/core/intake/shape/fields.ts'
import type { Json } from '../../../../src/core/model.ts'

/** What a field may hold, and the kinds that take it besides `any`. */
const VALUES: readonly (readonly [value: Json, kinds: readonly FieldKind[]])[] = [
  ['word', ['text', 'id']],
  ['2026-12-01', ['text', 'id', 'date']],
  ['2026-12-01T08:00:00Z', ['text', 'id', 'date', 'instant']],
  ['2026-12-01T08:00:00', ['text', 'id', 'date', 'instant']],
  // PHP writes an empty map as an empty list, and converters of XML write it as an empty text.
  ['', ['object']],
  [[], ['object', 'list']],
  [['word'], ['list']],
  [{}, ['object']],
  [{ a: 1 }, ['object']],
  [7, ['id', 'number']],
  [0, ['id', 'number']],
  [7.5, ['number']],
  [true, ['boolean']],
  [false, ['boolean']],
]

void describe('a field of a payload', () => {
  void test('has the kind that the rules give it', () => {
    for (const [value, kinds] of VALUES)
      for (const kind of FIELD_KINDS) {
        const wrong = compileFields({ field: kind })({ field: value })
        const isTaken = kind === 'any' || kinds.includes(kind)
        assert.equal(wrong?.code ?? null, isTaken ? null : 'FieldInvalid', `${JSON.stringify(value)} ${kind}`)
      }
  })

  void test('may be missing or null where its kind has a question mark, and has that kind otherwise', () => {
    for (const payload of [{}, { field: null }, { other: 1 }, 'text', null, [{ field: 1 }]]) {
      assert.equal(compileFields({ field: 'number?' })(payload), null)
      assert.equal(compileFields({ field: 'number' })(payload)?.code, 'FieldMissing')
    }
    assert.equal(compileFields({ field: 'number?' })({ field: 'x' })?.code, 'FieldInvalid')
  })

  void test('is the first of several paths that holds something', () => {
    const at = (payload: Json): Json | undefined => valueAt(payload, 'a.b | c')
    assert.equal(at({ a: { b: 1 }, c: 2 }), 1)
    assert.equal(at({ a: { b: null }, c: 2 }), 2)
    assert.equal(at({ a: 'text', c: false }), false)
    assert.equal(at({ a: {}, c: null }), undefined)
    assert.equal(valueAt({ a: {} }, 'a.toString'), undefined)
    assert.equal(valueAt({ a: 'text' }, 'a.length'), undefined)
  })
})

void describe('the id of an event that has none', () => {
  void test('is the value at its path, if that is a text or a number', () => {
    const id = (value: Json): string => idOf('key', { key: value }, '/hr/acme', sha256)
    assert.deepEqual([id('k-1'), id(7), id({ a: 1 }), id(true), id(null)], ['k-1', '7', '', '', ''])
  })

  void test('is one for one content, whatever the order of keys, and another for another source', () => {
    const id = (payload: Json, source = '/hr/acme'): string => idOf(['who', 'what'], payload, source, sha256)
    const first = id({ who: 1, what: { b: { d: 1, c: 2 }, a: [1, 2] } })
    assert.match(first, /^[0-9a-f]{32}$/)
    assert.equal(id({ what: { a: [1, 2], b: { c: 2, d: 1 } }, who: 1, more: 3 }), first)
    for (const other of [
      { who: 1, what: { b: { d: 1, c: 2 }, a: [2, 1] } },
      { who: '1', what: { b: { d: 1, c: 2 }, a: [1, 2] } },
      { who: 1 },
    ])
      assert.notEqual(id(other), first)
    assert.notEqual(id({ who: 1, what: { b: { d: 1, c: 2 }, a: [1, 2] } }, '/hr/other'), first)
    assert.equal(id({ who: 1, what: null }), id({ who: 1 }))
  })
})

void test('a value is a list of one, nothing is an empty list, and a list stays one', () => {
  assert.deepEqual(
    [listOf(undefined), listOf(null), listOf(0), listOf({}), listOf([1, 2])],
    [[], [], [0], [{}], [1, 2]],
  )
})
