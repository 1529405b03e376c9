import assert from 'node:assert/strict'
import { it } from 'node:test'
import { asUtf8, isContentEncoding } from '../../../../src/core/intake/body/content-type.ts'

void it('what is kept as text no longer claims another charset', () => {
  assert.equal(asUtf8('application/json; charset=utf-16'), 'application/json; charset=utf-8')
  assert.equal(asUtf8('text/plain;charset="ISO-8859-1"; x=1'), 'text/plain; charset=utf-8; x=1')
  for (const same of ['application/json', 'application/json; Charset="UTF-8"', null])
    assert.equal(asUtf8(same), same)
})

void it('a property names the content encoding in each way that senders write it', () => {
  for (const name of ['contentEncoding', 'Content-Encoding', 'content_encoding', 'CONTENTENCODING'])
    assert.equal(isContentEncoding(name), true, name)
  for (const name of ['contentType', 'employee-number', 'x-employee-type', 'content-encoding-2'])
    assert.equal(isContentEncoding(name), false, name)
})
