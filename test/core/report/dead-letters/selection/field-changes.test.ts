import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { changesOfBody } from '../../../../../src/core/report/dead-letters/selection/field-changes.ts'

const pathsOf = (before: object | string, after: object | string): readonly string[] =>
  changesOfBody(textOf(before), textOf(after)).map(({ path }) => path)
const textOf = (body: object | string): string => (typeof body === 'string' ? body : JSON.stringify(body))

void describe('what an edit of a body changes', () => {
  void it('is named by path, down to the value, with both values', () => {
    const before = { data: { worker: { title: 'A', name: { givenName: 'Ada' } } }, id: '1' }
    const after = {
      id: '1',
      data: { worker: { title: 'B', name: { givenName: 'Ada' }, department: 'Sales' } },
    }
    assert.deepEqual(changesOfBody(JSON.stringify(before), JSON.stringify(after)), [
      { path: 'data.worker.title', before: 'A', after: 'B' },
      { path: 'data.worker.department', before: undefined, after: 'Sales' },
    ])
  })

  void it('is nothing when only blanks and the order of keys differ, and in what is not JSON', () => {
    assert.deepEqual(pathsOf('{ "a": 1, "b": [ 2 ] }', { b: [2], a: 1 }), [])
    assert.deepEqual(pathsOf('<a/>', { a: 1 }), [])
  })

  void it('names the item of a list, and one change where a value becomes an object', () => {
    assert.deepEqual(pathsOf([{ id: '1' }, { id: '2' }], [{ id: '1' }, { id: '3' }, 4]), ['[1].id', '[2]'])
    assert.deepEqual(pathsOf({ name: 'Ada' }, { name: { givenName: 'Ada' } }), ['name'])
  })
})
