import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fromScim } from '../../../../src/core/intake/event/scim-worker.ts'
import type { JsonObject } from '../../../../src/core/model.ts'

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User'
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

void describe('a worker that is written as a SCIM user', () => {
  void it('has each value of a list under its type, and under work where it has none', () => {
    const worker = {
      emails: [
        { value: 'ada@contoso.com', primary: true, display: 'Ada' },
        { type: 'home', value: 'ada@example.org' },
      ],
      phoneNumbers: [{ type: 'mobile', value: '+4930123' }],
      addresses: [{ type: 'work', locality: 'Berlin', country: 'DE', primary: true }],
    }
    assert.deepEqual(fromScim(worker), {
      emails: { work: 'ada@contoso.com', home: 'ada@example.org' },
      phones: { mobile: '+4930123' },
      address: { work: { locality: 'Berlin', country: 'DE' } },
    })
  })

  void it('keeps a list as it is when that could be read in two ways, and reads the others', () => {
    for (const emails of [
      [{ value: 'a' }, { type: 'work', value: 'b' }],
      [{ type: 7, value: 'a' }],
      [{ type: 'work' }],
      ['a@contoso.com'],
      [null],
    ])
      assert.deepEqual(fromScim({ emails, phoneNumbers: [{ value: '1' }] }), {
        emails,
        phones: { work: '1' },
      })
  })

  void it('names its manager by the value, and clears it with a null', () => {
    for (const value of ['71001', 71_001, null])
      assert.deepEqual(fromScim({ title: 'A', manager: { value, displayName: 'B' } }), {
        title: 'A',
        managerId: value,
      })
    for (const manager of ['71001', { displayName: 'B' }, { value: true }, { value: ['71001'] }, null]) {
      assert.deepEqual(fromScim({ title: 'A', manager }), { title: 'A', manager })
      assert.deepEqual(fromScim({ schemas: [USER], manager }), { manager })
    }
  })

  void it('has the enterprise extension beside the rest', () => {
    const extension = { department: 'R&D', manager: { value: '7' } }
    assert.deepEqual(fromScim({ title: 'A', [ENTERPRISE]: extension }), {
      title: 'A',
      department: 'R&D',
      managerId: '7',
    })
    assert.deepEqual(fromScim({ [ENTERPRISE]: 'none' }), { [ENTERPRISE]: 'none' })
  })

  void it('loses what describes the resource, where its schemas show that it is one', () => {
    const meta = { resourceType: 'User' }
    assert.deepEqual(fromScim({ schemas: [USER], meta, title: 'A' }), { title: 'A' })
    assert.deepEqual(fromScim({ manager: { value: '7' }, meta }), { managerId: '7', meta })
  })

  void it('keeps everything else as it is', () => {
    const rest = { emails: { work: 'a' }, skills: ['a', 'b'], x509Certificates: [{ value: 'c' }] }
    assert.deepEqual(fromScim({ schemas: [USER], ...rest }), rest)
    const inherited = { constructor: [{ type: 'work', value: 'a' }] }
    assert.deepEqual(fromScim({ schemas: [USER], ...inherited }), inherited)
    const named = JSON.parse('{"schemas":["x"],"__proto__":{"active":true}}') as JsonObject
    assert.equal('active' in fromScim(named), false)
    assert.deepEqual(Object.keys(fromScim(named)), ['__proto__'])
  })

  void it('stays as it is when it is canonical', () => {
    const canonical: readonly JsonObject[] = [
      {},
      { title: 'A', emails: { work: 'a' }, managerId: '7', meta: { a: 1 }, schemas: 'none' },
      { phones: { work: '1' }, address: { work: { country: 'DE' } }, skills: ['a'] },
    ]
    for (const worker of canonical) assert.deepEqual(fromScim(worker), worker)
  })
})
