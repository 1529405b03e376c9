import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DEFAULT_SOURCE } from '../../../../src/core/intake/sources.ts'
import type { LedgerDeadLetter } from '../../../../src/core/ledger/port/dead-letters.ts'
import type { DeadLetter } from '../../../../src/core/report/dead-letters/dead-letter.ts'
import { attributeIn, groupDeadLetters } from '../../../../src/core/report/dead-letters/groups.ts'
import { messageReader } from '../../../../src/core/report/dead-letters/read-message.ts'
import { day } from '../../../fakes/events.ts'
import { shelved } from '../../../fakes/shelf.ts'

const read = messageReader(
  () => DEFAULT_SOURCE,
  () => null,
)
const dead = (seq: number, more: Partial<LedgerDeadLetter> = {}): LedgerDeadLetter => ({
  seq,
  source: '/hr',
  id: `l-${seq}`,
  type: 'worker.updated',
  employeeId: `p${seq % 10}`,
  code: 'InvalidDomain',
  detail: null,
  refused: false,
  operation: null,
  revision: 1,
  diedAt: day(2) + seq,
  replays: 0,
  archivedAt: null,
  blocksReactivation: false,
  ...more,
})

void describe('groups of dead letters', () => {
  void it('count what failed in the same way, with when it was first and last seen and the newest as an example', async () => {
    async function* some(): AsyncGenerator<DeadLetter> {
      for (const [n, detail] of [
        'items[3].email is missing',
        'items[0].email is missing',
        'items[12].phone is missing',
      ].entries())
        yield await read(
          shelved(n + 1, { reason: 'FieldMissing', description: detail, enqueuedAt: day(1) + n }),
        )
      for (const seq of [7, 9, 8])
        yield {
          store: 'ledger',
          reason: 'incomplete',
          letter: dead(seq, { code: 'IncompleteRecord', detail: 'userName, name.familyName' }),
        }
    }
    assert.deepEqual(await groupDeadLetters(some()), [
      {
        fingerprint: 'incomplete/IncompleteRecord/userName, name.familyName',
        reason: 'incomplete',
        code: 'IncompleteRecord',
        attribute: 'userName, name.familyName',
        count: 3,
        firstAt: day(2) + 7,
        lastAt: day(2) + 9,
        example: 'dl-9',
        stores: ['ledger'],
      },
      {
        fingerprint: 'unreadable/FieldMissing/items[].email',
        reason: 'unreadable',
        code: 'FieldMissing',
        attribute: 'items[].email',
        count: 2,
        firstAt: day(1),
        lastAt: day(1) + 1,
        example: 'hr-events#2',
        stores: ['bus'],
      },
      {
        fingerprint: 'unreadable/FieldMissing/items[].phone',
        reason: 'unreadable',
        code: 'FieldMissing',
        attribute: 'items[].phone',
        count: 1,
        firstAt: day(1) + 2,
        lastAt: day(1) + 2,
        example: 'hr-events#3',
        stores: ['bus'],
      },
    ])
  })

  void it('stay few however many codes there are', async () => {
    async function* many(): AsyncGenerator<DeadLetter> {
      for (let n = 0; n < 5_000; n += 1) yield await read(shelved(n + 1, { reason: `Code${n}` }))
    }
    const groups = await groupDeadLetters(many())
    assert.equal(groups.length, 1_001)
    assert.equal(
      groups.reduce((sum, { count }) => sum + count, 0),
      5_000,
    )
  })

  void it('go by the attribute a detail names, and by none where it names none', () => {
    const of: Readonly<Record<string, string | null>> = {
      'data.worker is missing': 'data.worker',
      'data.worker.active is neither true nor false': 'data.worker.active',
      'time is no RFC 3339 instant, as in 2026-11-02T08:15:00Z': 'time',
      'userName, name.givenName': 'userName, name.givenName',
      department: 'department',
      'item 3: email is no text, or empty (shape x)': 'email',
      '[2].email is missing (shape x)': '[].email',
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager has no such value':
        'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager',
      'the body is no JSON; send a CloudEvent as JSON': null,
      'it is nested too deep': null,
      'Message could not be consumed after 10 delivery attempts.': null,
      '': null,
    }
    for (const [detail, attribute] of Object.entries(of)) assert.equal(attributeIn(detail), attribute, detail)
    assert.equal(attributeIn(null), null)
  })
})
