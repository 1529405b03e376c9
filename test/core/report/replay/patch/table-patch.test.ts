import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Json } from '../../../../../src/core/model.ts'
import type { Editable } from '../../../../../src/core/report/dead-letters/selection/edit.ts'
import { type PatchRow, tablePatching } from '../../../../../src/core/report/replay/patch/table-patch.ts'

const named = (id: string, employeeId: string) => ({ source: '/hr', id, type: 'worker.hired', employeeId })
const letter = (dead: string, body: Json, ...events: readonly ReturnType<typeof named>[]): Editable => ({
  id: dead,
  body: JSON.stringify(body),
  events,
})
const row = (of: Partial<PatchRow>, values: Readonly<Record<string, string>>): PatchRow => ({
  line: 2,
  id: null,
  source: null,
  employee: null,
  cells: Object.entries(values).map(([path, text]) => ({ path, text })),
  ...of,
})
const hire = (worker: Json): Json => ({ specversion: '1.0', id: 'e-1', subject: 'p1', data: { worker } })

/** The bodies, or the codes with which they are refused, and the lines that nothing used. */
async function patch(letters: readonly Editable[], rows: readonly PatchRow[]) {
  const unused: number[] = []
  const edited = await tablePatching(rows, (lines) => unused.push(...lines)).edit(letters)
  const results = letters.map(({ id }) => {
    const one = edited.get(id)
    return one?.kind === 'body' ? (JSON.parse(one.body) as Json) : (one?.code ?? null)
  })
  return { results, unused }
}

void describe('a table of patches', () => {
  void it('finds the dead letter by the id of its event, and by its employee', async () => {
    const letters = [
      letter('dl-1', hire({ title: 'A' }), named('e-1', 'p1')),
      letter('dl-2', hire({ title: 'A' }), named('e-2', 'p2')),
    ]
    const rows = [row({ id: 'e-1' }, { title: 'B' }), row({ employee: ' p2 ' }, { title: 'C' })]
    const { results } = await patch(letters, rows)
    assert.deepEqual(results, [hire({ title: 'B' }), hire({ title: 'C' })])
  })

  void it('of a source, does not touch an event of another that has the same id', async () => {
    const rows = [row({ id: 'e-1', source: '/other' }, { title: 'B' })]
    const { results } = await patch([letter('dl-1', hire({}), named('e-1', 'p1'))], rows)
    assert.deepEqual(results, ['PatchChangesNothing'])
  })

  void it('refuses a dead letter that no row names, and tells the lines that name none', async () => {
    const rows = [row({ id: 'e-1', line: 2 }, { title: 'B' }), row({ id: 'e-7', line: 3 }, { title: 'B' })]
    const letters = [
      letter('dl-1', hire({}), named('e-1', 'p1')),
      letter('dl-2', hire({}), named('e-2', 'p2')),
    ]
    const { results, unused } = await patch(letters, rows)
    assert.deepEqual(results, [hire({ title: 'B' }), 'PatchChangesNothing'])
    assert.deepEqual(unused, [3])
  })

  void it('takes an attribute of a canonical event by its path, wherever the worker stands', async () => {
    const binary = { worker: { title: 'A' } }
    const rows = [row({ employee: 'p1' }, { 'name.givenName': 'Ada', 'data.worker.title': 'B' })]
    const { results } = await patch([letter('dl-1', hire({ title: 'A' }), named('e-1', 'p1'))], rows)
    assert.deepEqual(results, [hire({ title: 'B', name: { givenName: 'Ada' } })])
    const alone = await patch(
      [letter('dl-1', binary, named('e-1', 'p1'))],
      [row({ id: 'e-1' }, { title: 'B' })],
    )
    assert.deepEqual(alone.results, [{ worker: { title: 'B' } }])
  })

  void it('takes a path that begins with a field of the body, or with data, as a path in the body', async () => {
    const event = letter('dl-1', { id: 'e-1', time: '2026-01-01', data: { worker: {} } }, named('e-1', 'p1'))
    const inEvent = await patch([event], [row({ id: 'e-1' }, { time: '2026-02-01' })])
    assert.deepEqual(inEvent.results, [{ id: 'e-1', time: '2026-02-01', data: { worker: {} } }])
    const binary = letter('dl-1', { worker: {} }, named('e-1', 'p1'))
    const inData = await patch([binary], [row({ id: 'e-1' }, { 'data.note': 'x' })])
    assert.deepEqual(inData.results, [{ worker: {}, data: { note: 'x' } }])
  })

  void it('takes a path in the body of a vendor, and an item of a list that exists', async () => {
    const body = { person: { mails: [{ address: 'a' }] } }
    const rows = [row({ id: 'e-1' }, { 'person.mails[0].address': 'b' })]
    const { results } = await patch([letter('dl-1', body, named('e-1', 'p1'))], rows)
    assert.deepEqual(results, [{ person: { mails: [{ address: 'b' }] } }])
    const beyond = [row({ id: 'e-1' }, { 'person.mails[1].address': 'b' })]
    assert.deepEqual((await patch([letter('dl-1', body, named('e-1', 'p1'))], beyond)).results, [
      'PatchFailed',
    ])
    const through = [row({ id: 'e-1' }, { 'person.mails.address': 'b' })]
    assert.deepEqual((await patch([letter('dl-1', body, named('e-1', 'p1'))], through)).results, [
      'PatchFailed',
    ])
  })

  void it('changes only its own event in a message of several', async () => {
    const two = [
      { id: 'e-1', data: { worker: { title: 'A' } } },
      { id: 'e-2', data: { worker: { title: 'A' } } },
    ]
    const { results } = await patch(
      [letter('dl-1', two, named('e-1', 'p1'), named('e-2', 'p2'))],
      [row({ employee: 'p2' }, { title: 'B' })],
    )
    assert.deepEqual(results, [[two[0], { id: 'e-2', data: { worker: { title: 'B' } } }]])
    const first = await patch(
      [letter('dl-1', two, named('e-1', 'p1'), named('e-2', 'p2'))],
      [row({ employee: 'p1' }, { title: 'B' })],
    )
    assert.deepEqual(first.results, [[{ id: 'e-1', data: { worker: { title: 'B' } } }, two[1]]])
  })

  void it('clears with null, keeps a number a number, and takes everything else as text', async () => {
    const values = { title: 'null', grade: '8', active: 'false', remote: 'true', code: '007', note: '8' }
    const { results } = await patch(
      [letter('dl-1', hire({ title: 'A', grade: 7, code: 6 }), named('e-1', 'p1'))],
      [row({ id: 'e-1' }, values)],
    )
    assert.deepEqual(results, [
      hire({ title: null, grade: 8, code: '007', active: false, remote: true, note: '8' }),
    ])
  })

  void it('treats the names of a prototype as plain keys', async () => {
    const { results } = await patch(
      [letter('dl-1', hire({}), named('e-1', 'p1'))],
      [row({ id: 'e-1' }, { 'constructor.name': 'x' })],
    )
    assert.deepEqual(results, [hire({ constructor: { name: 'x' } })])
  })
})
