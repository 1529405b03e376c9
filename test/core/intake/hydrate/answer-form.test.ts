import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  failureIn,
  formOf,
  holds,
  pathsIn,
  saysNothing,
  withoutLists,
} from '../../../../src/core/intake/hydrate/answer-form.ts'
import type { Json, JsonObject } from '../../../../src/core/model.ts'

void describe('a value of an answer', () => {
  void test('is described by its form', () => {
    const forms = [null, [], [1], '', '  ', 'S3cret', 0, false, {}].map((value) => formOf(value))
    assert.deepEqual(forms, [
      'null',
      'an empty list',
      'a list',
      'empty text',
      'empty text',
      'text',
      'a number',
      'true or false',
      'an object',
    ])
  })

  void test('says nothing if it is null, empty text, or made of these; a zero and a false say something', () => {
    for (const nothing of [null, '', ' ', [], {}, [null, ''], { a: null, b: [{ c: ' ' }] }])
      assert.equal(saysNothing(nothing), true, JSON.stringify(nothing))
    for (const something of [0, false, 'x', [0], [null, 'x'], { a: null, b: { c: false } }])
      assert.equal(saysNothing(something), false, JSON.stringify(something))
  })

  void test('has content at the paths of what says something, and a list is one value', () => {
    assert.deepEqual(
      pathsIn({ a: 1, b: null, c: { d: false, e: '', f: { g: 'x' } }, h: [{ i: 1 }], j: [], k: {} }),
      ['a', 'c.d', 'c.f.g', 'h'],
    )
  })

  void test('has content at a path also inside a list, and under a key with dots', () => {
    const yes: readonly (readonly [Json, string])[] = [
      [{ a: { b: 0 } }, 'a.b'],
      [{ 'a.b': 1 }, 'a.b'],
      [{ a: [{ b: null }, { b: 1 }] }, 'a.b'],
      [[{}, { a: 1 }], 'a'],
    ]
    for (const [value, path] of yes) assert.equal(holds(value, path), true, JSON.stringify(value))
    const no: readonly (readonly [Json, string])[] = [
      [{ a: { b: '' } }, 'a.b'],
      [{ 'a.b': null, a: { b: 1 } }, 'a.b'],
      [{ a: 'b' }, 'a.b'],
      [{ a: null }, 'a.b'],
      [{ b: 1 }, 'a.b'],
      [{ a: 1 }, 'toString'],
      ['a', 'a'],
      [[], 'a'],
    ]
    for (const [value, path] of no) assert.equal(holds(value, path), false, JSON.stringify(value))
  })

  void test('is taken out of a list of one, at every depth', () => {
    assert.deepEqual(plain(withoutLists([{ a: [[{ b: ['x'] }]], c: ['x', ['y']], d: [] }])), {
      a: { b: 'x' },
      c: ['x', 'y'],
      d: [],
    })
  })
})

void describe('an answer', () => {
  void test('reports a failure by a field that says no, whatever else is in it', () => {
    for (const no of [false, 'false', 'No', 'n', 0, '0'])
      for (const field of ['success', 'Succeeded', 'isSuccess', 'ok'])
        assert.equal(failureIn({ [field]: no, data: { a: 1 } }), `${field} says that the request failed`)
    assert.equal(failureIn({ ok: 'no', success: false }), 'ok says that the request failed')
    for (const yes of [true, 'yes', 1, null, { a: false }, 'not said'])
      assert.equal(failureIn({ success: yes, data: { a: 1 } }), null)
  })

  void test('reports a failure by errors, a status or a message, if there are no data', () => {
    const reports: readonly (readonly [JsonObject, field: string])[] = [
      [{ fault: 'x', mail: 'a' }, 'fault'],
      [{ Errors: { a: 1 }, mail: 'a' }, 'Errors'],
      [{ exception: 'x', data: '' }, 'exception'],
      [{ status: 'Failed', mail: 'a' }, 'status'],
      [{ msg: 'x', traceId: 't' }, 'msg'],
      [{ message: '', detail: 'x' }, 'detail'],
    ]
    for (const [body, field] of reports)
      for (const answer of [body, [body]])
        assert.equal(failureIn(answer), `${field} says that the request failed, and there is no data`)
  })

  void test('reports none otherwise', () => {
    for (const body of [
      { error: 0, mail: 'a' },
      { errors: {}, fault: false, mail: 'a' },
      { errors: ['x'], Items: [1] },
      { status: 'Active' },
      { status: 7, mail: 'a' },
      { message: 'x', mail: 'a' },
      { message: '', code: 1 },
      [{ mail: 'a' }, { errors: ['x'] }],
      [{ errors: ['x'] }, { mail: 'a' }],
      [],
      'error',
      null,
    ])
      assert.equal(failureIn(body), null, JSON.stringify(body))
  })
})

/** With prototypes, so that it compares as equal. */
function plain(value: Json): unknown {
  return JSON.parse(JSON.stringify(value))
}
