import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { z } from 'zod'
import { evaluateHere } from '../../../../src/core/expression/evaluate.ts'
import { type AnswerTools, answerRules, readExpression } from '../../../../src/core/intake/hydrate/answer.ts'
import type { ReadAnswer } from '../../../../src/core/intake/hydrate/loop.ts'
import { HrSystemSettings } from '../../../../src/core/intake/hydrate/settings.ts'
import type { Notice } from '../../../../src/core/ledger/port/intake.ts'
import { MAX_DEPTH } from '../../../../src/core/json.ts'
import type { Json, JsonObject } from '../../../../src/core/model.ts'

const NOTICE: Notice = {
  seq: 1,
  source: '/hr/acme',
  id: 'n-1',
  type: 'worker.updated',
  employeeId: '601',
  recordedAt: 0,
  effectiveAt: 0,
  attempts: 0,
}
const TOOLS: AnswerTools = { evaluator: evaluateHere(), source: {}, uses: () => true }
type Given = Partial<z.input<typeof HrSystemSettings>>

function understand(
  given: Given,
  body: Json,
  calls: Readonly<Record<string, Json>> = {},
): Promise<ReadAnswer> {
  const settings = HrSystemSettings.parse({ url: 'https://hr.example/{employee}', ...given })
  const named = Object.entries(calls).map(([name, answer]) => [name, [answer]] as const)
  return answerRules(settings, TOOLS).understand({ pages: [body], calls: Object.fromEntries(named) }, NOTICE)
}

/** `record`, `gone`, or the code and what was wrong. */
async function told(given: Given, body: Json, calls: Readonly<Record<string, Json>> = {}): Promise<string> {
  const answer = await understand(given, body, calls)
  if (answer.kind === 'record' || answer.kind === 'gone') return answer.kind
  return `${answer.kind} ${answer.code}: ${answer.why}`
}
async function workerOf(
  given: Given,
  body: Json,
  calls: Readonly<Record<string, Json>> = {},
): Promise<JsonObject> {
  const answer = await understand(given, body, calls)
  assert(answer.kind === 'record', JSON.stringify(answer))
  return answer.worker
}

/** As rules are written: a constant, an attribute, and access by a comparison. */
const WORKER = '{ "userName": mail, "userType": "Employee", "active": status = "Active" }'

void describe('an answer without the employee is never a record', () => {
  void test('an answer that says failure is not used, in whatever form it says so', async () => {
    const failures: readonly (readonly [JsonObject, field: string])[] = [
      [{ success: false, mail: 'S3cret' }, 'success'],
      [{ Success: 'false', data: { mail: 'S3cret' } }, 'Success'],
      [{ ok: false, error: 'S3cret' }, 'ok'],
      [{ errors: [{ message: 'S3cret' }] }, 'errors'],
      [{ data: null, errors: ['S3cret'] }, 'errors'],
      [{ error: { code: 'S3cret' }, mail: null }, 'error'],
      [{ status: 'error', message: 'S3cret' }, 'status'],
      [{ message: 'S3cret', code: 17 }, 'message'],
      [{ title: 'Not Found', status: 404, detail: 'S3cret' }, 'detail'],
    ]
    for (const [body, field] of failures)
      for (const worker of ['$', WORKER, '$merge([$, {"title": "x"}])']) {
        const said = await told({ worker }, body)
        assert.match(said, new RegExp(`^later AnswerIsFailure: ${field} says that the request failed`))
        assert.doesNotMatch(said, /S3cret/)
      }
  })

  void test('an answer that holds nothing is none, whatever the expression makes of it', async () => {
    for (const body of [null, {}, [], [{}], { data: null }, { data: [] }, { data: { mail: '' } }, [[null]]])
      for (const worker of ['$', WORKER, 'data', '{ "userName": data.mail, "active": data.on = true }'])
        assert.match(
          await told({ worker }, body),
          /^later AnswerEmpty: /,
          `${worker} ${JSON.stringify(body)}`,
        )
  })

  void test('constants and a comparison do not make a record of an answer that has nothing the expression reads', async () => {
    assert.match(await told({ worker: WORKER }, { success: true, data: null }), /^later AnswerEmpty: /)
    assert.match(await told({ worker: WORKER }, { odata: 'x', value: [] }), /^later AnswerEmpty: /)
    assert.deepEqual(await workerOf({ worker: WORKER }, { status: 'Left' }), {
      userType: 'Employee',
      active: false,
    })
  })

  void test('an expression that reads one attribute finds nothing where that is missing', async () => {
    const worker = '{ "userType": "Employee", "active": status = "Active" }'
    assert.match(await told({ worker }, { mail: 'a' }), /^later AnswerEmpty: the answer has none of the attr/)
  })

  void test('an expression that reads no attribute makes a record of any answer that holds something', async () => {
    assert.deepEqual(await workerOf({ worker: '{ "userName": $employee }' }, { found: true }), {
      userName: '601',
    })
    assert.match(await told({ worker: '{ "userName": $employee }' }, {}), /^later AnswerEmpty/)
  })

  void test('a record with an empty list of errors, or with data beside them, is a record', async () => {
    for (const body of [
      { mail: 'a', errors: [], error: null, success: true },
      { mail: 'a', error: false },
      { mail: 'a', data: { x: 1 }, errors: ['partial'] },
      { mail: 'a', message: 'I am on leave' },
      { mail: 'a', status: 'Active', code: 7 },
    ])
      assert.equal(await told({ worker: WORKER }, body), 'record', JSON.stringify(body))
  })

  void test('a worker without an attribute that the mapping takes would only clear, so it is none', async () => {
    const settings = HrSystemSettings.parse({ url: 'https://hr.example/{employee}' })
    const uses = (path: string): boolean => ['active', 'title', 'name.givenName'].includes(path)
    const rules = answerRules(settings, { ...TOOLS, uses })
    const read = async (body: Json): Promise<string> => {
      const answer = await rules.understand({ pages: [body], calls: {} }, NOTICE)
      return answer.kind === 'record' || answer.kind === 'gone'
        ? answer.kind
        : `${answer.code}: ${answer.why}`
    }
    for (const body of [
      { code: 'S3cret' },
      { data: { title: 'A' } },
      { shoe: 1, title: null, name: { x: 1 } },
    ])
      assert.equal(await read(body), 'AnswerEmpty: worker yields no attribute that the mapping takes')
    for (const body of [{ title: 'A' }, { name: { givenName: 'A' }, shoe: 1 }, { active: false }])
      assert.equal(await read(body), 'record')
  })

  void test('found decides where the source says so itself', async () => {
    const found = '$exists(data.id)'
    const worker = 'data'
    assert.equal(await told({ found, worker }, { success: false, data: { id: 1, title: 'A' } }), 'record')
    assert.equal(await told({ found, worker }, { data: null }), 'gone')
    assert.equal(await told({ found: 'data.found', worker }, { data: { title: 'A' } }), 'gone')
    assert.equal(
      await told({ found: 'data.id', worker }, { data: { id: 'S3cret' } }),
      'unusable AnswerInvalid: found is neither true nor false, but text',
    )
    assert.match(await told({ found: 'true', worker }, { data: {} }), /^later AnswerEmpty/)
  })

  void test('required names each attribute that is missing', async () => {
    const required = ['userName', 'name.givenName', 'active']
    assert.equal(
      await told({ required }, { userName: ' ', name: { familyName: 'S3cret' }, active: false }),
      'later AnswerIncomplete: userName, name.givenName: required and missing',
    )
    assert.equal(
      await told({ required }, { userName: 'a', name: { givenName: 'b' }, active: false }),
      'record',
    )
  })
})

void describe('an answer about another employee is never a record', () => {
  const given = { employee: 'id', worker: '{ "title": title }' }

  void test('the id in the answer is compared in its one form', async () => {
    for (const id of ['601', 601, ' 601 ', '601\n'])
      assert.equal(await told(given, { id, title: 'A' }), 'record')
    for (const id of ['602', 6_010, 'six'])
      assert.equal(
        await told(given, { id, title: 'A' }),
        'unusable OtherEmployee: employee yields the id of another employee',
      )
  })

  void test('the form of ids that the source declares counts on both sides, and for the manager', async () => {
    const settings = HrSystemSettings.parse({
      url: 'https://hr.example/{employee}',
      employee: 'id',
      worker: '$',
    })
    const source = { employeeId: { case: 'upper', pad: 5 } } as const
    const rules = answerRules(settings, { ...TOOLS, source })
    const read = (body: Json, employeeId: string): Promise<ReadAnswer> =>
      rules.understand({ pages: [body], calls: {} }, { ...NOTICE, employeeId })
    assert.equal((await read({ id: 601 }, '00601')).kind, 'record')
    assert.equal((await read({ id: 'a\u200b17' }, 'A17')).kind, 'record')
    assert.equal((await read({ id: '6010' }, '00601')).kind, 'unusable')
    const answer = await read({ id: 601, managerId: 17 }, '00601')
    assert.equal(answer.kind === 'record' && answer.worker['managerId'], '00017')
  })

  void test('a SCIM user becomes a worker', async () => {
    const user = { userName: 'a', emails: [{ type: 'work', value: 'a@x' }], manager: { value: '7' } }
    assert.deepEqual(await workerOf({}, user), { userName: 'a', emails: { work: 'a@x' }, managerId: '7' })
  })

  void test('no id and several ids are refused too', async () => {
    assert.equal(await told(given, { title: 'A' }), 'later AnswerEmpty: employee yields no id')
    for (const id of [null, ''])
      assert.equal(await told(given, { id, title: 'A' }), 'later AnswerEmpty: employee yields no id')
    assert.equal(
      await told(given, [
        { id: '601', title: 'A' },
        { id: '602', title: 'B' },
      ]),
      'unusable AnswerInvalid: employee is not one id, but a list',
    )
    assert.equal(
      await told(given, { id: true, title: 'A' }),
      'unusable AnswerInvalid: employee is not one id, but true or false',
    )
  })

  void test('a list of several is refused unless something says which one is meant', async () => {
    const both = [
      { mail: 'S3cret', status: 'Active' },
      { mail: 'b', status: 'Left' },
    ]
    const said = await told({ worker: WORKER }, both)
    assert.match(said, /^unusable AnswerInvalid: the answer is a list of several/)
    assert.doesNotMatch(said, /S3cret/)
    assert.equal(await told({ worker: WORKER }, both.slice(1)), 'record')
    assert.equal(await told({ worker: `$[0].${WORKER}`, found: '$count($) = 2' }, both), 'record')
    assert.equal(await told({ worker: `$[0][0].${WORKER}`, next: 'next' }, both), 'record')
  })

  void test('$employee picks the employee out of a list', async () => {
    const people = [
      { id: 600, title: 'A' },
      { id: 601, title: 'B' },
    ]
    const one = '$[$string(id) = $employee]'
    assert.deepEqual(await workerOf({ employee: `${one}.id`, worker: `${one}.{ "title": title }` }, people), {
      title: 'B',
    })
  })
})

void describe('an answer that is wrong says which part is, and of what form', () => {
  void test('access is neither text, nor a list, nor null', async () => {
    const worker =
      '{ "userName": mail, "active": status = "Active" ? true : status = "Left" ? false : status }'
    const wrong = (form: string): string =>
      `unusable AnswerInvalid: active is neither true nor false, but ${form}`
    assert.equal(await told({ worker }, [{ mail: 'S3cret', status: 'Y' }]), wrong('text'))
    assert.equal(await told({ worker }, { mail: 'S3cret', status: 'true' }), wrong('text'))
    assert.equal(await told({ worker }, { mail: 'S3cret', status: 1 }), wrong('a number'))
    assert.equal(await told({ worker }, { mail: 'S3cret', status: ['Active', 'Left'] }), wrong('a list'))
    assert.equal(await told({}, { mail: 'S3cret', active: null }), wrong('null'))
  })

  void test('the time at which it was true is an instant or a number, and one without an offset is UTC', async () => {
    const at = async (changed: Json): Promise<unknown> => {
      const answer = await understand({ at: 'changed' }, { title: 'A', changed })
      return answer.kind === 'record' ? answer.at : answer.kind
    }
    assert.deepEqual(
      [await at('2026-01-05T09:00:00'), await at('2026-01-05T09:00:00+01:00'), await at(7), await at(null)],
      [Date.UTC(2026, 0, 5, 9), Date.UTC(2026, 0, 5, 8), 7, null],
    )
    assert.deepEqual([await at('2026-01-05'), await at(true)], ['unusable', 'unusable'])
  })

  void test('a worker of more levels than are allowed is refused', async () => {
    const nested = (levels: number): Json => (levels === 0 ? 'x' : { a: nested(levels - 1) })
    assert.equal(await told({}, nested(MAX_DEPTH)), 'record')
    assert.equal(
      await told({ worker: '{ "a": $ }' }, nested(MAX_DEPTH)),
      `unusable AnswerTooDeep: worker has more than ${MAX_DEPTH} levels`,
    )
  })

  void test('a worker that is nothing, or an empty list, is no record', async () => {
    const worker = 'people[id = "9"]'
    assert.equal(
      await told({ worker }, { people: [{ id: '1' }] }),
      'later AnswerEmpty: worker yields nothing',
    )
    assert.equal(
      await told({ worker: '[people[id = "9"]]' }, { people: [{ id: '1' }] }),
      'later AnswerEmpty: worker yields an empty list',
    )
  })

  void test('each expression is named with what it yields', async () => {
    assert.equal(await told({}, 'S3cret'), 'unusable AnswerInvalid: worker is not an object, but text')
    assert.equal(await told({}, ['S3cret']), 'unusable AnswerInvalid: worker is not an object, but a list')
    assert.equal(
      await told({ at: 'changed' }, { changed: 'S3cret' }),
      'unusable AnswerInvalid: at is not an instant, but text',
    )
    const failed = await told({ worker: '{ "title": $number(title) }' }, { title: 'S3cret' })
    assert.match(failed, /^unusable ExpressionFailed: worker: /)
    assert.doesNotMatch(failed, /S3cret/)
  })
})

void describe('access by the words of a status', () => {
  const access = { from: 'data.status', active: ['Active', 'leave'], inactive: ['Left'] }
  const worker = '{ "userName": data.mail, "active": $active }'

  void test('a known word decides, a list of one is looked into, and another word is refused with its field', async () => {
    const active = async (status: Json): Promise<unknown> =>
      (await workerOf({ access, worker }, { data: [{ mail: 'a', status }] }))['active']
    assert.deepEqual(
      [await active(' ACTIVE '), await active('Leave'), await active('left')],
      [true, true, false],
    )
    for (const status of ['S3cret', '', ['Active', 'Left'], { code: 'Active' }]) {
      const said = await told({ access, worker }, { data: [{ mail: 'a', status }] })
      assert.match(said, /^unusable AccessUnknown: data\.status /)
      assert.doesNotMatch(said, /S3cret/)
    }
  })

  void test('what the status says is $active in the expression, and nothing where there is none', async () => {
    const tells = '{ "userName": $exists($active) ? ($active ? "in" : "out") : "unsaid" }'
    const told = async (data: JsonObject): Promise<unknown> =>
      (await workerOf({ access, worker: tells }, { data: { mail: 'a', ...data } }))['userName']
    assert.deepEqual(
      [await told({ status: 'Active' }), await told({ status: 'Left' }), await told({})],
      ['in', 'out', 'unsaid'],
    )
  })

  void test('a status without access wins over the expression, and no status decides nothing', async () => {
    const own = '{ "userName": data.mail, "active": data.on }'
    const active = async (data: JsonObject): Promise<unknown> =>
      (await workerOf({ access, worker: own }, { data: { mail: 'a', ...data } }))['active']
    assert.equal(await active({ status: 'Left', on: true }), false)
    assert.equal(await active({ status: 'Active', on: false }), false)
    assert.equal(await active({ status: 'Active' }), true)
    assert.equal(await active({}), undefined)
  })
})

void describe('several answers for one employee', () => {
  const calls = [{ name: 'jobs', url: 'https://hr.example/{employee}/jobs' }]
  const worker = '{ "userName": mail, "title": $calls.jobs.title }'

  void test('the answers of calls are bound by name', async () => {
    assert.deepEqual(await workerOf({ calls, worker }, { mail: 'a' }, { jobs: { title: 'B' } }), {
      userName: 'a',
      title: 'B',
    })
  })

  void test('a call alone may hold the employee, and an optional one may be missing', async () => {
    assert.deepEqual(await workerOf({ calls, worker }, {}, { jobs: { title: 'B' } }), { title: 'B' })
    assert.deepEqual(await workerOf({ calls, worker }, { mail: 'a' }), { userName: 'a' })
    assert.match(
      await told({ calls, worker }, {}, { jobs: {} }),
      /^later AnswerEmpty: the answer holds nothing/,
    )
  })

  void test('a call that answers with a failure makes no record', async () => {
    assert.equal(
      await told({ calls, worker }, { mail: 'a' }, { jobs: { success: false } }),
      'later AnswerIsFailure: call jobs: success says that the request failed',
    )
  })

  void test('with next the answer is the list of the pages, and one page that says failure fails it', async () => {
    const settings = HrSystemSettings.parse({
      url: 'https://hr.example/{employee}',
      next: 'next',
      worker: 'value[id = $employee].{ "title": title }',
    })
    const rules = answerRules(settings, TOOLS)
    const pages = [{ value: [{ id: '600', title: 'A' }] }, { value: [{ id: '601', title: 'B' }] }]
    assert.deepEqual(await rules.understand({ pages, calls: {} }, NOTICE), {
      kind: 'record',
      worker: { title: 'B' },
      at: null,
    })
    const failed = await rules.understand({ pages: [...pages, { errors: ['x'] }], calls: {} }, NOTICE)
    assert.equal(failed.kind === 'later' && failed.code, 'AnswerIsFailure')
  })
})

void describe('the next page', () => {
  const NEXT: Json = { text: 'https://hr.example/2', no: null, empty: '', off: false, on: true, more: 'x' }
  async function next(expression: string): Promise<string> {
    const settings = HrSystemSettings.parse({ url: 'https://hr.example/{employee}' })
    const found = await answerRules(settings, TOOLS).nextPage(
      readExpression(expression, 'next'),
      NEXT,
      NOTICE,
    )
    if (found.kind === 'page') return found.address
    if (found.kind === 'last') return 'last'
    const { answer } = found
    return 'code' in answer ? `${answer.kind} ${answer.code}: ${answer.why}` : answer.kind
  }

  void test('is the address that the expression yields, and nothing ends the pages', async () => {
    assert.equal(await next('text'), 'https://hr.example/2')
    assert.equal(await next('"/people/" & $employee'), '/people/601')
    for (const nothing of ['missing', 'no', 'empty', 'off']) assert.equal(await next(nothing), 'last')
  })

  void test('is not read when the expression fails or yields no address', async () => {
    assert.equal(await next('on'), 'unusable AnswerInvalid: next is not an address, but true or false')
    assert.match(await next('$number(more)'), /^unusable ExpressionFailed: next: /)
  })
})

void test('plain HTTP is not allowed, and a call is not optional, unless the settings say so', () => {
  const { allowHttp, calls } = HrSystemSettings.parse({
    url: 'https://hr.example/{employee}',
    calls: [
      { name: 'jobs', url: 'https://hr.example/jobs' },
      { name: 'phones', url: 'https://hr.example/phones', optional: 'true' },
    ],
  })
  assert.deepEqual([allowHttp, ...calls.map(({ optional }) => optional)], [false, false, true])
})

void test('an expression that is not JSONata is named', () => {
  assert.throws(() => readExpression('{', 'next'), {
    code: 'ConfigInvalid',
    message: /^the expression next of the HR system /,
  })
})
