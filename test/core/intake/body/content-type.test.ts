import assert from 'node:assert/strict'
import { it } from 'node:test'
import { asUtf8 } from '../../../../src/core/intake/body/content-type.ts'

void it('what is kept as text no longer claims another charset', () => {
  assert.equal(asUtf8('application/json; charset=utf-16'), 'application/json; charset=utf-8')
  assert.equal(asUtf8('text/plain;charset="ISO-8859-1"; x=1'), 'text/plain; charset=utf-8; x=1')
  for (const same of ['application/json', 'application/json; Charset="UTF-8"', null])
    assert.equal(asUtf8(same), same)
})
