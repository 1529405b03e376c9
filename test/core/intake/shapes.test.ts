import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, test } from 'node:test'
import { sha256 } from '../../../src/adapters/system.ts'
import { takeInShaped, type TakenIn } from '../../../src/core/intake/message.ts'
import { evaluateHere } from '../../../src/core/expression/evaluate.ts'
import { compileShape, type ShapeRules } from '../../../src/core/intake/shape.ts'
import { SHIPPED_SHAPES } from '../../../src/core/intake/shapes/shipped.ts'
import { DEFAULT_SOURCE } from '../../../src/core/intake/sources.ts'
import type { HrEvent } from '../../../src/core/model.ts'
import type { SourceMessage } from '../../../src/core/ports.ts'
import { inboxMessage } from '../../fakes/messages.ts'

/** Real payloads of vendors, where they are at hand. */
const shared = resolve(
  process.env['ROLLCALL_SHARED'] ?? resolve(import.meta.dirname, '../../../../shared'),
  'data/hr-events',
)
const skip = existsSync(shared)
  ? false
  : `the vendors' own payloads are not here; ROLLCALL_SHARED names the folder that holds data/hr-events`
const real = (file: string): string => readFileSync(resolve(shared, file), 'utf8')

async function take(
  shape: string | ShapeRules,
  body: unknown,
  more: Partial<SourceMessage> = {},
): Promise<TakenIn> {
  const [name, rules] = typeof shape === 'string' ? [shape, SHIPPED_SHAPES[shape]] : ['own', shape]
  assert(rules)
  const source = { ...DEFAULT_SOURCE, zone: 'Europe/Berlin', notices: true }
  return takeInShaped(inboxMessage(body, more), {
    name: `/hr/${name}`,
    shape: compileShape(name, rules, sha256, evaluateHere()),
    source,
  })
}
async function events(shape: string | ShapeRules, body: unknown): Promise<readonly HrEvent[]> {
  const { events, rejected } = await take(shape, body)
  assert.equal(rejected, null)
  return events
}
async function one(shape: string | ShapeRules, body: unknown): Promise<HrEvent> {
  const [first, ...others] = await events(shape, body)
  assert(first)
  assert.equal(others.length, 0)
  return first
}
async function refused(shape: string | ShapeRules, body: unknown): Promise<string> {
  const { events, rejected } = await take(shape, body)
  assert.deepEqual(events, [])
  assert(rejected)
  return `${rejected.code}: ${rejected.description}`
}
const iso = (at: number): string => new Date(at).toISOString()

void describe('a shape', () => {
  const rules: ShapeRules = {
    items: 'people',
    fields: { 'who.id | id': 'id', at: 'instant', kind: 'text', until: 'date?' },
    id: ['who.id | id', 'at', 'kind', 'extra'],
    event: `{ 'type': 'worker.' & kind, 'subject': $string(who.id ?: id), 'time': at, 'data': { 'effectiveDate': until, 'worker': { 'title': title } } }`,
  }
  const ann = { id: 'a', at: '2026-01-05T09:00:00', kind: 'updated', title: 'Engineer' }

  void test('makes one event of each item of a message', async () => {
    const made = await events(rules, { people: [ann, { ...ann, who: { id: 7 }, id: undefined }] })
    assert.deepEqual(
      made.map(({ employeeId, source }) => [employeeId, source]),
      [
        ['a', '/hr/own'],
        ['7', '/hr/own'],
      ],
    )
  })
  void test('gives an event without an id the same id every time, whatever the order of its keys, and another event another id', async () => {
    const id = async (more: object): Promise<string> =>
      (await one(rules, { people: [{ ...ann, ...more }] })).id
    const first = await id({ extra: { x: 1, y: [1, 2] } })
    assert.match(first, /^[0-9a-f]{32}$/)
    assert.equal(await id({ extra: { y: [1, 2], x: 1 }, title: 'not part of it' }), first)
    assert.notEqual(await id({ extra: { x: 1, y: [2, 1] } }), first)
  })
  void test("prefers the event's own id, and numbers the events of one item", async () => {
    assert.equal(
      (await one({ ...rules, event: rules.event.replace('{', "{ 'id': 'mine',") }, { people: [ann] })).id,
      'mine',
    )
    const { id } = await one(rules, { people: [ann] })
    const two = await events({ ...rules, event: `[${rules.event}, ${rules.event}]` }, { people: [ann] })
    assert.deepEqual(
      two.map((event) => event.id),
      [`${id}.1`, `${id}.2`],
    )
  })
  void test('refuses the whole message, and names the wrong field without its value', async () => {
    const of = (more: object): object => ({ people: [ann, { ...ann, ...more }] })
    assert.match(await refused(rules, of({ at: undefined })), /^FieldMissing: people\[1\]\.at is missing/)
    assert.match(
      await refused(rules, of({ id: null })),
      /^FieldMissing: people\[1\]\.who\.id \| id is missing/,
    )
    for (const [more, field] of [
      [{ at: 'secret' }, 'at'],
      [{ kind: '' }, 'kind'],
      [{ id: { secret: 1 } }, 'who.id | id'],
      [{ until: 'secret' }, 'until'],
    ] as const) {
      const told = await refused(rules, of(more))
      assert.ok(told.startsWith(`FieldInvalid: people[1].${field} is `), told)
      assert.ok(!told.includes('secret'), told)
    }
    assert.match(await refused(rules, { persons: [] }), /^FieldMissing: people contains no event/)
    for (const [other, body] of [
      [{ event: rules.event }, []],
      [{ ...rules, items: "people[kind = 'x']" }, { people: [ann] }],
    ] as const)
      assert.match(await refused(other, body), /^FieldMissing: the body contains no event/)
    assert.match(await refused(rules, 'no JSON'), /^BodyNotJson/)
  })
  void test('names the place of an item in a body that is a list, the first one too', async () => {
    const list: ShapeRules = {
      fields: { who: 'text' },
      event: '{ "subject": $uppercase(who), "type": $number(type) }',
    }
    const good = { who: 'a', type: '1' }
    assert.match(await refused(list, [{}, good]), /^FieldMissing: \[0\]\.who is missing/)
    assert.match(await refused(list, [{}]), /^FieldMissing: who is missing/)
    assert.match(
      await refused(list, [good, { ...good, type: 'x' }]),
      /^ShapeFailed: shape own: item 2: a value cannot/,
    )
    assert.match(
      await refused({ ...list, event: '{ "subject": who }' }, [good, good]),
      /^FieldMissing: \[0\]: /,
    )
  })
  void test('refuses an item for which it yields nothing; an empty list skips the item', async () => {
    assert.match(await refused({ event: 'nothing' }, {}), /^ShapeFailed: shape own yields no event/)
    assert.match(await refused({ event: "'text'" }, {}), /^ShapeFailed: shape own yields a non-object event/)
    for (const event of ['$lookup($, "nothing")', "'text'"])
      assert.match(
        await refused({ event: `$index = 1 ? ${event} : []` }, [{}, {}, {}]),
        /^ShapeFailed: .* event for item 2(?:;|$)/,
      )
    assert.deepEqual(await events({ event: '[]' }, {}), [])
  })
  void test('takes the fields of a form only where its rules say so', async () => {
    const own: ShapeRules = { event: `{ 'id': '1', 'type': 'worker.deleted', 'subject': employee }` }
    const form = { contentType: 'application/x-www-form-urlencoded' }
    const { events } = await take({ ...own, form: true }, 'employee=10001', form)
    assert.deepEqual(
      events.map(({ employeeId }) => employeeId),
      ['10001'],
    )
    assert.equal((await take(own, 'employee=10001', form)).rejected?.code, 'BodyNotJson')
  })
  void test('describes its failure without a quoted value', async () => {
    const told = await refused({ event: "{ 'id': $number(salary) }" }, { salary: 'secret' })
    assert.match(told, /^ShapeFailed: shape own: a value cannot be converted to a number/)
    assert.ok(!told.includes('secret'))
  })
  void test('is refused at load when it is not JSONata', () => {
    assert.throws(() => compileShape('own', { event: '{' }, sha256, evaluateHere()), {
      code: 'ShapeInvalid',
      message: /shape own: event is not JSONata/,
    })
  })
})

void describe('BambooHR', () => {
  const event = {
    type: 'employee.updated',
    timestamp: '2026-01-31T18:42:00+0000',
    data: { companyId: '1', employeeId: '67890', changedFields: ['firstName'] },
  }
  void test('an event-based webhook is a notice, and its id is made from its content', async () => {
    const { mode, employeeId, changedFields, worker, recordedAt, id } = await one('bamboohr', event)
    assert.deepEqual([mode, employeeId, changedFields, worker], ['notice', '67890', ['firstName'], {}])
    assert.equal(iso(recordedAt), '2026-01-31T18:42:00.000Z')
    assert.notEqual(
      (await one('bamboohr', { ...event, data: { ...event.data, changedFields: ['customShirt'] } })).id,
      id,
    )
  })
  void test('a deleted employee is deactivated without a read', async () => {
    const { mode, type, worker } = await one('bamboohr', { ...event, type: 'employee.deleted' })
    assert.deepEqual([mode, type, worker], ['delta', 'worker.deleted', { active: false }])
  })
  void test('a field-based webhook is a delta for each employee, under English names or aliases, and an empty value clears', async () => {
    const employee = {
      id: '1',
      action: 'Updated',
      timestamp: '2026-01-31T18:42:00+0000',
      changedFields: ['First Name'],
    }
    const [first, second] = await events('bamboohr-fields', {
      employees: [
        { ...employee, fields: { 'First Name': 'Bryony', 'Job Title': '', Status: 'Inactive' } },
        { ...employee, id: '2', fields: { firstName: 'Ann', 'Shirt size': 'M' } },
      ],
    })
    assert.deepEqual(first?.worker['name'], { givenName: 'Bryony' })
    assert.deepEqual([first?.worker['title'], first?.worker['active']], [null, false])
    assert.deepEqual([second?.worker['name'], second?.worker['active']], [{ givenName: 'Ann' }, undefined])
    assert.deepEqual(second?.worker['bamboohr'], { firstName: 'Ann', 'Shirt size': 'M' })
  })
  void test('the examples of the vendor are read', { skip }, async () => {
    assert.equal(
      (await one('bamboohr', real('bamboohr/event-based-employee-updated.json'))).employeeId,
      '67890',
    )
    assert.deepEqual(
      (await one('bamboohr-fields', real('bamboohr/field-based-updated.json'))).worker['name'],
      { givenName: 'Bryony' },
    )
  })
})

void describe('HiBob', () => {
  const event = {
    companyId: 1,
    type: 'table.entry.created',
    triggeredAt: '2025-01-08T13:06:26.915906',
    version: 'v2',
    data: { employeeId: '33', tableId: 'lifecycle', effectiveDate: '2025-02-01' },
  }
  void test("is a notice for the day it names, at a time in the source's zone", async () => {
    const { mode, effectiveAt, recordedAt, changedFields } = await one('hibob', event)
    assert.deepEqual([mode, changedFields], ['notice', ['lifecycle']])
    assert.equal(iso(recordedAt), '2025-01-08T12:06:26.915Z')
    assert.equal(iso(effectiveAt), '2025-01-31T23:00:00.000Z')
  })
  void test('names the fields that changed', async () => {
    const updated = {
      ...event,
      type: 'employee.updated',
      data: { employeeId: '33', fieldUpdates: [{ id: 'root.email' }, { id: 'work.title' }] },
    }
    assert.deepEqual((await one('hibob', updated)).changedFields, ['root.email', 'work.title'])
  })
  void test('an employee who left is deactivated at once', async () => {
    const { type, worker } = await one('hibob', {
      ...event,
      type: 'employee.left',
      data: { employeeId: '33' },
    })
    assert.deepEqual([type, worker], ['worker.terminated', { active: false }])
  })
  void test('the example of the vendor is read', { skip }, async () => {
    assert.equal(
      (await one('hibob', real('hibob/table-entry-created-lifecycle.json'))).employeeId,
      '3332883854254932743',
    )
  })
})

void describe('ADP', () => {
  const event = (name: string, worker: object): object => ({
    events: [
      {
        eventID: 'adp-1',
        eventNameCode: { codeValue: name },
        creationDateTime: '2026-01-05T09:00:00.000Z',
        effectiveDateTime: '2026-02-01T05:00:00.000+0000',
        data: { output: { worker: { associateOID: 'G3', ...worker } } },
      },
    ],
  })
  void test('a termination needs no read, and takes effect on its own day', async () => {
    const { id, type, worker, effectiveAt } = await one('adp', event('worker.terminate', {}))
    assert.deepEqual([id, type, worker], ['adp-1', 'worker.terminated', { active: false }])
    assert.equal(iso(effectiveAt), '2026-02-01T05:00:00.000Z')
  })
  void test('a change with a known attribute is a delta, any other a notice', async () => {
    const title = await one(
      'adp',
      event('worker.workAssignment.change', { workAssignment: { jobTitle: 'Lead' } }),
    )
    assert.deepEqual([title.mode, title.worker['title']], ['delta', 'Lead'])
    const birthday = await one(
      'adp',
      event('worker.birthDate.change', { person: { birthDate: '1990-01-01' } }),
    )
    assert.deepEqual(
      [birthday.mode, birthday.changedFields, birthday.worker],
      ['notice', ['worker.birthDate.change'], {}],
    )
  })
  void test('the examples of the vendor are read', { skip }, async () => {
    const hired = await one('adp', real('adp/worker-hire-event-notification-http-200-response.json'))
    assert.deepEqual(
      [hired.type, hired.employeeId, hired.worker['active']],
      ['worker.hired', 'G3GY19RVQ2Y5B67P', true],
    )
    assert.deepEqual(hired.worker['name'], { givenName: 'Allen219', middleName: 'E', familyName: 'Jack' })
    assert.equal(
      (await one('adp', real('adp/worker-rehire-event-notification-http-200-response.json'))).worker[
        'managerId'
      ],
      'G3ETM7G38Z87XXZN',
    )
    assert.deepEqual((await one('adp', real('adp/hr-worker-terminate-request.json'))).worker, {
      active: false,
    })
    assert.equal((await one('adp', real('adp/hr-worker-hire-request.json'))).employeeId, 'G3HGABHZZF9YT1HH')
    const email = await one('adp', real('adp/worker-business-email-change-notification.json'))
    assert.deepEqual([email.type, email.mode], ['worker.updated', 'delta'])
  })
})

void describe('SuccessFactors', () => {
  const inner = (id: string): object => ({
    eventId: id,
    entityType: 'EmpJob',
    effectiveStartDate: '2026-09-01',
    publishedAt: '1767603600000',
    entityKeys: [
      { name: 'seqNumber', value: '2' },
      { name: 'userId', value: 'u1' },
    ],
  })
  const message = (type: string, ids: readonly string[] = ['in-1']): object => ({
    externalEventMeta: { externalEventId: 'out-1', type, repost: 'false' },
    events: ids.map(inner),
  })
  void test('a change is a notice for its day, ordered by its sequence number', async () => {
    const { id, mode, order, effectiveAt, recordedAt, changedFields } = await one(
      'successfactors',
      message('com.successfactors.Employment.Hire'),
    )
    assert.deepEqual([id, mode, order, changedFields], ['in-1', 'notice', 2, ['EmpJob']])
    assert.equal(iso(effectiveAt), '2026-08-31T22:00:00.000Z')
    assert.equal(iso(recordedAt), '2026-01-05T09:00:00.000Z')
  })
  void test('a termination needs no read', async () => {
    const { type, worker } = await one(
      'successfactors',
      message('com.successfactors.Employment.AssignmentInformation.Termination'),
    )
    assert.deepEqual([type, worker], ['worker.terminated', { active: false }])
  })
  void test('elements that a SOAP converter leaves around lists make no difference', async () => {
    const plain = await events('successfactors', message('x.Hire', ['a', 'b']))
    const { externalEventMeta, events: list } = {
      events: [inner('a'), inner('b')],
      externalEventMeta: { type: 'x.Hire' },
    }
    const wrapped = list.map((event) => ({
      ...event,
      entityKeys: { entityKey: Reflect.get(event, 'entityKeys') },
    }))
    assert.deepEqual(
      await events('successfactors', { ExternalEvent: { externalEventMeta, events: { event: wrapped } } }),
      plain,
    )
  })
  void test('an event without its employee is refused', async () => {
    const { events: list, ...rest } = { ...message('x.Hire'), events: [{ ...inner('a'), entityKeys: [] }] }
    assert.match(
      await refused('successfactors', { ...rest, events: list }),
      /^FieldMissing: item 1: entityKeys\.userId is missing/,
    )
  })
})

void describe('Personio', () => {
  const event = {
    company_id: '1',
    occurred_at: '2026-01-31T18:42:00Z',
    event_name: 'person.updated',
    payload: { id: '7' },
  }
  void test('is a notice that does not say what changed', async () => {
    const { mode, employeeId, worker, changedFields } = await one('personio', event)
    assert.deepEqual([mode, employeeId, worker, changedFields], ['notice', '7', {}, undefined])
  })
  void test('a termination that took effect deactivates the employee, not only the employment', async () => {
    const ended = {
      ...event,
      event_name: 'employment.terminated',
      payload: { id: 'employment', person: { id: '7' } },
    }
    const { type, employeeId, worker } = await one('personio', ended)
    assert.deepEqual([type, employeeId, worker], ['worker.terminated', '7', { active: false }])
    assert.match(
      await refused('personio', { ...ended, payload: { id: 'employment' } }),
      /^FieldMissing: subject is missing/,
    )
  })
  void test('what its schema requires is required', { skip }, async () => {
    const schema: unknown = JSON.parse(real('personio/webhook.schema.json'))
    const required: unknown =
      typeof schema === 'object' && schema !== null ? Reflect.get(schema, 'required') : []
    assert(Array.isArray(required))
    for (const name of ['occurred_at', 'payload', 'event_name']) {
      assert.ok(required.includes(name))
      assert.match(await refused('personio', { ...event, [name]: undefined }), /^FieldMissing/)
    }
  })
})

void describe('Event Grid', () => {
  const event = {
    id: 'g-1',
    topic: '/subscriptions/1/topics/hr',
    subject: 'employees/10001',
    eventType: 'worker.hired',
    eventTime: '2026-01-05T09:00:00Z',
    dataVersion: '1',
    data: { worker: { userName: 'ann@contoso.com' } },
  }
  void test('its schema around canonical data is canonical: the topic is the source, the last part of the subject the employee', async () => {
    const [first, second] = await events('event-grid', [event, { ...event, id: 'g-2', subject: '10002' }])
    assert.deepEqual(
      [first?.source, first?.id, first?.employeeId, first?.type],
      ['/subscriptions/1/topics/hr', 'g-1', '10001', 'worker.hired'],
    )
    assert.deepEqual(first?.worker, { userName: 'ann@contoso.com', active: true })
    assert.equal(second?.employeeId, '10002')
  })
  void test('other events are refused by their type', async () => {
    assert.match(
      await refused('event-grid', { ...event, eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent' }),
      /^UnknownType/,
    )
  })
})

void test('no shipped shape makes an employee active unless the payload says hired or active', async () => {
  const notices = [
    await one('bamboohr', {
      type: 'employee.created',
      timestamp: '2026-01-31T18:42:00+0000',
      data: { employeeId: '1' },
    }),
    await one('hibob', {
      type: 'employee.joined',
      triggeredAt: '2026-01-31T18:42:00',
      data: { employeeId: '1' },
    }),
    await one('personio', {
      occurred_at: '2026-01-31T18:42:00Z',
      event_name: 'employment.started',
      payload: { person: { id: '7' } },
    }),
  ]
  for (const { worker } of notices) assert.deepEqual(worker, {})
})
