import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { after, before, beforeEach, describe, test } from 'node:test'
import { httpReader } from '../../../src/adapters/hr-reader/http-reader.ts'
import { HrSystemSettings } from '../../../src/core/intake/hydrate/settings.ts'
import type { ReadAnswer } from '../../../src/core/intake/hydrate/loop.ts'
import { evaluateHere } from '../../../src/core/expression/evaluate.ts'
import type { Notice } from '../../../src/core/ledger/port/intake.ts'

const notice: Notice = {
  seq: 1,
  source: '/hr/acme',
  id: 'n 1',
  type: 'worker.updated',
  employeeId: 'a/b?c',
  recordedAt: 0,
  effectiveAt: 0,
  attempts: 0,
}
const TOOLS = { evaluator: evaluateHere(), source: {}, uses: () => true }
type Reply =
  | { readonly status: number; readonly body?: string | Buffer; readonly headers?: Record<string, string> }
  | 'hang'
  | 'cut'

let server: Server
let base = ''
const seen: IncomingMessage[] = []
let replies: Reply[] = []

before(async () => {
  server = createServer((request, response) => {
    seen.push(request)
    const reply = replies.length > 1 ? replies.shift() : replies[0]
    if (reply === undefined || reply === 'hang') return
    if (reply === 'cut') return request.socket.destroy()
    response.writeHead(reply.status, reply.headers).end(reply.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
})
beforeEach(() => {
  seen.length = 0
})
after(() => {
  server.closeAllConnections()
  server.close()
})

function read(given: Partial<HrSystemSettings>, ...answers: readonly Reply[]): Promise<ReadAnswer> {
  return readOf({}, given, ...answers)
}

function readOf(
  names: Partial<Notice>,
  given: Partial<HrSystemSettings>,
  ...answers: readonly Reply[]
): Promise<ReadAnswer> {
  replies = [...answers]
  const settings = HrSystemSettings.parse({
    url: `${base}/workers/{employee}?why={id}`,
    allowHttp: true,
    retryMs: 1,
    ...given,
  })
  return httpReader(settings, TOOLS).read({ ...notice, ...names }, new AbortController().signal)
}

void describe('an employee is read over HTTP', () => {
  void test('the address contains the employee, percent-encoded, and headers are sent', async () => {
    await read({ headers: { authorization: 'Bearer s3cret' } }, { status: 200, body: '{}' })
    assert.equal(seen[0]?.url, '/workers/a%2Fb%3Fc?why=n%201')
    assert.equal(seen[0]?.headers.authorization, 'Bearer s3cret')
  })

  void test('an expression makes the attributes and the instant of the answer', async () => {
    const body = JSON.stringify({ data: { first: 'Ann', status: 'Active', at: '2026-01-05T10:00:00Z' } })
    const answer = await read(
      { worker: '{"name": {"givenName": data.first}, "active": data.status = "Active"}', at: 'data.at' },
      { status: 200, body },
    )
    assert.deepEqual(answer, {
      kind: 'record',
      worker: { name: { givenName: 'Ann' }, active: true },
      at: Date.UTC(2026, 0, 5, 10),
    })
  })

  void test('a passing failure is retried, and a lasting one is reported with its code', async () => {
    const good = { status: 200, body: '{"title":"A"}' }
    assert.equal((await read({}, { status: 503 }, 'cut', good)).kind, 'record')
    assert.equal(seen.length, 3)
    assert.deepEqual(await read({}, { status: 503 }), { kind: 'later', code: 'Http503', afterMs: null })
    assert.equal((await read({ timeoutMs: 200, tries: 1 }, 'hang')).kind, 'later')
  })

  void test('a long Retry-After is left to the ledger to wait out', async () => {
    assert.deepEqual(await read({}, { status: 429, headers: { 'retry-after': '60' } }), {
      kind: 'later',
      code: 'Http429',
      afterMs: 60_000,
    })
    assert.equal(seen.length, 1)
  })

  void test('an employee that HR does not know is gone', async () => {
    assert.deepEqual(
      [await read({}, { status: 404 }), await read({}, { status: 410 })],
      [{ kind: 'gone' }, { kind: 'gone' }],
    )
  })

  void test('an answer that is not a record is unusable, and its reason is a code', async () => {
    const unusable = async (settings: Partial<HrSystemSettings>, body: string): Promise<unknown> => {
      const answer = await read(settings, { status: 200, body })
      return answer.kind === 'unusable' ? answer.code : answer.kind
    }
    assert.equal(await unusable({}, 'S3cret'), 'AnswerNotJson')
    assert.equal(await unusable({}, '["S3cret"]'), 'AnswerInvalid')
    assert.equal(await unusable({}, '{"active":"S3cret"}'), 'AnswerInvalid')
    assert.equal(await unusable({ worker: '$number("S3cret")' }, '{}'), 'ExpressionFailed')
    assert.equal(await unusable({}, `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`), 'AnswerTooDeep')
    assert.equal(await unusable({ worker: '$merge([$])' }, '{"__proto__":{"active":"S3cret"}}'), 'record')
    assert.equal(await unusable({ maxBytes: 10 }, '{"title":"S3cret"}'), 'AnswerTooLong')
  })

  void test('an answer is read in the encoding it names, and never with letters put in', async () => {
    const latin1 = Buffer.from('{"title":"Jörg"}', 'latin1')
    const served = async (body: Buffer, type?: string): Promise<string> => {
      const headers = type === undefined ? {} : { 'content-type': type }
      const answer = await read({}, { status: 200, body, headers })
      if (answer.kind === 'gone') return answer.kind
      return answer.kind === 'record' ? JSON.stringify(answer.worker) : answer.code
    }
    assert.equal(await served(latin1, 'application/json; charset=ISO-8859-1'), '{"title":"Jörg"}')
    assert.equal(
      await served(Buffer.from('\ufeff{"title":"Jörg"}'), 'application/json; charset="UTF-8"'),
      '{"title":"Jörg"}',
    )
    assert.equal(await served(latin1, 'application/json'), 'AnswerNotText')
    assert.equal(await served(latin1), 'AnswerNotText')
    assert.equal(await served(latin1, 'application/json; charset=nowhere'), 'AnswerNotText')
  })

  void test('no digit of an answer is lost, and a key that is there twice refuses it', async () => {
    const body = '{"badge":90071992547409931234,"title":"A"}'
    assert.deepEqual(await read({}, { status: 200, body }), {
      kind: 'record',
      worker: { badge: '90071992547409931234', title: 'A' },
      at: null,
    })
    const twice = await read({}, { status: 200, body: '{"title":"A","active":true,"active":false}' })
    assert(twice.kind === 'unusable')
    assert.match(`${twice.code}: ${twice.why}`, /^AnswerInvalid: active is there twice/)
  })

  void test('a name that would lead out of its place in the address is not read, and the request never leaves', async () => {
    const escaping = { kind: 'unusable', code: 'NameNotInAddress' }
    const record = { status: 200, body: '{"title":"A"}' }
    for (const employeeId of ['..', '.', '%2e', '%2E.', '', '\ud83d']) {
      // A percent sign is encoded itself, so that only the two dots are steps.
      const refused = !employeeId.startsWith('%')
      assert.equal(
        (await readOf({ employeeId }, {}, record)).kind,
        refused ? 'unusable' : 'record',
        employeeId,
      )
    }
    assert.deepEqual(
      seen.map(({ url }) => url),
      ['/workers/%252e?why=n%201', '/workers/%252E.?why=n%201'],
    )
    const joined = { url: `${base}/workers/.{employee}/pay` }
    assert.deepEqual(await readOf({ employeeId: '.' }, joined, record), escaping)
    assert.deepEqual(await readOf({ id: '..' }, { url: `${base}/{id}/{employee}` }, record), escaping)
    for (const employeeId of ['...', '..a', '../admin', '..\\admin', 'a?b#c', '@evil.example'])
      assert.equal((await readOf({ employeeId }, {}, record)).kind, 'record', employeeId)
    assert.equal((await readOf({ id: '..' }, {}, record)).kind, 'record')
    for (const { url } of seen) assert.match(url ?? '', /^\/workers\//)
  })

  void test('a redirect is not followed: the secret goes nowhere else', async () => {
    assert.equal(
      (await read({ tries: 1 }, { status: 302, headers: { location: `${base}/else` } })).kind,
      'later',
    )
    assert.equal(seen.length, 1)
  })

  void test('what cannot be used is refused before the first read', () => {
    const make = (given: Record<string, unknown>) => () =>
      httpReader(HrSystemSettings.parse({ url: 'https://hr.example/{employee}', ...given }), TOOLS)
    for (const given of [
      { url: 'http://hr.example/{employee}' },
      { url: 'http://hr.example/{employee}', allowHttp: true },
      { url: 'https://hr.example/' },
      { url: 'https://{employee}/people' },
      { url: 'https://{source}.hr.example/{employee}' },
      { url: 'https://hr.example:{id}@hr.example/{employee}' },
      { worker: '{' },
      { worker: "{ 'title': $random() }" },
      { at: '$now()' },
      { at: '$match(at, /(a)\\1/)' },
    ])
      assert.throws(make(given), { code: 'ConfigInvalid' })
  })
})
