import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { LinearRegex } from '../../../src/core/expression/linear-regex.ts'
import { runs } from '../../fakes/runs.ts'

/** All matches as JSONata asks for them: `lastIndex` goes on from match to match. */
function matches(
  regex: {
    lastIndex: number
    exec(text: string): ((string | undefined)[] & { readonly index: number }) | null
  },
  text: string,
): readonly unknown[] {
  const found: unknown[] = []
  regex.lastIndex = 0
  for (let match = regex.exec(text); match !== null && found.length < 50; match = regex.exec(text)) {
    found.push([match.index, ...match])
    if (match[0] === '') regex.lastIndex += 1
  }
  return found
}

/** Pieces of patterns that people write in mappings. */
const atom = fc.constantFrom(
  'a',
  'b',
  'é',
  ' ',
  '-',
  '.',
  '\\s',
  '\\S',
  '\\d',
  '\\w',
  '\\W',
  '\\D',
  '\\b',
  '\\.',
  '\\/',
  '\\-',
  '\\t',
  '\\u00e9',
  '\\x41',
  '[ab]',
  '[^a]',
  '[\\s\\S]',
  '[^\\s]',
  '[\\S]',
  '[a-c\\d_]',
  '[^]',
  '[.]',
  '(a|b)',
  '(?:a|\\s)',
  '(a)?',
  '^',
  '$',
)
const piece = fc
  .tuple(atom, fc.constantFrom('', '', '', '*', '+', '?', '{1,2}', '*?', '+?'))
  .map(([one, times]) => (['^', '$', '\\b', '(a)?'].includes(one) ? one : one + times))
const pattern = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(''))
const text = fc
  .array(
    fc.constantFrom(
      'a',
      'b',
      'c',
      'A',
      'é',
      'É',
      ' ',
      '\u00a0',
      '\t',
      '\n',
      '\r',
      '\u2028',
      '\u2003',
      '\ufeff',
      '.',
      '-',
      '_',
      '/',
      '1',
      '\v',
    ),
    { maxLength: 12 },
  )
  .map((characters) => characters.join(''))

void describe('a regular expression that is matched in linear time', () => {
  void test('matches what JavaScript matches, at the same places, with the same groups', () => {
    fc.assert(
      fc.property(pattern, fc.constantFrom('g', 'gi'), text, (source, flags, text) => {
        const native = new RegExp(source, flags)
        assert.deepEqual(matches(new LinearRegex(native), text), matches(native, text))
      }),
      { numRuns: runs(5_000) },
    )
  })

  void test('counts positions as JavaScript does, and matches a character beyond U+FFFF as one', () => {
    assert.deepEqual(matches(new LinearRegex(/(.)b/g), '😀b'), [[0, '😀b', '😀']])
    assert.deepEqual(matches(new LinearRegex(/b/g), '😀b😀b'), [
      [2, 'b'],
      [5, 'b'],
    ])
  })

  void test('sees a line end before and after a line feed only, with the flag m', () => {
    assert.deepEqual(matches(new LinearRegex(/^b$/gm), 'a\nb\nc'), [[2, 'b']])
    assert.deepEqual(matches(new LinearRegex(/^b$/g), 'a\nb\nc'), [])
    assert.deepEqual(matches(new LinearRegex(/^b$/gm), 'a\rb\rc'), [], 'unlike JavaScript')
  })

  void test('begins where it is told to, ends behind the text, and goes on with another text', () => {
    assert.equal(new LinearRegex(/b/g).exec('b')?.index, 0, 'a new one at the beginning')
    const regex = new LinearRegex(/b?/g)
    regex.lastIndex = 2
    assert.equal(regex.exec('ab')?.index, 2)
    assert.equal(regex.exec('a b')?.index, 2, 'from where the last match ended')
    regex.lastIndex = 3
    assert.equal(regex.exec('ab'), null)
    assert.equal(regex.lastIndex, 0)
  })

  void test('takes time linear in the text', () => {
    const time = (length: number): number => {
      const regex = new LinearRegex(/^(\w+\s?)+$/g)
      const text = `${'a'.repeat(length)}!`
      const startedAt = process.cpuUsage()
      for (let round = 0; round < 20; round += 1) assert.equal(regex.exec(text), null)
      const { user, system } = process.cpuUsage(startedAt)
      return user + system
    }
    time(2_000)
    assert.ok(
      time(40_000) < 60 * Math.max(time(4_000), 1_000),
      'ten times the text, nowhere near ten times ten',
    )
  })
})
