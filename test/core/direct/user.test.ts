import assert from 'node:assert/strict'
import { it } from 'node:test'
import {
  changesOf,
  lacksManager,
  newUser,
  type RecordToWrite,
  userNameOf,
} from '../../../src/core/direct/user.ts'
import type { JsonObject } from '../../../src/core/model.ts'

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const ENTRA = 'urn:ietf:params:scim:schemas:extension:Microsoft:Entra:2.0:User'

const write = (record: JsonObject, managerObjectId: string | null = null): RecordToWrite => ({
  employeeId: '1001',
  record: { externalId: '1001', userName: 'ann.lee@example.com', active: true, ...record },
  managerObjectId,
})
const changes = (given: RecordToWrite): JsonObject =>
  Object.fromEntries(changesOf(given).map(({ path, value }) => [path, value]))

void it('a new account has the employee id twice, a nickname, and none of what the API does not know', () => {
  const user = newUser(
    write({
      title: null,
      nickName: 'Annie',
      name: { givenName: 'Ann', familyName: 'Lee', middleName: 'X' },
      emails: [{ type: 'work', value: 'ann@example.com' }],
      [ENTERPRISE]: { department: 'Sales', manager: { value: '7' } },
      [ENTRA]: { usageLocation: 'DE' },
    }),
  )
  assert.deepEqual(user, {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', ENTERPRISE, ENTRA],
    externalId: '1001',
    userName: 'ann.lee@example.com',
    active: true,
    name: { givenName: 'Ann', familyName: 'Lee' },
    emails: [{ type: 'work', value: 'ann@example.com', primary: true }],
    [ENTERPRISE]: { department: 'Sales', employeeNumber: '1001' },
    [ENTRA]: { usageLocation: 'DE', mailNickname: 'ann.lee' },
  })
})

void it('an update names every place of the record, and clears what has no value', () => {
  const record = {
    title: null,
    locale: 'de',
    name: { givenName: 'Ann' },
    emails: [{ type: 'work', value: 'ann@example.com' }],
    addresses: [{ type: 'work', locality: '' }],
    [ENTERPRISE]: { employeeNumber: '77' },
    [ENTRA]: { mailNickname: null },
  }
  assert.deepEqual(changes(write(record)), {
    externalId: '1001',
    userName: 'ann.lee@example.com',
    active: true,
    title: null,
    'name.givenName': 'Ann',
    'emails[type eq "work" and primary eq true].value': 'ann@example.com',
    'addresses[type eq "work"].locality': null,
    [`${ENTERPRISE}:employeeNumber`]: '77',
  })
})

void it('a manager is named by the object id, left as it is while that is unknown, and removed when HR says so', () => {
  const managed = { [ENTERPRISE]: { manager: { value: '7' } } }
  const place = `${ENTERPRISE}:manager`
  assert.deepEqual(changes(write(managed, 'o7'))[place], { value: 'o7' })
  assert.equal(lacksManager(write(managed, 'o7')), false)
  assert.equal(place in changes(write(managed)), false)
  assert.equal(lacksManager(write(managed)), true)
  const none = write({ [ENTERPRISE]: { manager: { value: null } } })
  assert.deepEqual([changes(none)[place], lacksManager(none)], [null, false])
})

void it('only a text that is not empty is a user name', () => {
  const names = ['ann', '', 7, null].map((userName) => userNameOf(write({ userName })))
  assert.deepEqual(names, ['ann', null, null, null])
})
