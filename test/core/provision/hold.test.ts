import assert from 'node:assert/strict'
import { it } from 'node:test'
import { bulkRequest } from '../../../src/core/provision/batch.ts'
import { stretchedUntil } from '../../../src/core/provision/hold.ts'

const NOW = 1_000_000_000
const MINUTE = 60_000

void it('a hold lasts as long as the answer asks, and a tenth of its age where that is longer, up to ten minutes', () => {
  const lasts = (askedMs: number, ageMs: number | null): number =>
    stretchedUntil(NOW + askedMs, ageMs === null ? null : NOW - ageMs, NOW) - NOW
  assert.equal(lasts(5_000, null), 5_000)
  assert.equal(lasts(5_000, 49_999), 5_000)
  assert.equal(lasts(5_000, 60_009), 6_000)
  assert.equal(lasts(5_000, 100 * MINUTE), 10 * MINUTE)
  assert.equal(lasts(5_000, 1_000 * MINUTE), 10 * MINUTE)
  assert.equal(lasts(11 * MINUTE, 1_000 * MINUTE), 11 * MINUTE)
  assert.equal(lasts(-1, null), 0, 'what was asked for is over')
})

void it('a bulk request has one operation for each record, which is named by its bulkId', () => {
  const records = ['{"userName":"a\\"b"}', '{"active":false}']
  const body = bulkRequest(
    records.map((record, index) => ({ id: `op "${index}"`, employeeId: '1', record, origins: [] })),
  )
  assert.deepEqual(JSON.parse(body), {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
    Operations: [
      { method: 'POST', bulkId: 'op "0"', path: '/Users', data: { userName: 'a"b' } },
      { method: 'POST', bulkId: 'op "1"', path: '/Users', data: { active: false } },
    ],
    failOnErrors: null,
  })
})
