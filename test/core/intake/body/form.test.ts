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
