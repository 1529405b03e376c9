import assert from 'node:assert/strict'
import { it } from 'node:test'
import { readFields } from '../../../../src/core/intake/body/form.ts'

const FORM = 'application/x-www-form-urlencoded'

void it('a form is read as its fields, unless one of them holds JSON', () => {
  const read = readFields('employeeId=1&status=left', FORM)
  assert.deepEqual(read?.kind === 'body' && { ...Object(read.body) }, { employeeId: '1', status: 'left' })
  const withJson = new URLSearchParams({ token: 'abc', event: '{"id":1}' }).toString()
  assert.equal(readFields(withJson, FORM), null)
})

void it('a form that lost its content type is known by its fields, if there are several', () => {
  const read = readFields('employeeId=1&status=left', null)
  assert.deepEqual(read?.kind === 'body' && { ...Object(read.body) }, { employeeId: '1', status: 'left' })
  assert.equal(readFields('employeeId=1', null), null)
  assert.equal(readFields('{"employeeId":"1=2&3=4"}', null), null)
})

void it('JSON, XML and a text are none, although the content type says so', () => {
  for (const text of ['{"a":1}', ' [1]', '"a=1"', '<a/>']) assert.equal(readFields(text, FORM), null)
})

void it('a form with one field twice is refused, by the name of the field', () => {
  const read = readFields('employeeId=1&status=left&status=active', FORM)
  assert(read?.kind === 'unreadable')
  assert.deepEqual([read.code, read.field], ['DuplicateKey', 'status'])
})
