import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { MAX_DEPTH } from '../../src/core/json.ts'
import { readJson } from '../../src/core/parse-json.ts'
import { runs } from '../fakes/runs.ts'

const value = (text: string): unknown => {
  const read = readJson(text)
  return read.kind === 'json' ? read.value : read
}

void describe('JSON from outside', () => {
  void it('keeps every digit of a number, wherever it stands', () => {
    assert.deepEqual(value('[413124000068132003,-90071992547409931, 1e400 ,9007199254740993.0]'), [
      '413124000068132003',
      '-90071992547409931',
      '1e400',
      '9007199254740993.0',
    ])
    assert.equal(value('20261105083015123'), '20261105083015123')
    assert.equal(value('9007199254740993'), '9007199254740993')
    assert.deepEqual(value('{"amount":1e400}'), { amount: '1e400' })
    assert.deepEqual(value('{"a":{"b":12345678901234567890}}'), { a: { b: '12345678901234567890' } })
  })
  void it('leaves numbers that a double holds, and digits in texts, as they are', () => {
    assert.deepEqual(value('{"a":9007199254740991,"b":1.5,"c":1e3,"d":"12345678901234567890"}'), {
      a: 9007199254740991,
      b: 1.5,
      c: 1000,
      d: '12345678901234567890',
    })
  })
  void it('names a key that an object has twice, by its path', () => {
    for (const [text, field] of [
      ['{"active":true,"active":false}', 'active'],
      ['{"data":{"worker":{"active":false , "active":true}}}', 'data.worker.active'],
      ['[{"x":1},{"a":[{"b":1,"b":1}]}]', '[].a[].b'],
      ['{"a\\"b":1,"a\\"b":2}', 'a"b'],
      ['{"\\u0061":1,"a":2}', 'a'],
      ['{"a" :1,"a" :2}', 'a'],
      ['{"a"  : 1, "a"\n:2}', 'a'],
      ['{"a"\t:1,"a"\r:2}', 'a'],
      ['{"a":"x","a":1}', 'a'],
      ['{"a":[1],"b":1,"b":2}', 'b'],
      ['{"a":"b","b":1,"a":2}', 'a'],
    ] as const)
      assert.deepEqual(value(text), { kind: 'duplicate-key', field }, text)
  })
  void it('takes one key of two objects, and a text that looks like a key, for what they are', () => {
    assert.deepEqual(value('{"a":{"k":1},"b":{"k":2},"c":"\\"k\\":"}'), {
      a: { k: 1 },
      b: { k: 2 },
      c: '"k":',
    })
  })
  void it('may be a value alone', () => {
    for (const json of ['text', '', 7, true, null]) assert.deepEqual(value(JSON.stringify(json)), json)
  })
  void it('may have as many levels as are allowed, and not one more', () => {
    const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
    assert.deepEqual(value(nested(MAX_DEPTH)), JSON.parse(nested(MAX_DEPTH)))
    assert.deepEqual(value(nested(MAX_DEPTH + 1)), { kind: 'too-deep' })
  })
  void it('is refused when it is nested too deep, and not by an exhausted stack', () => {
    for (const tail of ['1', '12345678901234567890'])
      for (const depth of [40, 50_000])
        assert.deepEqual(value(`${'{"a":'.repeat(depth)}${tail}${'}'.repeat(depth)}`), { kind: 'too-deep' })
  })
  void it('is what JSON.parse reads, where no digit is lost and no key is there twice', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (json) => {
        const text = JSON.stringify(json)
        assert.deepEqual(
          value(text),
          JSON.parse(text, (_key, one: unknown) =>
            typeof one === 'number' && Number.isInteger(one) && !Number.isSafeInteger(one)
              ? String(one)
              : one,
          ),
        )
      }),
      { numRuns: runs(2_000) },
    )
  })
})
