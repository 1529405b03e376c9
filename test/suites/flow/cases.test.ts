import assert from 'node:assert/strict'
import { after, beforeEach, describe, it } from 'node:test'
import { sha256 } from '../../../src/adapters/system.ts'
import { ENVIRONMENT } from '../../../src/config/environment.ts'
import { compileRules } from '../../../src/config/rules/rules.ts'
import { FILE } from '../../../src/config/schema.ts'
import { evaluateHere } from '../../../src/core/expression/evaluate.ts'
import { takeIn, takeInShaped, toIntakeMessage } from '../../../src/core/intake/message.ts'
import { sourceRules } from '../../../src/core/intake/sources.ts'
import { parseJson } from '../../../src/core/parse-json.ts'
import { openMemoryLedger } from '../../adapters/support/memory-ledger.ts'
import { inboxMessage } from '../../fakes/messages.ts'
import { World } from '../conformance/ledger/world.ts'

/** What real systems sent, each with what must come of it. */
const { ledger, empty } = await openMemoryLedger()
after(() => ledger.close())
beforeEach(() => empty())

/** A moment after everything in the cases has happened. */
const NOW = Date.parse('2026-11-28T12:00:00Z')

interface Come {
  /** Employee → whether the last accepted record is active. */
  readonly active: Readonly<Record<string, boolean>>
  readonly refused: readonly string[]
  /** `employee cause` of the open leaver cases. */
  readonly leavers: readonly string[]
  readonly findings: readonly string[]
  readonly world: World
}

/**
 * Takes the lines in as messages one after another, plans and confirms all, as the directory would.
 */
async function comesOf(lines: readonly string[], file: object = {}): Promise<Come> {
  const world = new World(ledger)
  world.now = NOW
  const rules = compileRules(FILE.parse(file), ENVIRONMENT.parse({}), [], {
    evaluator: evaluateHere(),
    digest: sha256,
    makeReader: () => ({ read: async () => ({ kind: 'gone' }) }),
    jobOf: (endpoint) => endpoint,
    checkChannel: () => {},
  })
  const { sources, shapes } = sourceRules(rules.sources)
  const refused: string[] = []
  for (const [index, line] of lines.entries()) {
    const message = inboxMessage(line, { sequence: String(index + 1), enqueuedAt: NOW - 1_000 + index })
    const shaped = shapes(message)
    const taken = shaped ? await takeInShaped(message, shaped) : takeIn(message, sources)
    const result = await world.intake([toIntakeMessage({ message, ...taken })])
    const rejection = taken.rejected ?? result.refused?.[0]
    if (rejection) refused.push(`${rejection.code} ${rejection.field}`)
    // Each line is an act of its own: what is known by then is in the directory before the next
    // comes.
    await world.confirmAll().catch(() => {})
  }
  await world.tend()
  const views = await ledger.listEmployees(null, 100)
  const active = views.flatMap(({ employee, lastAccepted }) => {
    const record = lastAccepted === null ? null : parseJson(lastAccepted)
    return record === null ? [] : [[employee.employeeId, Object(record).active === true] as const]
  })
  const { findings } = await ledger.listFindings({
    open: true,
    code: null,
    employeeId: null,
    next: null,
    limit: 100,
  })
  return {
    active: Object.fromEntries(active),
    refused,
    leavers: await world.leavers(),
    findings: findings.map(({ code, employeeId }) => `${employeeId} ${code}`),
    world,
  }
}

const event = (id: string, type: string, subject: string | number, more: object = {}): string =>
  JSON.stringify({
    specversion: '1.0',
    id,
    source: '/hr/test',
    type,
    subject,
    time: '2026-11-02T08:15:00Z',
    data: { worker: { userName: `${id}@contoso.com` } },
    ...more,
  })
const gone = { time: '2026-11-20T08:15:00Z', data: {} }

void describe('what the world sends', () => {
  void it('a blank behind an employee id: the employee is out', async () => {
    const { active } = await comesOf([
      event('1', 'worker.hired', '71001'),
      event('2', 'worker.terminated', '71001 ', gone),
      event('3', 'worker.hired', ' 79902'),
      event('4', 'worker.hired', '79903\u200B'),
    ])
    assert.deepEqual(active, { '71001': false, '79902': true, '79903': true })
  })
  void it('an id in other case: one employee where the source says so', async () => {
    const lines = [event('1', 'worker.hired', 'E72001'), event('2', 'worker.terminated', 'e72001', gone)]
    const sources = [{ name: '/hr/test', employeeId: { case: 'upper' } }]
    assert.deepEqual((await comesOf(lines, { sources })).active, { E72001: false })
  })
  void it('record ids of 18 digits: two employees, each under its true id', async () => {
    const lines = [
      '{"recordId":413124000068132003,"emailId":"ivo.kern@contoso.com","status":"Active","modifiedTime":1794240000000}',
      '{"recordId":413124000068132005,"emailId":"lea.kern@contoso.com","status":"Active","modifiedTime":1794240060000}',
      '{"recordId":413124000068132005,"emailId":"lea.kern@contoso.com","status":"Left","modifiedTime":1794250000000}',
    ]
    const shape = {
      id: ['recordId', 'modifiedTime'],
      event:
        '{ "type": status = "Left" ? "worker.terminated" : "worker.hired", "subject": $string(recordId), "time": $fromMillis(modifiedTime), "data": { "worker": status = "Left" ? { "active": false } : { "userName": emailId } } }',
    }
    const { active } = await comesOf(lines, { sources: [{ name: '/hr/people', shape }] })
    assert.deepEqual(active, { '413124000068132003': true, '413124000068132005': false })
  })
  void it('a number with more digits than a double has: the directory holds every digit', async () => {
    const line = event('1', 'worker.hired', '74001', {
      data: { worker: { userName: 'u74001@contoso.com', employeeNumber: 'RAW' } },
    }).replace('"RAW"', '90071992547409931')
    const { world } = await comesOf([line])
    const [view] = await world.ledger.readEmployees(['74001'])
    assert.match(view?.lastAccepted ?? '', /"employeeNumber":"90071992547409931"/)
  })
  void it('an event id that comes again with another employee: refused, and its leaver is open', async () => {
    const lines = [
      event('dup', 'worker.hired', '4340001'),
      event('dup', 'worker.hired', '4340002'),
      event('end', 'worker.terminated', '4340001', gone),
      event('h2', 'worker.hired', '4340003'),
      event('end', 'worker.terminated', '4340003', gone),
    ]
    const { active, refused, leavers } = await comesOf(lines)
    assert.deepEqual(refused, ['EventCollision id', 'EventCollision id'])
    assert.deepEqual(active, { '4340001': false, '4340003': true })
    assert.deepEqual(leavers, ['4340003 refused'])
  })
  void it('two notices without id or time, days apart: two notices', async () => {
    const shape = {
      id: ['companyId', 'employeeId', '$message.enqueuedTime'],
      event:
        '{ "type": "worker.updated", "subject": employeeId, "data": { "worker": { "title": companyId } } }',
    }
    const line = '{"companyId":"B6001","employeeId":"000042"}'
    const { world } = await comesOf([line, line], { sources: [{ name: '/hr/paylocity', shape }] })
    const { events, duplicates } = await world.ledger.readTotals()
    assert.deepEqual([events, duplicates], [2, 0])
  })
  void it('a termination with a placeholder date, or dated before the hire: the employee is out, with a finding', async () => {
    const hired = (id: string, subject: string, more: object = {}): string =>
      event(id, 'worker.hired', subject, {
        data: { effectiveDate: '2026-11-02', worker: { userName: `${id}@contoso.com` } },
        ...more,
      })
    const ended = (id: string, subject: string, effectiveDate: string): string =>
      event(id, 'worker.terminated', subject, { time: '2026-11-20T08:15:00Z', data: { effectiveDate } })
    const { active, findings } = await comesOf([
      hired('e1', '89001'),
      ended('e2', '89001', '0001-01-01T00:00:00'),
      hired('e3', '89002'),
      ended('e4', '89002', '1970-01-01'),
      hired('e6', '89004', { time: '0001-01-01T00:00:00Z' }),
      ended('e7', '89004', '2026-10-15'),
      hired('e8', '89005'),
      ended('e9', '89005', '9999-12-31'),
    ])
    assert.deepEqual(active, { '89001': false, '89002': false, '89004': false, '89005': false })
    assert.deepEqual(
      findings.toSorted(),
      [
        '89001 PlaceholderDate',
        '89002 PlaceholderDate',
        '89004 PlaceholderDate',
        '89004 TerminationBeforeStart',
        '89005 PlaceholderDate',
      ].toSorted(),
    )
  })
  void it('a termination that says active: the employee is out, with a finding', async () => {
    const { active, findings } = await comesOf([
      event('1', 'worker.hired', '76001'),
      event('2', 'worker.terminated', '76001', {
        data: { effectiveDate: '2026-11-20', worker: { title: 'Analyst', active: true } },
      }),
    ])
    assert.deepEqual(active, { '76001': false })
    assert.deepEqual(findings, ['76001 AccessContradiction'])
  })
  void it('a sequence, as text or as a number: 10 stands over 9', async () => {
    const at = (
      id: string,
      subject: string,
      sequence: string | number,
      worker: object,
      type: string,
    ): string => event(id, type, subject, { sequence, data: { effectiveDate: '2026-11-20', worker } })
    const old = { userName: 's@contoso.com', title: 'old' }
    const fresh = { title: 'new', active: false }
    const { active } = await comesOf(
      [
        at('s9', '82001', '9', old, 'worker.hired'),
        at('s10', '82001', '10', fresh, 'worker.updated'),
        at('n10', '82002', 10, fresh, 'worker.updated'),
        at('n9', '82002', 9, { ...old, userName: 't@contoso.com' }, 'worker.hired'),
      ],
      { sources: [{ name: '/hr/test', order: 'sequence' }] },
    )
    assert.deepEqual(active, { '82001': false, '82002': false })
  })
  void it('data in base64 is read as JSON', async () => {
    const { data: _data, ...rest } = JSON.parse(event('b', 'worker.hired', '79101')) as Record<
      string,
      unknown
    >
    const base64 = Buffer.from('{"worker":{"userName":"b64@contoso.com"}}').toString('base64')
    const { active } = await comesOf([JSON.stringify({ ...rest, data_base64: base64 })])
    assert.deepEqual(active, { '79101': true })
  })
  void it('a version of 17 digits is taken in, and the higher one stands', async () => {
    const version = (id: string, value: string, title: string): string =>
      event(id, 'worker.hired', '79001', {
        data: { version: value, worker: { userName: 'u9@contoso.com', title } },
      })
    const { world, refused } = await comesOf([
      version('v2', '20261105083015124', 'new'),
      version('v1', '20261105083015123', 'old'),
    ])
    const [view] = await world.ledger.readEmployees(['79001'])
    assert.deepEqual(refused, [])
    assert.match(view?.lastAccepted ?? '', /"title":"new"/)
  })
  void it('a worker written as a SCIM user: mail, phone and manager arrive', async () => {
    const { world } = await comesOf([
      event('1', 'worker.hired', '78001', {
        data: {
          worker: {
            userName: 'u78001@contoso.com',
            emails: [{ type: 'work', value: 'x@contoso.com' }],
            phoneNumbers: [{ type: 'work', value: '+4930123' }],
            manager: { value: '71001' },
          },
        },
      }),
    ])
    const [view] = await world.ledger.readEmployees(['78001'])
    for (const part of ['x@contoso.com', '+4930123', '"manager":{"value":"71001"}'])
      assert(view?.lastAccepted?.includes(part), part)
  })
  void it('a rehire without attributes: the employee is active again', async () => {
    const { active } = await comesOf([
      event('1', 'worker.hired', '77001'),
      event('2', 'worker.terminated', '77001', gone),
      event('3', 'worker.rehired', '77001', { time: '2026-11-25T08:15:00Z', data: {} }),
    ])
    assert.deepEqual(active, { '77001': true })
  })
})
