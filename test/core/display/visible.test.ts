import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { parse } from 'yaml'
import { shortened, visible, visibleJson, visibleYaml } from '../../../src/core/display/visible.ts'

/** Written down apart from the code: what a terminal acts on, or shows as nothing. */
const HIDDEN = [
  '\u001b',
  '\u0007',
  '\u0008',
  '\u0000',
  '\u007f',
  '\u0085',
  '\u009b',
  '\u009d',
  '\r',
  '\t',
  '\u00ad',
  '\u034f',
  '\u061c',
  '\u115f',
  '\u200b',
  '\u200d',
  '\u200e',
  '\u200f',
  '\u2028',
  '\u2029',
  '\u202a',
  '\u202e',
  '\u2060',
  '\u2066',
  '\u2069',
  '\u3164',
  '\ufe0f',
  '\ufeff',
  '\uffa0',
  '\ufff9',
  '\u{e0041}',
  '\u{e0100}',
  '\ud83d',
  '\udc00',
]
const SHOWN = ['a', ' ', '\u00a0', 'ü', 'ß', '名', 'א', 'ع', '😀', '\\', "'", '"', 'e\u0301']
const texts = fc.array(fc.oneof(fc.constantFrom(...HIDDEN), fc.constantFrom(...SHOWN)), { maxLength: 12 })
const isHidden = (text: string): boolean => Array.from(text).some((one) => HIDDEN.includes(one))

void describe('hidden characters', () => {
  void test('each is printed as an escape, and letters of every script stay', () => {
    for (const one of HIDDEN)
      assert.match(visible(`a${one}b`), /^a\\(?:u\{[\da-f]+\}|[rt])b$/, JSON.stringify(one))
    assert.equal(visible(SHOWN.join('')), SHOWN.join(''))
    assert.equal(visible('a\nb\u{202e}'), String.raw`a\nb\u{202e}`)
  })

  void test('none is left in any text, and JSON and YAML keep their meaning', () => {
    fc.assert(
      fc.property(texts, (parts) => {
        const text = parts.join('')
        assert.equal(isHidden(visible(text)), false)
        const json = visibleJson(JSON.stringify({ [text]: text }, null, 2))
        assert.equal(isHidden(json), false)
        assert.deepEqual(JSON.parse(json), { [text]: text })
        assert.equal(isHidden(visibleYaml(JSON.stringify(text))), false)
        if (text.isWellFormed()) assert.equal(parse(visibleYaml(JSON.stringify(text))), text)
      }),
    )
  })

  void test('line breaks between the parts of JSON and YAML stay', () => {
    const lines = '{\n  "a": 1\n}\n'
    assert.equal(visibleJson(lines), lines)
    assert.equal(visibleYaml('a: "x"\nb: "y"\n'), 'a: "x"\nb: "y"\n')
  })

  void test('a long name in a sentence is cut, and its length is shown', () => {
    assert.equal(shortened('x'.repeat(500)), `${'x'.repeat(120)}… (500 characters)`)
    assert.ok(shortened('😀'.repeat(200), 3).isWellFormed())
    assert.equal(shortened('op-1'), 'op-1')
    assert.equal(shortened('x'.repeat(120)), 'x'.repeat(120))
  })
})
