import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Json } from '../../../../src/core/model.ts'
import { AttributeWriter, hasValueBelow, sameJson } from '../../../../src/core/plan/fold/state.ts'

void describe('two values are the same', () => {
  const list = ['a', { b: 1 }]
  const cases: readonly (readonly [a: Json, b: Json, same: boolean])[] = [
    [1, 1, true],
    [1, '1', false],
    [null, null, true],
    [null, {}, false],
    [7, {}, false],
    ['', [], false],
    [false, {}, false],
    ['ab', { 0: 'a', 1: 'b' }, false],
    [{}, {}, true],
    [[], {}, false],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: 1, b: 2 }, { a: 1, c: 2 }, false],
    [{ a: 1 }, { a: 2 }, false],
    [list, ['a', { b: 1 }], true],
    [list, list.toReversed(), false],
    [['a'], { 0: 'a' }, false],
  ]
  void test('as JSON: the order of an object’s keys does not count, the order of a list does', () => {
    for (const [a, b, same] of cases)
      for (const [left, right] of [
        [a, b],
        [b, a],
      ] as const)
        assert.equal(sameJson(left, right), same, `${JSON.stringify(left)} ${JSON.stringify(right)}`)
    assert.equal(sameJson(undefined, null), false)
    assert.equal(sameJson(undefined, undefined), true)
  })
})

void test('a write to an object clears its parts, however they are named', () => {
  const writer = new AttributeWriter()
  writer.apply(
    [
      ['a..b', 1],
      ['a.c', 2],
    ],
    1,
  )
  assert.deepEqual(writer.apply([['a.', null]], 2), ['a.', 'a..b'])
  assert.deepEqual(writer.apply([['a', null]], 3).toSorted(), ['a', 'a.', 'a..b', 'a.c'])
})

void test('a value lies below a path when a part of it is set, and is not cleared', () => {
  const below = (...set: readonly (readonly [string, Json])[]): boolean =>
    hasValueBelow('name', new Map(set.map(([path, value]) => [path, { value, by: 1 }])))
  assert.equal(below(['name.givenName', 'Ann']), true)
  assert.equal(below(['name.givenName', null], ['name.familyName', 'Lee']), true)
  assert.equal(below(['name.givenName', null]), false)
  assert.equal(below(['name', 'Ann'], ['names.a', 'x']), false)
})
