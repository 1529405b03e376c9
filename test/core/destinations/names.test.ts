import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_DESTINATION, destinationField } from '../../../src/core/destinations/destination.ts'
import { namesInAll } from '../../../src/core/destinations/names.ts'
import { RollcallError } from '../../../src/core/errors.ts'
import type { AccountNames } from '../../../src/core/ports.ts'

const { signal } = new AbortController()
const named = (objectId: string): AccountNames => ({
  objectId,
  userName: `${objectId}@contoso.com`,
  mail: null,
})
const knowing = (...ids: readonly string[]) => ({
  findNames: async (asked: readonly string[]) => asked.filter((id) => ids.includes(id)).map(named),
})
const closed = {
  findNames: async (): Promise<readonly AccountNames[]> => {
    throw new RollcallError('DirectoryForbidden', 'no right')
  },
}

void test('names come from the directory that has the account', async () => {
  const found = await namesInAll([knowing('a'), knowing('b')])?.findNames(['a', 'b', 'c'], signal)
  assert.deepEqual(found, [named('a'), named('b')])
})

void test('a directory that cannot be asked hides no account of another', async () => {
  assert.deepEqual(await namesInAll([closed, knowing('b')])?.findNames(['a', 'b'], signal), [named('b')])
})

void test('names cannot be read when no directory can be asked, and there is nothing to ask without one', async () => {
  await assert.rejects(async () => namesInAll([closed, closed])?.findNames(['a'], signal), {
    code: 'DirectoryForbidden',
  })
  assert.equal(namesInAll([]), null)
})

void test('a single destination has no name in reports and outcomes, and its reader is asked as it is', () => {
  assert.deepEqual([null, DEFAULT_DESTINATION, 'south'].map(destinationField), [
    {},
    {},
    { destination: 'south' },
  ])
  const only = knowing('a')
  assert.equal(namesInAll([only]), only)
})
