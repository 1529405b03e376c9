import assert from 'node:assert/strict'
import { it } from 'node:test'
import { usableContent } from '../../src/config/usable.ts'

void it('leaving out a part under a key like __proto__ takes nothing from every other object', () => {
  const before = Object.getOwnPropertyNames(Object.prototype)
  const file = { settings: { LEDGER: 'a.db' } }
  for (const top of ['__proto__', 'constructor', 'toString'])
    for (const second of ['__proto__', 'toString', 'prototype', 'name'])
      usableContent(file, [{ path: [top, second], message: 'is not known' }])
  usableContent({ mapping: {} }, [{ path: ['mapping', '__proto__', 'toString'], message: 'is not known' }])
  assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), before)
})
