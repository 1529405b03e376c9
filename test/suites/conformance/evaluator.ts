import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { Evaluated, Evaluator } from '../../../src/core/expression/evaluator.ts'
import { LONGEST_JSON } from '../../../src/core/expression/limits.ts'
import type { Json } from '../../../src/core/model.ts'

/** What every evaluator promises, in whatever process it works. */
export function exerciseEvaluator(
  name: string,
  make: () => { readonly evaluator: Evaluator; close(): Promise<void> },
): void {
  void describe(`an evaluator (${name})`, () => {
    const { evaluator, close } = make()
    after(close)
    const evaluate = (
      expressions: readonly string[],
      input: Json = {},
      bindings: Readonly<Record<string, Json>> = {},
    ): Promise<readonly Evaluated[]> => evaluator.evaluate({ expressions, input, bindings })
    const why = async (text: string, input: Json = {}): Promise<string> => {
      const [answer] = await evaluate([text], input)
      return answer?.kind === 'failed' ? answer.why : `no failure: ${JSON.stringify(answer).slice(0, 80)}`
    }

    void test('answers each expression in its place, also where one fails and one comes to nothing', async () => {
      assert.deepEqual(
        await evaluate(
          ['title', '$number(title)', 'nothing', 'null', '$employee'],
          { title: 'x' },
          { employee: '7' },
        ),
        [
          { kind: 'value', value: 'x' },
          { kind: 'failed', why: 'a value cannot be converted to a number [D3030] (character 8)' },
          { kind: 'value', value: undefined },
          { kind: 'value', value: null },
          { kind: 'value', value: '7' },
        ],
      )
    })

    void test('answers many inputs asked for at once, each with its own answer', async () => {
      const asked = Array.from({ length: 333 }, (_, index) => index)
      const answers = await Promise.all(asked.map((number) => evaluate(['number + 1'], { number })))
      assert.deepEqual(
        answers.map(([answer]) => answer?.kind === 'value' && answer.value),
        asked.map((number) => number + 1),
      )
    })

    void test('answers lists, objects and texts of any characters as they are', async () => {
      const input = { text: 'é€😀\u0000"\\\ud800', list: [1, [2], { a: null }], __proto__: null }
      const [answer] = await evaluate(['$'], input)
      assert.deepEqual(answer, { kind: 'value', value: { text: input.text, list: input.list } })
    })

    void test('$parse reads the JSON in a text, and leaves anything else as it is', async () => {
      const input = {
        text: '{"b":[1,{"c":"x"}]}',
        list: ['{"k":1}', '{"k":2}'],
        object: { p: true },
        none: null,
      }
      assert.deepEqual(
        await evaluate(
          [
            '$parse(text).b[1].c',
            'list.$parse().k',
            '$map(list, $parse).k',
            '$parse(object).p',
            '$parse(missing)',
            '$parse(none)',
          ],
          input,
        ),
        ['x', [1, 2], [1, 2], true, undefined, null].map((value) => ({ kind: 'value', value })),
      )
    })

    void test('$parse fails on a text that is not JSON, or nested too deeply, and quotes nothing of it', async () => {
      const failed = await why('$parse(salary)', { salary: 'a secret' })
      assert.match(failed, /^a text that \$parse is given is not JSON \[R1001\]/)
      assert.match(
        await why('$parse(text)', { text: '{"a":1,"a":2}' }),
        /a key twice in one object \[R1004\]/,
      )
      const [number] = await evaluate(['$parse(text).id'], { text: '{"id":413124000068132003}' })
      assert.deepEqual(number, { kind: 'value', value: '413124000068132003' })
      const deep = '['.repeat(40) + ']'.repeat(40)
      assert.match(await why('$parse(text)', { text: deep }), /nested too deeply \[R1003\]/)
    })

    void test('says what went wrong and quotes no value', async () => {
      const failed = await why('$number(salary)', { salary: 'a secret' })
      assert.match(failed, /^a value cannot be converted to a number \[D3030\]/)
      assert.ok(!failed.includes('secret'))
    })

    void test('takes functions, and numbers that JSON does not have, for no value', async () => {
      assert.match(await why('$uppercase'), /gives a function/)
      assert.match(await why('function($a) { $a }'), /gives a function/)
    })

    void test('limits nesting, lists and ranges', async () => {
      assert.match(await why("($f := function($n) { $f($n + 1) & '' }; $f(1))"), /the recursion is too deep/)
      assert.match(await why('[1..20000].($ + 1)'), /becomes too long|too large/)
      assert.match(await why('[1..1000000000]'), /a range is too large/)
      assert.match(await why("$pad('', 1000000000)"), /a text becomes too long/)
    })

    void test('limits what goes in and what comes out', async () => {
      assert.match(await why('title', { title: 'x'.repeat(LONGEST_JSON) }), /input is longer than 4,000,000/)
      assert.match(await why(`$pad('', ${LONGEST_JSON}, 'x')`), /its answer is longer than 4,000,000/)
    })

    void test('matches a regular expression in time linear in the text', async () => {
      const name = `${'a'.repeat(41)}!`
      const startedAt = performance.now()
      assert.deepEqual(await evaluate(['$contains(displayName, /^(\\w+\\s?)+$/)'], { displayName: name }), [
        { kind: 'value', value: false },
      ])
      assert.ok(performance.now() - startedAt < 10_000, 'the native engine needs hours')
    })

    void test('is not led astray by names that mean something to JavaScript', async () => {
      const input = JSON.parse('{"__proto__": {"polluted": 1}, "title": "x"}') as Json
      assert.deepEqual(await evaluate(['constructor', 'title'], input), [
        { kind: 'value', value: undefined },
        { kind: 'value', value: 'x' },
      ])
      assert.equal(Reflect.get({}, 'polluted'), undefined)
    })
  })
}
