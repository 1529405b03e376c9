import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compileExpression, evaluateOne } from '../../../src/core/expression/compile.ts'
import {
  evaluateHere,
  evaluateWritten,
  readAnswer,
  writeInput,
} from '../../../src/core/expression/evaluate.ts'
import { LONGEST_JSON } from '../../../src/core/expression/limits.ts'
import { parseFunction } from '../../../src/core/expression/parse-function.ts'
import { touches } from '../../../src/core/expression/reads.ts'
import type { Json } from '../../../src/core/model.ts'
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
    // A function with too few arguments takes the context for the first one.
    ['$substring(1)', 'everything'],
    ["address.$lookup('city')", ['address']],
    ["$lookup(address, 'city')", ['address']],
    ["$split(title, ',')", ['title']],
    ['-number', ['number']],
    ['{ kind: value }', ['kind', 'value']],
    ['list{kind: value}', ['list', 'list.kind', 'list.value']],
    ['list^(>address.city)', ['list', 'list.address.city']],
    ['address[main].city', ['address.city', 'address.main']],
    ['address.(main).city', ['address', 'address.main']],
    ['(function($x) { title & $x })(name)', ['name', 'title']],
    ['($x := title; name)', ['name', 'title']],
    ['address.$', ['address']],
    ['$employee.name', []],
    ['$uppercase(title)[name]', ['title']],
    ['list#$i.name', 'everything'],
    ["list[kind='a']#$i.name", 'everything'],
    ['address.(city & $$.title)', 'everything'],
    ['$map(list, $uppercase)', ['list']],
  ]
  for (const [text, expected] of cases)
    void test(`${text} reads ${expected === 'everything' ? expected : expected.join(', ') || 'nothing'}`, () => {
      assert.deepEqual(reads(text), expected)
    })

  void test('a change above or below a place that is read can change the answer', () => {
    const read = compileExpression('name.givenName & emails').reads
    for (const path of ['name.givenName', 'name', 'emails.work']) assert.ok(touches(read, path), path)
    for (const path of ['name.familyName', 'title', 'emailsOfOthers', 'emailz.work'])
      assert.ok(!touches(read, path), path)
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
  void test('and every function that is refused is named at once', () => {
    assert.throws(() => compileExpression('$random() & $now()'), { message: /^uses \$now, \$random; / })
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

void describe('the answer of an expression', () => {
  const evaluate = (text: string, input: Json) => evaluateWritten(text, input, {})
  void test('is a number that JSON has, or none', async () => {
    assert.deepEqual(await evaluate('$sum([1e308, 1e308])', {}), {
      kind: 'failed',
      why: 'it gives a number that is out of range',
    })
    assert.deepEqual(await evaluate('1e308', {}), { kind: 'value', value: '1e+308' })
  })
  void test('is no function, and no regular expression', async () => {
    for (const text of ['$uppercase', 'function($x) { $x }', '/a/'])
      assert.deepEqual(await evaluate(text, {}), {
        kind: 'failed',
        why: 'it gives a function where a value belongs; call it with ( )',
      })
  })
  void test('may be as long as the limit as JSON, and no longer', async () => {
    const text = 'x'.repeat(LONGEST_JSON - 2)
    assert.equal((await evaluate('$', text)).kind, 'value')
    assert.equal((await evaluate('$', `${text}x`)).kind, 'failed')
  })
  void test('is nothing where the evaluator gives none', async () => {
    const silent = { evaluate: async () => [] }
    assert.deepEqual(await evaluateOne(silent, compileExpression('title'), {}), {
      kind: 'value',
      value: undefined,
    })
  })
})

void test('$parse takes a text as long as the limit, and no longer', () => {
  const text = JSON.stringify('x'.repeat(LONGEST_JSON - 2))
  assert.equal(parseFunction(text), JSON.parse(text))
  assert.throws(() => parseFunction(`${text} `), { code: 'R1002' })
})

void test('an input may be as long as the limit as JSON, and no longer; an answer without a value has none', () => {
  const text = 'x'.repeat(LONGEST_JSON - 2)
  assert.equal(writeInput(text).kind, 'value')
  assert.equal(writeInput(`${text}x`).kind, 'failed')
  assert.deepEqual(readAnswer({ kind: 'value', value: null }), { kind: 'value', value: undefined })
  assert.deepEqual(readAnswer({ kind: 'value', value: '{"a":1}' }), { kind: 'value', value: { a: 1 } })
  assert.deepEqual(readAnswer({ kind: 'failed', why: 'it' }), { kind: 'failed', why: 'it' })
})
