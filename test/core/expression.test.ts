import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { RollcallError } from '../../src/core/errors.ts'
import { compileExpression } from '../../src/core/expression/expression.ts'
import { touches } from '../../src/core/expression/reads.ts'

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

  void test('a write above or below a place that is read touches it', () => {
    const read = compileExpression('name.givenName & emails').reads
    for (const path of ['name.givenName', 'name', 'emails.work']) assert.ok(touches(read, path), path)
    for (const path of ['name.familyName', 'title', 'emailsOfOthers']) assert.ok(!touches(read, path), path)
  })
})

void describe('an expression that cannot be used', () => {
  const message = async (text: string, input: object): Promise<string> => {
    try {
      await compileExpression(text).evaluate({ ...input })
    } catch (error) {
      assert(error instanceof RollcallError)
      return `${error.code}: ${error.message}`
    }
    return 'no error'
  }

  void test('is refused at load, with the place in its text', () => {
    assert.throws(() => compileExpression('$uppercase('), {
      code: 'ExpressionInvalid',
      message: /the syntax is wrong \[S0203\] \(character \d+\)/,
    })
  })
  void test('is refused when one input could give two answers', () => {
    for (const text of ['$now()', '$random()', '$millis', "$eval('title')"])
      assert.throws(() => compileExpression(text), { code: 'ExpressionInvalid' })
  })
  void test('that loops is stopped, and so is one that calls itself for ever', async () => {
    assert.match(
      await message('($f := function($n) { $f($n + 1) }; $f(1))', {}),
      /^ExpressionFailed: it takes too long/,
    )
    assert.match(
      await message("($f := function($n) { $f($n + 1) & '' }; $f(1))", {}),
      /^ExpressionFailed: it calls itself too deeply/,
    )
    assert.match(await message('[1..20000].($ + 1)', {}), /^ExpressionFailed: a list grows too long/)
  })
  void test('fails with words that quote no value', async () => {
    const failed = await message('$number(salary)', { salary: 'a secret' })
    assert.match(failed, /^ExpressionFailed: something cannot be read as a number \[D3030\]/)
    assert.ok(!failed.includes('secret'))
  })
  void test('that gives a function gives no value', async () => {
    assert.match(await message('$uppercase', {}), /gives a function/)
  })
  void test('is not led astray by names that mean something to JavaScript', async () => {
    await compileExpression('__proto__ & constructor').evaluate({ a: 1 })
    assert.equal(Object.getOwnPropertyNames(Object.prototype).includes('a'), false)
  })
})
