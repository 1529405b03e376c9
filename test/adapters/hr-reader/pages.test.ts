import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { json, readerOf, readOnce, serve, told } from './server.ts'

type Pages = Readonly<Record<string, unknown>>

/** An HR system that answers by address; what it does not know is 404. */
async function hrOf(t: TestContext, pages: Pages, seen: string[] = []): Promise<string> {
  return serve(t, (request, response) => {
    const url = request.url ?? ''
    seen.push(url)
    const page = pages[url]
    if (page === undefined) return json(response, {}, 404)
    json(response, page)
  })
}
const paged = { next: 'next', worker: '{ "titles": jobs.title }' }

void describe('an answer in pages', () => {
  void test('every page is read, by relative and absolute addresses, and they make one record', async (t) => {
    const seen: string[] = []
    const pages: Record<string, unknown> = {
      '/w/601': { jobs: [{ title: 'A' }], next: '601?page=2' },
      '/w/601?page=2': { jobs: [{ title: 'B' }], next: '/w/601?page=3' },
      '/w/601?page=3': { jobs: [{ title: 'C' }], next: null },
    }
    const hr = await hrOf(t, pages, seen)
    pages['/w/601?page=2'] = { jobs: [{ title: 'B' }], next: `${hr}/w/601?page=3` }
    assert.deepEqual(await readOnce(readerOf({ url: `${hr}/w/{employee}`, ...paged })), {
      kind: 'record',
      worker: { titles: ['A', 'B', 'C'] },
      at: null,
    })
    assert.deepEqual(seen, Object.keys(pages))
  })

  void test('another origin is not followed, and no request leaves', async (t) => {
    const elsewhere: string[] = []
    const other = await hrOf(t, { '/': {} }, elsewhere)
    for (const next of [
      `${other}/`,
      '//127.0.0.1:9/',
      'https://127.0.0.1/',
      'file:///etc/passwd',
      'http://u:p@',
    ]) {
      const hr = await hrOf(t, { '/601': { jobs: [{ title: 'A' }], next } })
      assert.equal(
        told(await readOnce(readerOf({ url: `${hr}/{employee}`, ...paged }))),
        'PageNotRead: next: it leads to another origin',
        next,
      )
    }
    assert.deepEqual(elsewhere, [])
  })

  void test('pages in a circle, too many pages and too many bytes are never half a record', async (t) => {
    const circle = await hrOf(t, { '/601': { jobs: [], next: '?b' }, '/601?b': { jobs: [], next: '/601' } })
    assert.equal(
      told(await readOnce(readerOf({ url: `${circle}/{employee}`, ...paged }))),
      'PageNotRead: next: it leads to a page that was read before',
    )
    const page = (next: string): object => ({ jobs: [{ title: 'x'.repeat(100) }], next })
    const long = await hrOf(t, { '/601': page('?2'), '/601?2': page('?3'), '/601?3': page('') })
    const given = { url: `${long}/{employee}`, ...paged }
    assert.equal(told(await readOnce(readerOf({ ...given, maxPages: 3 }))), 'record')
    assert.match(
      told(await readOnce(readerOf({ ...given, maxPages: 2 }))),
      /^PageNotRead: next: there are more than 2/,
    )
    assert.equal(told(await readOnce(readerOf({ ...given, maxBytes: 300 }))), 'AnswerTooLong')
  })

  void test('a page that is missing or broken fails the read', async (t) => {
    const missing = await hrOf(t, { '/601': { jobs: [{ title: 'A' }], next: '?2' } })
    assert.equal(
      told(await readOnce(readerOf({ url: `${missing}/{employee}`, ...paged }))),
      'NotFound: page 2',
    )
    const wrong = await hrOf(t, { '/601': { jobs: [{ title: 'A' }], next: { to: 'S3cret' } } })
    assert.equal(
      told(await readOnce(readerOf({ url: `${wrong}/{employee}`, ...paged }))),
      'AnswerInvalid: next is not an address, but an object',
    )
  })
})

void describe('several calls for one employee', () => {
  const worker = '{ "userName": mail, "title": $calls.jobs.title, "phone": $calls.phone.number }'
  const calls = (hr: string): readonly object[] => [
    { name: 'jobs', url: `${hr}/jobs?of={employee}` },
    { name: 'phone', url: `${hr}/phone/{employee}`, optional: true },
  ]

  void test('are made one after the other with the same headers, and make one record', async (t) => {
    const seen: string[] = []
    const hr = await hrOf(
      t,
      { '/601': { mail: 'a' }, '/jobs?of=601': { title: 'B' }, '/phone/601': { number: '1' } },
      seen,
    )
    assert.deepEqual(await readOnce(readerOf({ url: `${hr}/{employee}`, worker, calls: calls(hr) })), {
      kind: 'record',
      worker: { userName: 'a', title: 'B', phone: '1' },
      at: null,
    })
    assert.deepEqual(seen, ['/601', '/jobs?of=601', '/phone/601'])
  })

  void test('an optional one may be missing; another one that is missing does not mean that the employee is gone', async (t) => {
    const with_ = await hrOf(t, { '/601': { mail: 'a' }, '/jobs?of=601': { title: 'B' } })
    assert.equal(
      told(await readOnce(readerOf({ url: `${with_}/{employee}`, worker, calls: calls(with_) }))),
      'record',
    )
    const without = await hrOf(t, { '/601': { mail: 'a' } })
    assert.deepEqual(
      await readOnce(readerOf({ url: `${without}/{employee}`, worker, calls: calls(without) })),
      {
        kind: 'later',
        code: 'NotFound',
        why: 'call jobs',
        afterMs: null,
      },
    )
    const gone = await hrOf(t, { '/jobs?of=601': { title: 'B' } })
    assert.equal(
      told(await readOnce(readerOf({ url: `${gone}/{employee}`, worker, calls: calls(gone) }))),
      'gone',
    )
  })

  void test('a call can have pages of its own', async (t) => {
    const hr = await hrOf(t, {
      '/601': { mail: 'a' },
      '/jobs?of=601': { items: [{ title: 'A' }], more: '&p=2' },
      '/jobs?of=601&p=2': { items: [{ title: 'B' }] },
    })
    const jobs = { name: 'jobs', url: `${hr}/jobs?of={employee}`, next: 'more ? "?of=601" & more : null' }
    const read = await readOnce(
      readerOf({
        url: `${hr}/{employee}`,
        worker: '{ "title": $calls.jobs.items[-1].title }',
        calls: [jobs],
      }),
    )
    assert.equal(read.kind, 'record')
  })
})
