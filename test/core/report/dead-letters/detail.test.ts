import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_SOURCE } from '../../../../src/core/intake/sources.ts'
import { detailOf } from '../../../../src/core/report/dead-letters/detail.ts'
import { messageReader } from '../../../../src/core/report/dead-letters/read-message.ts'
import { ledgerDead } from '../../../fakes/dead-letters.ts'
import { shelved } from '../../../fakes/shelf.ts'

const read = messageReader(
  () => DEFAULT_SOURCE,
  () => null,
)
const onBus = async (reason: string | null, description: string | null) =>
  read(shelved(1, { reason, description }))

void test('the description of a message is shown where the connector or the bus wrote it, and hidden where another program may have', async () => {
  const missing = 'the field subject is missing'
  assert.equal(detailOf(await onBus('FieldMissing', missing)), missing)
  const other = await onBus('MillerNotFound', 'Miller could not be found')
  assert.equal(detailOf(other), '(hidden)')
  assert.equal(detailOf(other, true), 'Miller could not be found', 'where values are asked for')
  assert.equal(detailOf(await onBus('MillerNotFound', null)), null)
})

void test('the detail of a dead letter of the ledger names attributes, so it is shown whatever its code', () => {
  assert.equal(detailOf(ledgerDead(1, { code: 'NeverHeardOf', detail: 'userName' })), 'userName')
})
