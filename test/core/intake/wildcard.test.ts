import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { wildcard } from '../../../src/core/intake/wildcard.ts'
import { runs } from '../../fakes/runs.ts'

void describe('a pattern with wildcards', () => {
  void test('matches what the regular expression with .* for each * matches', () => {
    const letters = fc
      .array(fc.constantFrom('a', 'b', '/', '.'), { maxLength: 12 })
      .map((all) => all.join(''))
    const patterns = fc
      .array(fc.constantFrom('a', 'b', '/', '.', '*'), { maxLength: 8 })
      .map((all) => all.join(''))
    fc.assert(
      fc.property(patterns, letters, (pattern, text) => {
        const expression = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`)
        assert.equal(wildcard(pattern)(text), expression.test(text))
      }),
      { numRuns: runs(5_000) },
    )
  })

  void test('may match up to the end of the text, and no further: parts do not overlap', () => {
    assert.deepEqual(
      ['xb', 'xbx', 'x', 'b'].map((text) => wildcard('*b*')(text)),
      [true, true, false, true],
    )
    assert.deepEqual(
      ['ab', 'a', 'axb', 'aab'].map((text) => wildcard('a*a*b')(text)),
      [false, false, false, true],
    )
    assert.deepEqual(
      ['aba', 'abab', 'ab'].map((text) => wildcard('ab*ab')(text)),
      [false, true, false],
    )
    for (const [pattern, short, long] of [
      ['*aa*a', 'aa', 'aaa'],
      ['*ab*ab*', 'ab', 'abab'],
    ] as const)
      assert.deepEqual([wildcard(pattern)(short), wildcard(pattern)(long)], [false, true], pattern)
  })

  void test('is matched in almost constant time, whatever name the sender uses', () => {
    const { user: before } = process.cpuUsage()
    assert.equal(wildcard('*a*a*a*a*a*b')('a'.repeat(100_000)), false)
    // A regular expression needs a second for 256 characters and four parts.
    assert.ok(process.cpuUsage().user - before < 500_000)
  })
})
