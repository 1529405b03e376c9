import assert from 'node:assert/strict'
import { it } from 'node:test'
import { isBilled, isNotEnabled, isSuccess, isTaken } from '../../../src/core/direct/reply.ts'
import type { UploadAnswer } from '../../../src/core/ports.ts'
import { response } from '../../fakes/upload-answer.ts'

const lost = (code: string): UploadAnswer => ({ kind: 'network', code })
const told = (status: number, message: string): UploadAnswer => response(status, { message })

void it('only 2xx is a success', () => {
  const statuses = [199, 200, 201, 204, 299, 300, 404]
  assert.deepEqual(
    statuses.filter((status) => isSuccess(response(status))),
    [200, 201, 204, 299],
  )
  assert.equal(isSuccess(lost('ETIMEDOUT')), false)
})

void it('Microsoft bills 2xx, 404, and a call that may have arrived', () => {
  const answers = [response(204), response(404), lost('ECONNRESET'), lost('ENOTFOUND'), response(300)]
  assert.deepEqual(answers.map(isBilled), [true, true, true, false, false])
})

void it('a value is taken when the answer is 409, or a 400 that says so', () => {
  const message = 'Another object with the same value for property userPrincipalName already exists.'
  assert.equal(isTaken(response(409)), true)
  assert.equal(isTaken(told(400, message)), true)
  assert.equal(isTaken(response(400, { code: 'uniqueness' })), true)
  assert.equal(isTaken(told(500, message)), false)
  assert.equal(isTaken(told(400, 'The value is invalid.')), false)
  assert.equal(isTaken(response(400)), false)
  assert.equal(isTaken(lost('ETIMEDOUT')), false)
})

void it('the API is not enabled when a 400 names the missing Azure resource', () => {
  const message = "No 'scimapiconsumptions' resource found"
  assert.equal(isNotEnabled(told(400, message)), true)
  assert.equal(isNotEnabled(told(500, message)), false)
  assert.equal(isNotEnabled(response(400)), false)
})
