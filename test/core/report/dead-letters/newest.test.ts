import assert from 'node:assert/strict'
import { test } from 'node:test'
import type {
  LedgerDeadLetter,
  NewestDeadLettersCursor,
  NewestDeadLettersQuery,
} from '../../../../src/core/ledger/port/dead-letters.ts'
import { newestDeadLetters, type NewestPage } from '../../../../src/core/report/dead-letters/newest.ts'
import { ledgerLetter } from '../../../fakes/dead-letters.ts'

/** A ledger of these, the newest first; `read` is how many it showed. */
function ledgerOf(letters: readonly LedgerDeadLetter[]) {
  const shown = { read: 0 }
  const listNewestDeadLetters = async ({ next, limit }: NewestDeadLettersQuery) => {
    const from = next === null ? 0 : letters.findIndex(({ seq }) => seq === next.seq) + 1
    const page = letters.slice(from, from + limit)
    shown.read += page.length
    const last = page.at(-1)
    const isEnd = last === undefined || from + limit >= letters.length
    return { deadLetters: page, next: isEnd ? null : { diedAt: last.diedAt, seq: last.seq } }
  }
  const page = (
    attribute: string | null,
    limit: number,
    next: NewestDeadLettersCursor | null = null,
  ): Promise<NewestPage> =>
    newestDeadLetters(
      { listNewestDeadLetters },
      { attribute, limit, next, code: null, since: null, until: null },
    )
  return { shown, page }
}
/** `count` dead letters, of which every `every`th is about the user name. */
const letters = (count: number, every: number): readonly LedgerDeadLetter[] =>
  Array.from({ length: count }, (_, n) =>
    ledgerLetter(count - n, { detail: (count - n) % every === 0 ? 'userName' : 'title' }),
  )
const seqs = ({ deadLetters }: NewestPage): readonly number[] => deadLetters.map(({ seq }) => seq)

void test('the newest dead letters about any attribute are a page of the ledger', async () => {
  const { page } = ledgerOf(letters(5, 2))
  const first = await page(null, 3)
  assert.deepEqual([seqs(first), first.next?.seq, first.capped], [[5, 4, 3], 3, false])
  const second = await page(null, 3, first.next)
  assert.deepEqual([seqs(second), second.next, second.capped], [[2, 1], null, false])
})

void test('those about one attribute fill a page too, and the next page goes on behind its last one', async () => {
  const { page } = ledgerOf(letters(600, 100))
  const first = await page('userName', 4)
  assert.deepEqual([seqs(first), first.next?.seq, first.capped], [[600, 500, 400, 300], 300, false])
  const second = await page('userName', 4, first.next)
  assert.deepEqual([seqs(second), second.next, second.capped], [[200, 100], null, false])
})

void test('a page that would read more than a thousand ends early, says so, and can be continued', async () => {
  const { shown, page } = ledgerOf(letters(1_700, 900))
  const first = await page('userName', 4)
  assert.deepEqual([seqs(first), first.next?.seq, first.capped], [[900], 701, true])
  assert.equal(shown.read, 1_000)
  const second = await page('userName', 4, first.next)
  assert.deepEqual([seqs(second), second.next, second.capped], [[], null, false])
})
