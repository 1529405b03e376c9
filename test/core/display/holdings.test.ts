import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readableHoldings } from '../../../src/core/display/holdings.ts'

void describe('what is held about an employee is shown', () => {
  const shown = (row: Readonly<Record<string, string | number | null>>): unknown =>
    readableHoldings({ employeeId: 'p1', tables: { events: [row] }, leftOut: [] })

  void test('with instants in ISO 8601 and JSON as JSON, and everything else as it is', () => {
    const row = {
      at: 1_000,
      received_at: 2_000,
      since: 3_000,
      lease_until: 4_000,
      ended_at: 0,
      seen_at: null,
      seat: 5_000,
      record: '{"a":[1]}',
      list: '[1]',
      broken: '{"a":',
      text: 'a {"b":1}',
      number_at: '7',
    }
    assert.deepEqual(shown(row), {
      employeeId: 'p1',
      events: [
        {
          ...row,
          at: '1970-01-01T00:00:01.000Z',
          received_at: '1970-01-01T00:00:02.000Z',
          since: '1970-01-01T00:00:03.000Z',
          lease_until: '1970-01-01T00:00:04.000Z',
          record: { a: [1] },
          list: [1],
        },
      ],
      leftOut: [],
    })
  })
})
