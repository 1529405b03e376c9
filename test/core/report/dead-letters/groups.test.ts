import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DEFAULT_SOURCE } from '../../../../src/core/intake/sources.ts'
import type { DeadLetter } from '../../../../src/core/report/dead-letters/dead-letter.ts'
import { attributeOf, groupDeadLetters } from '../../../../src/core/report/dead-letters/groups.ts'
import { type PeekedMessage, REJECTED_FIELD } from '../../../../src/core/ports.ts'
import { messageReader } from '../../../../src/core/report/dead-letters/read-message.ts'
import { ledgerLetter } from '../../../fakes/dead-letters.ts'
import { day } from '../../../fakes/events.ts'
import { shelved } from '../../../fakes/shelf.ts'

const read = messageReader(
  () => DEFAULT_SOURCE,
  () => null,
)

void describe('groups of dead letters', () => {
  void it('count what failed in the same way, with when it was first and last seen and the newest as an example', async () => {
    async function* some(): AsyncGenerator<DeadLetter> {
      for (const [n, field] of ['items[].email', 'items[].email', 'items[].phone'].entries())
        yield await read(
          shelved(n + 1, {
            reason: 'FieldMissing',
            description: `item ${n}: ${field} is missing`,
            properties: { [REJECTED_FIELD]: field },
            enqueuedAt: day(1) + n,
          }),
        )
      for (const seq of [7, 9, 8])
        yield {
          store: 'ledger',
          reason: 'incomplete',
          letter: ledgerLetter(seq, { code: 'IncompleteRecord', detail: 'userName, name.familyName' }),
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

  void it('are listed with the largest first, then by name, each with the last of several that died together', async () => {
    async function* some(): AsyncGenerator<DeadLetter> {
      for (const [n, reason] of ['Third', 'First', 'Zero', 'Second', 'Zero'].entries())
        yield await read(shelved(n + 1, { reason }))
    }
    assert.deepEqual(
      (await groupDeadLetters(some())).map(({ code, example }) => [code, example]),
      [
        ['Zero', 'hr-events#5'],
        ['First', 'hr-events#2'],
        ['Second', 'hr-events#4'],
        ['Third', 'hr-events#1'],
      ],
    )
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

  void it('are divided by the field that intake names in a property, never by the words of the description', async () => {
    const onBus = async (properties: PeekedMessage['properties']): Promise<string | null> =>
      attributeOf(await read(shelved(1, { description: 'data.worker is missing', properties })))
    assert.equal(await onBus({ [REJECTED_FIELD]: '[].email' }), '[].email')
    assert.equal(await onBus({ [REJECTED_FIELD]: '' }), null)
    assert.equal(await onBus({}), null)
  })

  void it('are divided by the names in the detail in the ledger, and after a mapping failure by the target', () => {
    const inLedger = (code: string, detail: string | null): string | null =>
      attributeOf({ store: 'ledger', reason: 'failed', letter: ledgerLetter(1, { code, detail }) })
    const manager = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager'
    assert.equal(inLedger('IncompleteRecord', 'userName, name.givenName'), 'userName, name.givenName')
    assert.equal(inLedger('InvalidDomain', 'department'), 'department')
    assert.equal(inLedger('MappingFailed', `${manager}: has no such value`), manager)
    assert.equal(inLedger('NoOutcome', null), null)
    assert.equal(inLedger('NoOutcome', 'the job has no account for the employee'), null)
  })
})
