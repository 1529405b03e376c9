import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { Messages, Schemas } from 'scimmy'
import type { Attribute, Json, JsonObject } from '../../../../src/core/model.ts'
import { isObject } from '../../../../src/core/json.ts'
import { compileMapping, DEFAULT_RULES } from '../../../../src/core/plan/mapping/mapping.ts'
import { parseRecord } from '../../../../src/core/plan/mapping/record.ts'
import { CORE_USER, echoOf, ENTERPRISE_USER, parseScimPath } from '../../../../src/core/plan/mapping/scim.ts'
import { bulkRequest } from '../../../../src/core/provision/batch.ts'
import { runs } from '../../../fakes/runs.ts'

const mapping = compileMapping()

type Values = Readonly<Record<string, Json | undefined>>

function known(values: Values): Map<string, Attribute> {
  return new Map(Object.entries(values).map(([path, value]) => [path, { value: value ?? null, by: 1 }]))
}
function record(values: Values): JsonObject {
  return mapping.map('10001', known(values)).record
}

void describe('the default mapping', () => {
  void test('maps every attribute that HR systems name to its standard place', () => {
    const everything = Object.fromEntries(
      DEFAULT_RULES.map(({ from }) => [from, from === 'active' ? true : `<${from}>`]),
    )
    assert.deepEqual(record(everything), {
      schemas: [CORE_USER, ENTERPRISE_USER],
      externalId: '10001',
      userName: '<userName>',
      name: {
        givenName: '<name.givenName>',
        middleName: '<name.middleName>',
        familyName: '<name.familyName>',
        formatted: '<name.formatted>',
      },
      displayName: '<displayName>',
      nickName: '<nickName>',
      title: '<title>',
      userType: '<userType>',
      preferredLanguage: '<preferredLanguage>',
      locale: '<locale>',
      timezone: '<timezone>',
      emails: [{ type: 'work', value: '<emails.work>' }],
      phoneNumbers: [{ type: 'work', value: '<phones.work>' }],
      addresses: [
        {
          type: 'work',
          streetAddress: '<address.work.streetAddress>',
          locality: '<address.work.locality>',
          region: '<address.work.region>',
          postalCode: '<address.work.postalCode>',
          country: '<address.work.country>',
        },
      ],
      active: true,
      [ENTERPRISE_USER]: {
        employeeNumber: '<employeeNumber>',
        costCenter: '<costCenter>',
        organization: '<organization>',
        division: '<division>',
        department: '<department>',
        manager: { value: '<managerId>' },
      },
    })
  })

  void test('sends only attributes that are set, and no empty objects', () => {
    assert.deepEqual(record({ userName: 'ann', active: true, hireDate: '2026-01-01', shoeSize: 44 }), {
      schemas: [CORE_USER, ENTERPRISE_USER],
      externalId: '10001',
      userName: 'ann',
      active: true,
    })
  })

  void test('a cleared attribute is an explicit null, because omitting it may or may not clear it', () => {
    const { schemas, externalId, ...rest } = record({
      title: null,
      'emails.work': null,
      managerId: null,
      department: null,
    })
    assert.deepEqual(rest, {
      title: null,
      emails: [{ type: 'work', value: null }],
      [ENTERPRISE_USER]: { department: null, manager: { value: null } },
    })
    assert(schemas !== undefined && externalId === '10001')
  })

  void test('numbers and booleans become text, except active', () => {
    const {
      active,
      title,
      [ENTERPRISE_USER]: enterprise,
    } = record({ active: true, title: false, costCenter: 42 })
    assert.deepEqual([active, title, enterprise], [true, 'false', { costCenter: '42' }])
  })

  void test('lists the attributes it uses', () => {
    assert.deepEqual(
      [
        mapping.uses('managerId'),
        mapping.uses('name.givenName'),
        mapping.uses('name'),
        mapping.uses('hireDate'),
      ],
      [true, true, false, false],
    )
  })
})

void describe('required attributes', () => {
  void test('an attribute that is absent, null or empty is missing', () => {
    assert.deepEqual(mapping.map('1', known({})).missing, ['userName', 'active'])
    assert.deepEqual(mapping.map('1', known({ userName: null, active: false })).missing, ['userName'])
    assert.deepEqual(mapping.map('1', known({ userName: '', active: true })).missing, ['userName'])
  })

  void test('active false is not missing', () => {
    assert.deepEqual(mapping.map('1', known({ userName: 'ann', active: false })).missing, [])
  })

  void test('a leaver whose required attribute was cleared is sent without it', () => {
    for (const userName of [null, '']) assert.equal('userName' in record({ userName, active: false }), false)
  })
})

void describe('configured rules', () => {
  void test('a custom extension is listed among the schemas', () => {
    const urn = 'urn:ietf:params:scim:schemas:extension:contoso:1.0:User'
    const own = compileMapping([{ from: 'hireDate', to: `${urn}:hireDate` }], [])
    assert.deepEqual(own.map('7', known({ hireDate: '2026-01-01' })).record, {
      schemas: [CORE_USER, ENTERPRISE_USER, urn],
      externalId: '7',
      [urn]: { hireDate: '2026-01-01' },
    })
  })

  void test('a target that is not a SCIM place is refused, and the error names its rule', () => {
    for (const to of ['', 'emails[0].value', 'emails[type eq work].value', 'a b', '.x', 'name.'])
      assert.throws(() => compileMapping([{ from: 'title', to }]), {
        code: 'MappingInvalid',
        message: /mapping "title" → /,
      })
  })

  void test('a target may be spelled as Entra does', () => {
    assert.deepEqual(parseScimPath(`${ENTERPRISE_USER}:manager.value`), {
      text: `${ENTERPRISE_USER}:manager.value`,
      urn: ENTERPRISE_USER,
      name: 'manager',
      entry: null,
      sub: 'value',
    })
  })
})

const text = fc.string({ unit: 'grapheme', maxLength: 12 })
const scalar = fc.oneof(text, text, fc.constant(null), fc.integer(), fc.boolean())
const values = fc
  .record(
    Object.fromEntries(DEFAULT_RULES.map(({ from }) => [from, from === 'active' ? fc.boolean() : scalar])),
    { requiredKeys: [] },
  )
  .chain((chosen) =>
    fc.tuple(
      fc.constant(chosen),
      fc.shuffledSubarray(Object.keys(chosen), { minLength: Object.keys(chosen).length }),
    ),
  )

void describe('for every set of values', () => {
  void test('the same attributes give the same bytes, in any order', () => {
    fc.assert(
      fc.property(values, ([chosen, order]) => {
        const shuffled = Object.fromEntries(order.map((path) => [path, chosen[path] ?? null]))
        assert.equal(JSON.stringify(record(shuffled)), JSON.stringify(record(chosen)))
      }),
      { numRuns: runs(2_000) },
    )
  })

  void test('only work entries are sent, one of each type', () => {
    fc.assert(
      fc.property(values, ([chosen]) => {
        const made = record(chosen)
        for (const list of [made['emails'], made['phoneNumbers'], made['addresses']]) {
          if (list === undefined) continue
          assert(Array.isArray(list) && list.length === 1)
          assert.equal(Reflect.get(Object(list[0]), 'type'), 'work')
        }
      }),
      { numRuns: runs(2_000) },
    )
  })

  void test('an independent SCIM library reads a whole request as it was sent', () => {
    const { BulkRequest } = Messages
    const { User, EnterpriseUser } = Schemas
    User.definition.extend(EnterpriseUser.definition)
    const employee = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(fc.array(fc.tuple(employee, values), { minLength: 1, maxLength: 5 }), (employees) => {
        const records = employees.map(
          ([id, [chosen]]) => mapping.map(id, known({ ...chosen, userName: 'ann', active: true })).record,
        )
        const body = bulkRequest(
          records.map((one, at) => ({
            id: `op-${at}`,
            employeeId: '',
            record: JSON.stringify(one),
            origins: [],
          })),
        )
        const { failOnErrors, ...request } = JSON.parse(body) as {
          schemas: [typeof Messages.BulkRequest.id]
          Operations: never[]
          failOnErrors: null
        }
        // The service's samples send null; the library knows this attribute only as a number or
        // absent.
        assert.equal(failOnErrors, null)
        const operations = new BulkRequest(request, 50).Operations
        assert.equal(operations.length, employees.length)
        assert.equal(new Set(operations.map(({ bulkId }) => bulkId)).size, employees.length)
        for (const [at, { method, path, data }] of operations.entries()) {
          assert.deepEqual([method, path], ['POST', '/Users'])
          const read = parseRecord(JSON.stringify(new User(data ?? {}, 'in')))
          assert.deepEqual(
            told({ ...read, schemas: null, meta: null }),
            told({ ...records[at], schemas: null }),
          )
        }
      }),
      { numRuns: 500 },
    )
  })
})

/**
 * What is left when everything cleared is taken away: the library drops it, as RFC 7643 has it,
 * where `null` and absent are the same.
 */
function told(value: Json): Json | undefined {
  if (value === null) return undefined
  if (Array.isArray(value)) return value.map((one) => told(one) ?? null)
  if (!isObject(value)) return value
  const entries = Object.entries(value).flatMap(([key, child]): [string, Json][] => {
    const left = told(child)
    return left === undefined ? [] : [[key, left]]
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

void describe('the echo of a record in the spelling of the log', () => {
  void test('has the keys of an extension without colons, whatever else is in its name', () => {
    const echo = echoOf({ schemas: [CORE_USER], 'urn:acme:User': { building: '7' }, title: 'Lead' })
    assert.deepEqual(Object.fromEntries(echo), { urnacmeUserbuilding: '7', title: 'Lead' })
  })

  void test('has keys without dots and colons, the manager as its value, and booleans as words', () => {
    const echo = echoOf(
      record({
        'name.familyName': 'Lee',
        'address.work.country': 'Norway',
        managerId: '10002',
        active: true,
        title: null,
      }),
    )
    assert.deepEqual(Object.fromEntries(echo), {
      externalId: '10001',
      namefamilyName: 'Lee',
      title: null,
      'addresses[type eq "work"]country': 'Norway',
      active: 'True',
      urnietfparamsscimschemasextensionenterprise20Usermanager: '10002',
    })
  })
})
