import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../../../../../src/core/model.ts'
import { type Part, partsOf, placeValue } from '../../../../../src/core/report/replay/patch/place.ts'

void test('a path is keys between dots, with indexes in brackets, and may begin with an index', () => {
  const paths: Readonly<Record<string, readonly Part[]>> = {
    'data.worker.emails[0].value': ['data', 'worker', 'emails', 0, 'value'],
    '[1].title': [1, 'title'],
    '[0]': [0],
    'rows[1][12]': ['rows', 1, 12],
    'a..b': ['a', '', 'b'],
    'a[x]': ['a[x]'],
  }
  for (const [path, parts] of Object.entries(paths)) assert.deepEqual(partsOf(path), parts, path)
})

void test('a value is placed in an item of a list, null too, and not below a text or behind the list', () => {
  const place = (body: Json, path: string, value: Json) => {
    const placed = placeValue(body, partsOf(path), () => value)
    return placed.kind === 'failed' ? placed.kind : JSON.stringify(placed.body)
  }
  assert.equal(place({ list: ['x', 'y'] }, 'list[1]', null), '{"list":["x",null]}')
  assert.equal(place({ list: ['x', 'y'] }, 'list[0]', 'z'), '{"list":["z","y"]}')
  for (const path of ['list[0].a', 'list[0].a.b', 'list[2]', 'list.a'])
    assert.equal(place({ list: ['x', 'y'] }, path, 'z'), 'failed', path)
})

void test('a place that does not fit is named as it was written', () => {
  const placed = placeValue({ data: { mails: [] } }, partsOf('data.mails[1].address'), () => 'x')
  assert.match(placed.kind === 'failed' ? placed.why : '', /^data\.mails\[1\]\.address does not fit/)
})
