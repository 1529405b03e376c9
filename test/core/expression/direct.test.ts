import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { compileExpression } from '../../../src/core/expression/compile.ts'
import { ASK } from '../../../src/core/expression/direct.ts'
import { evaluateHere } from '../../../src/core/expression/evaluate.ts'
import type { Json, JsonObject } from '../../../src/core/model.ts'

const BINDINGS = { employee: 'e-7' }

/** What an expression gives without an evaluator: `undefined` for no value, `ASK` for no answer. */
function direct(text: string, input: Json): unknown {
  const { direct } = compileExpression(text)
  return direct ? direct({ input, bindings: BINDINGS }) : ASK
}

const fields = fc.constantFrom('a', 'b', 'a.b', 'a.b.c', '`a.b`', '__proto__', 'toString', 'length')
const texts = fc.constantFrom("''", "' '", '" x\\t y "', "'e-7'", "'true'", "'ß'")
const { expression } = fc.letrec<{ expression: string }>((again) => ({
  expression: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fields,
    texts,
    fc.constant('$employee'),
    fc
      .tuple(again('expression'), fc.constantFrom('&', '=', '!=', '?:', '??'), again('expression'))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    fc
      .tuple(again('expression'), again('expression'), again('expression'))
      .map(([test, then, otherwise]) => `(${test} ? ${then} : ${otherwise})`),
    fc.tuple(again('expression'), again('expression')).map(([test, then]) => `(${test} ? ${then})`),
    fc
      .tuple(fc.constantFrom('uppercase', 'lowercase', 'trim', 'exists'), again('expression'))
      .map(([name, argument]) => `$${name}(${argument})`),
  ),
}))
const values: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(
    '',
    ' ',
    'x',
    ' x\n\n y\r',
    'Straße',
    'ıİ',
    '\ud83d',
    '😀',
    0,
    7,
    1.5,
    true,
    false,
    null,
  ),
  fc.constantFrom<Json>([], ['x'], ['x', 'y'], [{ c: 'z' }], {}),
)
const inputs: fc.Arbitrary<JsonObject> = fc.record(
  {
    a: fc.oneof(values, fc.record({ b: fc.oneof(values, fc.record({ c: values }, { requiredKeys: [] })) })),
    b: values,
    'a.b': values,
  },
  { requiredKeys: [] },
)

void describe('an expression that needs no evaluator', () => {
  void test('gives what JSONata gives, or leaves the answer to it', async () => {
    const evaluator = evaluateHere()
    let answered = 0
    await fc.assert(
      fc.asyncProperty(expression, inputs, async (text, input) => {
        const value = direct(text, input)
        if (value === ASK) return
        answered += 1
        const [expected] = await evaluator.evaluate({ expressions: [text], input, bindings: BINDINGS })
        assert.deepEqual({ kind: 'value', value }, expected)
      }),
      { numRuns: 1_000 },
    )
    assert.ok(answered > 300, `${answered} of 1,000`)
  })

  void test('covers texts, fields, conditions, comparisons and functions of one text', () => {
    const cases: readonly (readonly [text: string, value: unknown])[] = [
      ["name.givenName & ' ' & name.familyName", 'Ann Lee'],
      ["emails.work ?: $employee & '@contoso.com'", 'e-7@contoso.com'],
      ["$exists(costCenter) ? costCenter & ' ' & title", undefined],
      ["userType = 'Contractor' ? 'external' : 'internal'", 'external'],
      ['$uppercase($trim(title))', 'LEAD'],
      ["zero ? 'yes' : 'no'", 'no'],
      ["one ? 'yes' : 'no'", 'yes'],
      ['missing', undefined],
    ]
    const input = {
      zero: 0,
      one: 1,
      name: { givenName: 'Ann', familyName: 'Lee' },
      userType: 'Contractor',
      title: ' Lead ',
    }
    for (const [text, value] of cases) assert.equal(direct(text, input), value, text)
  })

  void test('is none that goes through lists, computes numbers or defines anything', () => {
    const input = { list: ['a'], number: 1.5, title: 'Lead' }
    for (const text of [
      'list',
      "number & ''",
      '$uppercase(number)',
      'title[0]',
      'title[]',
      'title.$uppercase()',
      '$substring(title, 0, 1)',
      '$uppercase()',
      '$',
      '$unknown',
      '($x := title; $x)',
      'title ~> $uppercase',
    ])
      assert.equal(direct(text, input), ASK, text)
  })

  void test('is not too deep either', () => {
    const nested = (levels: number): string => `${'('.repeat(levels)}title${')'.repeat(levels)}`
    assert.equal(direct(nested(20), { title: 'Lead' }), 'Lead')
    assert.equal(direct(nested(40), { title: 'Lead' }), ASK)
  })
})
