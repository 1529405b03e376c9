import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sha256 } from '../../../../src/adapters/system.ts'
import { evaluateHere } from '../../../../src/core/expression/evaluate.ts'
import { takeInShaped } from '../../../../src/core/intake/message.ts'
import { compileShape } from '../../../../src/core/intake/shape.ts'
import { SHIPPED_SHAPES } from '../../../../src/core/intake/shapes/shipped.ts'
import { DEFAULT_SOURCE } from '../../../../src/core/intake/sources.ts'
import { fold } from '../../../../src/core/plan/fold/fold.ts'
import { inboxMessage } from '../../../fakes/messages.ts'

/**
 * What the fold says about each employee after all messages, on a day; a refused message as its
 * code.
 */
async function history(
  name: string,
  zone: string,
  bodies: readonly unknown[],
  day: string,
): Promise<Record<string, unknown>> {
  const rules = SHIPPED_SHAPES[name]
  assert(rules)
  const shape = compileShape(name, rules, sha256, evaluateHere())
  const source = { ...DEFAULT_SOURCE, zone }
  const found: Record<string, unknown> = {}
  const taken = await Promise.all(
    bodies.map((body) => takeInShaped(inboxMessage(body), { name: `/hr/${name}`, shape, source })),
  )
  const refused = taken.flatMap(({ rejected }) => (rejected ? [rejected.code] : []))
  if (refused.length > 0) found['refused'] = refused
  const events = taken
    .flatMap(({ events }) => events)
    .map((event, seq) => ({ ...event, seq: seq + 1, dead: false }))
  for (const [employee, theirs] of Map.groupBy(events, ({ employeeId }) => employeeId)) {
    const { attributes } = fold(theirs, Date.parse(`${day}T12:00:00Z`))
    found[employee] = attributes.get('active')?.value ?? null
  }
  return found
}

const bamboo = (id: string, at: string, fields: object, action = 'Updated'): object => ({
  employees: [{ id, action, timestamp: `2026-11-${at}T18:42:00+0000`, changedFields: [], fields }],
})
const retired = { associateOID: 'G2', workAssignment: { jobTitle: 'Lead' } }
const adp = (name: string, worker: object, more: object): object => ({
  events: [{ eventNameCode: { codeValue: name }, data: { output: { worker } }, ...more }],
})
const termination = {
  'soap:Envelope': {
    '@xmlns:soap': 'http://schemas.xmlsoap.org/soap/envelope/',
    'soap:Body': {
      'ns3:ExternalEvent': {
        '@xmlns:ns3': 'http://notification.event.successfactors.com',
        'ns3:externalEventMeta': {
          'ns3:externalEventId': 'outer-1',
          'ns3:type': 'com.successfactors.Employment.AssignmentInformation.Termination',
          'ns3:publishedAt': '1794240000000',
        },
        'ns3:events': {
          'ns3:event': {
            'ns3:eventId': 'in-1',
            'ns3:entityType': 'EmpJob',
            'ns3:effectiveStartDate': '2026-11-20',
            'ns3:publishedAt': '1794240000000',
            'ns3:entityKeys': {
              'ns3:entityKey': [
                { name: 'seqNumber', value: '1' },
                { name: 'userId', value: '82002' },
              ],
            },
          },
        },
      },
    },
  },
}
const gridEvent = {
  specversion: '1.0',
  id: 'g4',
  source: '/subscriptions/s/topics/hr',
  type: 'worker.hired',
  subject: 'employees/31004',
  time: '2026-11-20T10:00:00Z',
  data: { worker: { userName: 'g4@contoso.com' } },
}

void describe('no leaver stays active unseen', () => {
  void test('BambooHR: a status of two vocabularies ends access', async () => {
    const found = await history(
      'bamboohr-fields',
      'America/Denver',
      [
        bamboo('503', '10', { 'First Name': 'Max', Status: 'Active' }),
        bamboo('503', '20', { Status: 'Terminated' }),
        bamboo('502', '10', { 'First Name': 'Lia', Status: 'Active' }),
        bamboo('502', '20', { 'Employment Status': 'Terminated', 'Employment Status: Date': '2026-11-20' }),
      ],
      '2026-11-22',
    )
    assert.deepEqual(found, { 503: false, 502: false })
  })
  void test('BambooHR: an unknown word is refused, and access does not change', async () => {
    const found = await history(
      'bamboohr-fields',
      'America/Denver',
      [bamboo('503', '10', { Status: 'Active' }), bamboo('503', '20', { Status: 'Sabbatical' })],
      '2026-11-22',
    )
    assert.deepEqual(found, { refused: ['AccessUnknown'], 503: true })
  })
  void test('BambooHR: a deletion needs no fields, and PHP writes none as an empty list', async () => {
    const found = await history(
      'bamboohr-fields',
      'America/Denver',
      [bamboo('501', '10', { Status: 'Active' }), bamboo('501', '20', [], 'Deleted')],
      '2026-11-22',
    )
    assert.deepEqual(found, { 501: false })
  })
  void test('SuccessFactors: a termination in its SOAP envelope ends access on its day', async () => {
    assert.deepEqual(await history('successfactors', 'Europe/Zurich', [termination], '2026-11-20'), {
      82002: false,
    })
  })
  void test('ADP: a published hire is taken, and a retired assignment ends access', async () => {
    const effective = { effectiveDateTime: '2026-11-15T05:00:00.000+0000' }
    const found = await history(
      'adp',
      'America/New_York',
      [
        adp(
          'worker.hire',
          { associateOID: 'G1', person: { legalName: { formattedName: 'Hire, New' } } },
          effective,
        ),
        adp(
          'worker.hire',
          { associateOID: 'G2' },
          { creationDateTime: '2026-11-10T10:00:00Z', ...effective },
        ),
        adp('worker.workAssignment.retire', retired, {
          creationDateTime: '2026-11-20T10:00:00Z',
          effectiveDateTime: '2026-11-21T05:00:00Z',
        }),
      ],
      '2026-11-22',
    )
    assert.deepEqual(found, { G1: true, G2: false })
  })
  void test('Event Grid: both schemas mean the same employee', async () => {
    const leaves = {
      id: 'g5',
      topic: gridEvent.source,
      subject: gridEvent.subject,
      eventType: 'worker.terminated',
      eventTime: '2026-11-21T10:00:00Z',
      data: {},
    }
    assert.deepEqual(await history('event-grid', 'UTC', [gridEvent, leaves], '2026-11-22'), { 31004: false })
  })
})
