import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import { copyCipher } from '../../../src/adapters/copy-cipher.ts'
import { ALERTS, type AlertCode } from '../../../src/core/alerts/codes.ts'
import { notifiedAlert } from '../../../src/core/alerts/look.ts'
import { cloudEventOf } from '../../../src/core/alerts/message.ts'
import { NOTIFICATION_KINDS } from '../../../src/core/alerts/rules.ts'
import { type ContractName, schemaDocument } from '../../../src/core/contracts/json-schemas.ts'
import { NotificationContract } from '../../../src/core/contracts/notification.ts'
import { ACCOUNT_FIELDS, OUTCOME_DATA, OutcomeContract } from '../../../src/core/contracts/outcome.ts'
import { EVENT_TYPES } from '../../../src/core/intake/event/event-types.ts'
import { normalise } from '../../../src/core/intake/event/normalise.ts'
import { DEFAULT_SOURCE } from '../../../src/core/intake/sources.ts'
import { FINAL_EVENT_STATES } from '../../../src/core/ledger/lifecycle.ts'
import type { OutcomeRow } from '../../../src/core/ledger/port/report.ts'
import { type CopyContent, copyMessage } from '../../../src/core/report/dead-letters/copies.ts'
import { outcomeMessage } from '../../../src/core/report/outcomes/outcome.ts'
import { aMessage, opened, present } from '../../fakes/alerts.ts'
import { publishedContracts } from '../../fakes/contracts.ts'
import { day } from '../../fakes/events.ts'
import { cloudEvent } from '../../fakes/messages.ts'

const { ajv, asyncApi, troubles, troublesBy, troublesOfProperties } = publishedContracts()
const digest = (text: string): string => `digest of ${text}`

void describe('the AsyncAPI document', () => {
  const official = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0-without-$id.json') as object

  void it('is valid by the JSON Schema that AsyncAPI publishes, which a document with a slip is not', () => {
    const validate = ajv.compile(official)
    assert.ok(validate(asyncApi), JSON.stringify(validate.errors?.slice(0, 3)))
    assert.equal(validate({ ...asyncApi, operations: { send: { action: 'publish' } } }), false)
  })
})

void it('the schema of a message defines its data by the name in dataschema, and nothing where it names none', () => {
  const idsIn = (name: ContractName) => Object.values(schemaDocument(name).definitions ?? {})
  assert.deepEqual(
    idsIn('outcome').map((data) => '$id' in data && data.$id),
    [OUTCOME_DATA],
  )
  assert.equal(Object.hasOwn(schemaDocument('event'), 'definitions'), false)
})

void describe('the contract of events', () => {
  const samples = readFileSync(
    new URL('../../../src/cli/doubles/sample-events.jsonl', import.meta.url),
    'utf8',
  )
    .trim()
    .split('\n')

  void it('takes the sample events, but for the one without an employee', () => {
    const refused = samples.filter((line) => troubles('event', JSON.parse(line)).length > 0)
    assert.deepEqual(
      refused.map((line) => troubles('event', JSON.parse(line))[0]),
      [" must have required property 'subject'"],
    )
  })

  /** Intake without the rules of a source: one that may block, and can be read. */
  const isAccepted = ({ data, ...attributes }: { readonly data?: unknown }): boolean =>
    normalise({ attributes, data }, day(1), () => ({ ...DEFAULT_SOURCE, mayBlock: true, notices: true }))
      .kind === 'event'

  const worker = { title: 'Head' }
  const events = [
    ...[...EVENT_TYPES, 'worker.promoted'].flatMap((type) =>
      [
        undefined,
        {},
        { worker },
        { mode: 'notice' },
        { mode: 'snapshot' },
        { mode: 'snapshot', worker },
        { rescinds: 'e-0' },
        { rescinds: { id: 'e-0' }, worker: {} },
      ].map((data) => ({ ...cloudEvent, type, data })),
    ),
    ...[
      { id: 7 },
      { id: '' },
      { id: 'a\u0000' },
      { subject: '' },
      { subject: 10_001 },
      { source: undefined },
      { specversion: '0.3' },
      { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` },
      { sequence: 3 },
      { sequence: {} },
      { data: { worker: { active: 'yes' } } },
      { data: { worker: { active: null } } },
      { data: { worker: { managerId: null } } },
      { data: { worker, version: '007' } },
      { data: { worker, version: 1.5 } },
      { data: { worker, effectiveDate: null, zone: null } },
      { data: { worker, mode: 'whole' } },
      { data: { worker, until: '2026-12-01' } },
    ].map((change) => ({ ...cloudEvent, ...change })),
  ]
  /** What intake checks and a schema of the form does not say: fields that a block has no place for. */
  const isMisplacedInBlock = ({ type, data }: { readonly type: string; readonly data?: unknown }): boolean =>
    type.endsWith('blocked') && typeof data === 'object' && Object.keys(data ?? {}).length > 0

  void it('accepts what intake accepts, and nothing else', () => {
    const differ = events.filter(
      (event) => !isMisplacedInBlock(event) && isAccepted(event) !== (troubles('event', event).length === 0),
    )
    assert.deepEqual(differ, [])
    assert.ok(events.filter(isAccepted).length > 60)
  })
})

void describe('the contract of outcomes', () => {
  const row = (state: OutcomeRow['state'], more: Partial<OutcomeRow> = {}): OutcomeRow => ({
    id: 1,
    employeeId: '10001',
    source: '/hr/acme',
    eventId: 'e-1',
    type: 'worker.updated',
    revision: 1,
    state,
    reason: null,
    detail: null,
    by: null,
    operation: null,
    objectId: null,
    destination: 'default',
    attributes: [['title', 'Head']],
    findings: [],
    at: day(1),
    receivedAt: day(1),
    effectiveAt: day(1),
    traceparent: null,
    ...more,
  })
  const NAMES = { objectId: 'object-1', userName: 'ada@example.com', mail: null }
  const whole: Partial<OutcomeRow> = {
    revision: 2,
    reason: 'NoOutcome',
    detail: 'title',
    by: { source: '/hr/acme', id: 'e-2' },
    operation: 'op-1',
    objectId: 'object-1',
    findings: ['DisabledElsewhere'],
    traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  }

  void it('describes every outcome, all of its fields, its properties, and its data by dataschema', () => {
    for (const state of FINAL_EVENT_STATES)
      for (const more of [{}, whole])
        for (const values of [[], ['*']])
          for (const account of [[], ACCOUNT_FIELDS]) {
            const settings = { values, account, sessions: false }
            const { body, properties } = outcomeMessage(
              row(state, more),
              settings,
              digest,
              more === whole ? NAMES : null,
            )
            assert.deepEqual(troubles('outcome', body), [])
            assert.deepEqual(troublesBy(body['dataschema'], body['data']), [])
            assert.deepEqual(troublesOfProperties('outcome', properties), [])
            assert.deepEqual(OutcomeContract.parse(body), body, 'no field is missing from the contract')
          }
  })

  void it('refuses data with another state, and an outcome without an employee', () => {
    const { body } = outcomeMessage(row('confirmed'), { values: [], account: [], sessions: false }, digest)
    const data = { ...Object(body['data']), state: 'planned' }
    assert.match(troublesBy(body['dataschema'], data).join(), /\/state must be equal to one of/)
    assert.match(troubles('outcome', { ...body, partitionkey: undefined }).join(), /partitionkey/)
  })

  void it('outcomes are keyed by employee, and marked as confidential only when they carry values or names of the account', () => {
    const marks = (values: readonly string[], names: typeof NAMES | null = null) => {
      const settings = { values, account: ['mail'] as const, sessions: false }
      const { body } = outcomeMessage(row('confirmed'), settings, digest, names)
      return [body['partitionkey'], body['dataclassification']]
    }
    assert.deepEqual(marks(['title']), ['10001', 'confidential'])
    assert.deepEqual(marks(['department']), ['10001', undefined])
    assert.deepEqual(marks(['department'], NAMES), ['10001', 'confidential'])
  })
})

void describe('the contract of notifications', () => {
  void it('describes every kind of notification about every alert, and all of its fields', () => {
    const states = (Object.keys(ALERTS) as AlertCode[]).flatMap((code) =>
      [null, day(2)].map((at) =>
        opened(day(1), { ...present({ code, cause: '', oldestAt: at }), resolvedAt: at }),
      ),
    )
    for (const kind of NOTIFICATION_KINDS)
      for (const names of [false, true]) {
        const event = cloudEventOf(aMessage({ kind, names, alerts: states.map(notifiedAlert) }))
        assert.deepEqual(troubles('notification', event), [])
        assert.deepEqual(NotificationContract.parse(event), event, 'no field is missing from the contract')
      }
    assert.deepEqual(troubles('notification', cloudEventOf(aMessage())), [])
    assert.notDeepEqual(troubles('notification', { ...cloudEventOf(aMessage()), time: 'yesterday' }), [])
  })
})

void describe('the contract of dead-letter copies', () => {
  const copied = (content: CopyContent, original: { readonly body: string } | null = null) =>
    copyMessage(
      {
        id: 7,
        seq: 7,
        revision: 1,
        source: '/hr/acme',
        eventId: 'e-7',
        employeeId: '10001',
        code: 'InvalidDomain',
        detail: 'emails.work',
        current: true,
        original: original && {
          entity: 'hr-events',
          sequence: '1',
          enqueuedAt: day(1),
          messageId: 'm',
          sessionId: null,
          contentType: 'application/cloudevents+json',
          properties: {},
          ...original,
        },
      },
      content,
      digest,
    )
  const { seal } = copyCipher(Buffer.alloc(32, 7).toString('base64'))

  void it('describes a reference, an encrypted copy and their properties; a whole one has the body of its original', () => {
    for (const message of [
      copied({ kind: 'reference' }),
      copied({ kind: 'encrypted', seal }, { body: '{}' }),
    ]) {
      assert.deepEqual(troubles('dead-letter-copy', JSON.parse(message.body)), [])
      assert.deepEqual(troublesOfProperties('dead-letter-copy', message.properties), [])
    }
    const original = JSON.stringify(cloudEvent)
    const whole = copied({ kind: 'whole' }, { body: original })
    assert.equal(whole.body, original)
    assert.deepEqual(troublesOfProperties('dead-letter-copy', whole.properties), [])
    assert.notDeepEqual(troubles('dead-letter-copy', {}), [])
    assert.notDeepEqual(troublesOfProperties('dead-letter-copy', {}), [])
  })
})
