import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeFailure } from '../../../src/core/expression/codes.ts'

void test('a failure is described by its code and place, and what JSONata says about it is left out', () => {
  const failed = (code: unknown, more: object = {}) =>
    describeFailure({ code, message: 'a secret', value: 'a secret', ...more })
  for (const [code, words] of [
    ['D3030', 'a value cannot be converted to a number [D3030]'],
    ['S0101', 'a literal is not closed or out of range [S0101]'],
    ['S0201', 'the syntax is wrong [S0201]'],
    ['S0302', 'a regular expression is not closed or empty [S0302]'],
    ['S0500', 'the syntax is wrong [S0500]'],
    ['T9999', 'a value has the wrong type [T9999]'],
    ['D9999', 'it cannot be computed [D9999]'],
    ['toString', 'it failed [toString]'],
    [7, 'it failed [unknown]'],
  ] as const)
    assert.equal(failed(code), words)
  assert.equal(
    failed('D3030', { position: 8 }),
    'a value cannot be converted to a number [D3030] (character 8)',
  )
  assert.equal(failed('D3030', { position: 'a secret' }), 'a value cannot be converted to a number [D3030]')
})

void test('a failure without a code is described by what it is', () => {
  assert.equal(describeFailure(new RangeError('Invalid string length')), 'a text becomes too long')
  const tooDeep = 'the recursion is too deep [D1011]'
  assert.equal(describeFailure(new RangeError('Maximum call stack size exceeded')), tooDeep)
  assert.equal(describeFailure(new SyntaxError('a secret')), 'a regular expression is malformed')
  for (const thrown of ['a secret', null, undefined, {}])
    assert.equal(describeFailure(thrown), 'it failed [unknown]')
})
