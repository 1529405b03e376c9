import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compileExpression } from '../../../src/core/expression/compile.ts'
import { evaluateHere, readAnswer, writeInput } from '../../../src/core/expression/evaluate.ts'
import { LONGEST_JSON } from '../../../src/core/expression/limits.ts'
import { touches } from '../../../src/core/expression/reads.ts'
import { exerciseEvaluator } from '../../suites/conformance/evaluator.ts'

function reads(text: string): readonly string[] | 'everything' {
  const { reads } = compileExpression(text)
  return reads.kind === 'everything' ? 'everything' : [...reads.paths].sort()
}

void describe('what an expression reads', () => {
  const cases: readonly (readonly [text: string, reads: readonly string[] | 'everything'])[] = [
    ["name.givenName & ' ' & name.familyName", ['name.familyName', 'name.givenName']],
    ['$uppercase(title)', ['title']],
    ['title.$uppercase()', ['title']],
    ['title ~> $uppercase', ['title']],
    ["active ? 'a' : userType", ['active', 'userType']],
    ['title ?: nickName', ['nickName', 'title']],
    ["$join([division, department], '/')", ['department', 'division']],
    ['($x := costCenter; $substring($x, 0, 3))', ['costCenter']],
    ["emails[type='work'].value", ['emails.type', 'emails.value']],
    ['name.(givenName & familyName)', ['name', 'name.familyName', 'name.givenName']],
    ['$map(list, function($one) { $one.a & title })', ['list', 'title']],
    ["$lookup({ 'a': 1 }, country)", ['country']],
    ["'constant'", []],
    ['$employee', []],
    ['$', 'everything'],
    ['$$.title', 'everything'],
    ['*', 'everything'],
    ['**.title', 'everything'],
    ['$keys()', 'everything'],
    ['a.b.%.c', 'everything'],
    ['a@$x.b', 'everything'],
    ["name ~> |$|{ 'a': 1 }|", 'everything'],
  ]
  for (const [text, expected] of cases)
    void test(`${text} reads ${expected === 'everything' ? expected : expected.join(', ') || 'nothing'}`, () => {
      assert.deepEqual(reads(text), expected)
    })

  void test('a change above or below a place that is read can change the answer', () => {
    const read = compileExpression('name.givenName & emails').reads
    for (const path of ['name.givenName', 'name', 'emails.work']) assert.ok(touches(read, path), path)
    for (const path of ['name.familyName', 'title', 'emailsOfOthers']) assert.ok(!touches(read, path), path)
  })
})

void describe('an expression that cannot be used is refused before it is evaluated', () => {
  void test('and the error names the place in its text', () => {
    assert.throws(() => compileExpression('$uppercase('), {
      code: 'ExpressionInvalid',
      message: /the syntax is wrong \[S0203\] \(character \d+\)/,
    })
    assert.throws(() => compileExpression('$match(a, /(/)'), { code: 'ExpressionInvalid' })
  })
  void test('when one input could give two answers, wherever in the expression that is', () => {
    for (const text of [
      '$now()',
      '$random()',
      '$millis',
      "$eval('title')",
      "name ~> |$|{ 'a': $now() }|",
      'list^(>$random())',
      '$f := $eval',
      "{ 'a': $millis() }",
      'function($x) { $now() }',
      '$map(list, $shuffle)',
      'list#$i[$random() > 0]',
      '$substring(?, $random())',
    ])
      assert.throws(
        () => compileExpression(text),
        { code: 'ExpressionInvalid', message: /same answer/ },
        text,
      )
  })
  void test('when a regular expression cannot be matched in linear time, and the error names the pattern', () => {
    for (const pattern of [
      '(a)\\1',
      'a(?=b)',
      'a(?!b)',
      '(?<x>a)\\k<x>',
      '(a{1000}){1000}',
      '\\A',
      '\\Qa\\E',
    ])
      assert.throws(
        () => compileExpression(`name ~> |$|{ 'a': $contains(title, /${pattern}/i) }|`),
        ({ code, message }: Error & { code: string }) =>
          code === 'ExpressionInvalid' &&
          message.startsWith(
            `uses the regular expression /${pattern}/i, which cannot be matched in linear time`,
          ),
        pattern,
      )
  })
})

exerciseEvaluator('in the caller’s thread', () => ({ evaluator: evaluateHere(), close: async () => {} }))

void test('an input may be as long as the limit as JSON, and no longer; an answer without a value has none', () => {
  const text = 'x'.repeat(LONGEST_JSON - 2)
  assert.equal(writeInput(text).kind, 'value')
  assert.equal(writeInput(`${text}x`).kind, 'failed')
  assert.deepEqual(readAnswer({ kind: 'value', value: null }), { kind: 'value', value: undefined })
  assert.deepEqual(readAnswer({ kind: 'value', value: '{"a":1}' }), { kind: 'value', value: { a: 1 } })
  assert.deepEqual(readAnswer({ kind: 'failed', why: 'it' }), { kind: 'failed', why: 'it' })
})
