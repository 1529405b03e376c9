import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { rowsOf } from '../../../src/core/ledger/pages.ts'
import { printList } from '../../../src/cli/support/list/print.ts'
import type { ListOptions } from '../../../src/cli/support/list/options.ts'
import { printTo } from '../../../src/cli/support/output.ts'
import type { Column } from '../../../src/cli/support/rows.ts'

interface Row {
  readonly name: string
  readonly size: number | null
}
const COLUMNS: readonly Column<Row>[] = [
  ['name', 8, ({ name }) => name],
  ['size', 8, ({ size }) => (size === null ? '' : `${size} kB`), ({ size }) => size],
  ['second name', 0, ({ name }) => name],
]
const ROWS: readonly Row[] = [5, 30, null, 4, 100, 7].map((size, index) => ({ name: `n${12 - index}`, size }))

async function names(options: ListOptions, rows: Iterable<Row> | AsyncIterable<Row> = ROWS) {
  let [printed, said] = ['', '']
  using _ = printTo({ out: (text) => ((printed += text), true), err: (text) => ((said += text), true) })
  const count = await printList(rows, {
    columns: COLUMNS,
    readable: (row) => row,
    options: { ...options, output: 'ndjson' },
  })
  const found = printed
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as Row).name)
  assert.equal(count, found.length)
  return { found: found.join(' '), said }
}
const by = (column: string, descending = false): ListOptions => ({ sort: { column, descending } })

void describe('a list', () => {
  void test('without options has every row in its order', async () => {
    assert.deepEqual(await names({}), { found: 'n12 n11 n10 n9 n8 n7', said: '' })
  })

  void test('--limit ends it, and says how to see the next page', async () => {
    assert.deepEqual(await names({ limit: 2 }), {
      found: 'n12 n11',
      said: 'more rows follow: --page 2 --limit 2\n',
    })
    assert.deepEqual(await names({ limit: 2, page: 3 }), { found: 'n8 n7', said: '' })
    assert.deepEqual(await names({ limit: 2, page: 4 }), { found: '', said: '' })
    assert.deepEqual(await names({ limit: 6 }), { found: 'n12 n11 n10 n9 n8 n7', said: '' })
  })

  void test('--page without --limit has pages of 50', async () => {
    const many = Array.from({ length: 120 }, (_, index): Row => ({ name: `m${index}`, size: index }))
    const { found, said } = await names({ page: 2 }, many)
    assert.equal(found.split(' ')[0], 'm50')
    assert.equal(found.split(' ').length, 50)
    assert.equal(said, 'more rows follow: --page 3\n')
  })

  void test('--sort counts numbers in a text as numbers', async () => {
    assert.equal((await names(by('name'))).found, 'n7 n8 n9 n10 n11 n12')
    assert.equal((await names(by('second-name', true))).found, 'n12 n11 n10 n9 n8 n7')
  })

  void test('--sort uses the value of a column that has one, and puts rows without it last', async () => {
    assert.equal((await names(by('size'))).found, 'n9 n12 n7 n11 n8 n10')
    assert.equal((await names(by('size', true))).found, 'n8 n11 n7 n12 n9 n10')
  })

  void test('--sort with --limit sorts all rows, and keeps few of them', async () => {
    assert.equal((await names({ ...by('size', true), limit: 2, page: 2 })).found, 'n7 n12')
    const many = Array.from({ length: 1_000 }, (_, index): Row => ({
      name: `m${(index * 7) % 1_000}`,
      size: null,
    }))
    assert.equal((await names({ ...by('name'), limit: 3 }, many)).found, 'm0 m1 m2')
  })

  void test('reads no page of the ledger beyond the limit', async () => {
    const read: (number | null)[] = []
    const rows = rowsOf(async (next: number | null) => {
      read.push(next)
      return { rows: ROWS, next: (next ?? 0) + 1 }
    })
    await names({ limit: 8 }, rows)
    assert.deepEqual(read, [null, 1])
  })
})
