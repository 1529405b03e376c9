import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { after, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type ExpressionProcess, expressionProcess } from '../../src/adapters/expression-process/client.ts'
import type { Evaluated } from '../../src/core/expression/evaluator.ts'
import { exerciseEvaluator } from '../suites/conformance/evaluator.ts'
import { until } from './support/until.ts'

exerciseEvaluator('in its process', () => {
  const evaluator = expressionProcess()
  return { evaluator, close: () => evaluator.close() }
})

const CLIENT = new URL('../../src/adapters/expression-process/client.ts', import.meta.url).href
const LOOP = '($f := function($n) { $f($n + 1) }; $f(1))'
const DOUBLED = 'function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }'
/**
 * Each would hold the process up, or end it for want of memory, if it were evaluated where the rest
 * of the connector runs.
 */
const BOMBS: Readonly<Record<string, string>> = {
  'that loops for ever': LOOP,
  'that builds a tree of 2^40 leaves': `($f := function($o, $n) { $n = 0 ? $o : $f({ 'a': $o, 'b': $o }, $n - 1) }; $f({}, 40))`,
  'that joins 10,000 times 10,000 texts': `$join([1..10000].($join([1..10000].'xxxxxxxxxx')))`,
  'with lists of lists': '$count([1..9999].([1..9999]))',
  'that doubles a text': `($f := ${DOUBLED}; $uppercase($f('€b', 27)))`,
  'that pads a text and encodes it': `$base64encode($pad('x', 300000000))`,
}

void describe('an expression', () => {
  // What one expression ends is started again for the next.
  const patient = expressionProcess({ limitMs: 300 })
  after(() => patient.close())

  for (const [name, bomb] of Object.entries(BOMBS))
    void test(`${name} fails for its own input, and the inputs that travel with it are answered`, async () => {
      const ask = (index: number): Promise<readonly Evaluated[]> =>
        patient.evaluate({
          expressions: ['name', `bomb ? ${bomb} : name`, '$length(name)'],
          input: { name: `n${index}`, bomb: index === 30 },
          bindings: {},
        })
      const answers = await Promise.all(Array.from({ length: 60 }, (_, index) => ask(index)))
      for (const [index, [first, middle, last]] of answers.entries()) {
        assert.deepEqual(first, { kind: 'value', value: `n${index}` })
        assert.deepEqual(last, { kind: 'value', value: `n${index}`.length })
        if (index !== 30) assert.deepEqual(middle, { kind: 'value', value: `n${index}` })
        else assert.match(middle?.kind === 'failed' ? middle.why : '', /takes too long|needs too much memory/)
      }
    })

  void test('that loops costs those that travel with it its limit, a start and no more', async (t) => {
    const ask = (text: string): Promise<readonly Evaluated[]> =>
      patient.evaluate({ expressions: [text], input: { name: 'x' }, bindings: {} })
    await ask('name')
    const usedBefore = process.cpuUsage()
    const startedAt = performance.now()
    const [[answer]] = await Promise.all([ask('name'), ask(LOOP), ask('name')])
    assert.deepEqual(answer, { kind: 'value', value: 'x' })
    const { user } = process.cpuUsage(usedBefore)
    t.diagnostic(
      `${Math.round(performance.now() - startedAt)} ms, of which this process worked ${Math.round(user / 1_000)} ms`,
    )
    assert.ok(user < 250_000, 'the caller does not work meanwhile')
  })

  void test('every part of which loops is given up after two of them', async () => {
    await using evaluator = using(expressionProcess({ limitMs: 100 }))
    const expressions = ['1', ...Array.from({ length: 20 }, (_, index) => `(${LOOP}; ${index})`), '2']
    const answers = await evaluator.evaluate({ expressions, input: {}, bindings: {} })
    assert.deepEqual(answers[0], { kind: 'value', value: 1 })
    assert.equal(answers.filter(({ kind }) => kind === 'failed').length, 21)
  })

  void test(
    'is not ended for time that passes while the machine does not let it work',
    {
      skip: process.platform !== 'linux',
    },
    async () => {
      await using evaluator = using(expressionProcess({ limitMs: 3_000 }))
      const ask = (text: string): Promise<readonly Evaluated[]> =>
        evaluator.evaluate({ expressions: [text], input: {}, bindings: {} })
      await ask('1')
      const { pid } = evaluator
      assert.ok(pid !== null)
      // Some hundreds of milliseconds of work, with a pause in it that is longer than the limit. A
      // real process is stopped, so its limit passes in real time.
      const asked = ask('$sum([1..9000].($sum([1..25].($ + 1))))')
      const before = ticksOf(pid)
      await until('it works', () => ticksOf(pid) >= before + 4)
      // The watchdog must see that, too.
      await delay(150)
      process.kill(pid, 'SIGSTOP')
      await delay(3_500)
      process.kill(pid, 'SIGCONT')
      assert.deepEqual(await asked, [{ kind: 'value', value: 3_150_000 }])
      assert.equal(evaluator.pid, pid)
    },
  )

  void test('is evaluated again when its process is killed from outside, and not failed', async () => {
    await using evaluator = using(expressionProcess({ limitMs: 5_000 }))
    const ask = (name: string): Promise<readonly Evaluated[]> =>
      evaluator.evaluate({
        expressions: ['$sum([1..3000].($sum([1..10]))) & name'],
        input: { name },
        bindings: {},
      })
    await ask('warm')
    const asked = Promise.all(['a', 'b', 'c'].map(ask))
    process.kill(evaluator.pid ?? 0, 'SIGKILL')
    assert.deepEqual(
      await asked,
      ['a', 'b', 'c'].map((name) => [{ kind: 'value', value: `165000${name}` }]),
    )
  })
})

void describe('the process of expressions', () => {
  void test('is started when there is something to evaluate, sees nothing of the environment but where compiled code is, and goes on when the terminal interrupts everything in it', async () => {
    await using evaluator = using(expressionProcess())
    const current = (): number | null => evaluator.pid
    assert.equal(current(), null)
    await evaluator.evaluate({ expressions: ['1'], input: {}, bindings: {} })
    const pid = current()
    assert.ok(pid !== null)
    if (process.platform === 'linux') {
      const seen = readFileSync(`/proc/${pid}/environ`, 'utf8')
      const names = seen.split('\0').map((line) => line.split('=')[0])
      const ofNode = ['', 'NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE']
      const others = names.filter((name = '') => !ofNode.includes(name))
      assert.deepEqual(others, ['NODE_COMPILE_CACHE'])
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal)
    assert.deepEqual(await evaluator.evaluate({ expressions: ['2'], input: {}, bindings: {} }), [
      { kind: 'value', value: 2 },
    ])
    assert.equal(current(), pid)
  })

  void test('that cannot be started rejects what was asked for, and blames no input', async () => {
    await using evaluator = using(expressionProcess({ memoryMb: 1 }))
    await assert.rejects(evaluator.evaluate({ expressions: ['1'], input: {}, bindings: {} }), {
      code: 'ExpressionsUnavailable',
    })
  })

  void test('is closed also when nothing keeps the caller alive but that', async () => {
    const parent = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `import { expressionProcess } from '${CLIENT}'
         const evaluator = expressionProcess()
         await evaluator.evaluate({ expressions: ['1'], input: {}, bindings: {} })
         await evaluator.close()
         process.exitCode = 7`,
      ],
      { stdio: 'ignore' },
    )
    assert.deepEqual(await once(parent, 'exit'), [7, null])
  })

  for (const [when, last] of [
    ['ends', ''],
    [
      'is killed while it evaluates',
      `; void evaluator.evaluate({ expressions: [${JSON.stringify(LOOP)}], input: {}, bindings: {} }); process.stdout.write('busy\\n')`,
    ],
  ] as const)
    void test(`does not outlive the process that ${when}`, async () => {
      const parent = spawn(
        process.execPath,
        [
          '--input-type=module',
          '--eval',
          `import { expressionProcess } from '${CLIENT}'
           const evaluator = expressionProcess()
           await evaluator.evaluate({ expressions: ['1'], input: {}, bindings: {} })
           process.stdout.write(evaluator.pid + '\\n')${last}`,
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      )
      const [line] = (await once(createInterface(parent.stdout), 'line')) as [string]
      const exited = once(parent, 'exit')
      if (last !== '') parent.kill('SIGKILL')
      await exited
      await until('it is gone', () => !isAlive(Number(line)))
    })
})

/** Processor time in hundredths of a second. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function using(evaluator: ExpressionProcess): ExpressionProcess & AsyncDisposable {
  return {
    get pid() {
      return evaluator.pid
    },
    evaluate: (evaluation) => evaluator.evaluate(evaluation),
    close: () => evaluator.close(),
    [Symbol.asyncDispose]: () => evaluator.close(),
  }
}
