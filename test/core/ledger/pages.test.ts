import assert from 'node:assert/strict'
import { it } from 'node:test'
import { rowsOf } from '../../../src/core/ledger/pages.ts'

void it('rows are read page by page, also through a page without rows, to the last one', async () => {
  const pages = [
    { rows: ['a', 'b'], next: 1 },
    { rows: [], next: 2 },
    { rows: ['c'], next: null },
  ]
  const asked: (number | null)[] = []
  const read = async (next: number | null) => {
    asked.push(next)
    return pages[next ?? 0] ?? { rows: [], next: null }
  }
  const rows: string[] = []
  for await (const row of rowsOf<string>(read)) rows.push(row)
  assert.deepEqual(
    [rows, asked],
    [
      ['a', 'b', 'c'],
      [null, 1, 2],
    ],
  )
})
