import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordChanges } from '../../../src/core/explain/record-changes.ts'

const json = (more: object): string => JSON.stringify({ schemas: ['x'], externalId: '1', ...more })

void test('a record is compared with the one that was sent before it, field by field', () => {
  const before = { id: 'op-1', record: json({ userName: 'a', title: 'x', nickName: 'n' }) }
  assert.deepEqual(recordChanges({ before, record: json({ userName: 'a', title: 'y', active: false }) }), [
    { kind: 'changed', field: 'title', from: 'x', to: 'y' },
    { kind: 'added', field: 'active', to: false },
    { kind: 'removed', field: 'nickName', from: 'n' },
  ])
  assert.deepEqual(recordChanges({ before, record: before.record }), [])
})

void test('in the first record everything is added', () => {
  assert.deepEqual(recordChanges({ before: null, record: json({ userName: 'a' }) }), [
    { kind: 'added', field: 'userName', to: 'a' },
  ])
})
