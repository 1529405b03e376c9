import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { evaluateHere } from '../../../../src/core/expression/evaluate.ts'
import type { Attribute, Json } from '../../../../src/core/model.ts'
import { compileMapping } from '../../../../src/core/plan/mapping/mapping.ts'
import { changesBetween, scimValues, valueOrigins } from '../../../../src/core/plan/mapping/origins.ts'
import { ENTERPRISE_USER } from '../../../../src/core/plan/mapping/scim.ts'

void describe('the values of a record', () => {
  void test('have their places as Entra spells them, without what is the same in every record', () => {
    const values = scimValues({
      schemas: ['urn:x'],
      externalId: '10001',
      userName: 'ada',
      name: { givenName: 'Ada' },
      emails: [
        { type: 'work', value: 'a@x' },
        { type: 'home', value: null },
      ],
      [ENTERPRISE_USER]: { department: 'Law', manager: { value: '10002' } },
    })
    assert.deepEqual(
      [...values],
      [
        ['userName', 'ada'],
        ['name.givenName', 'Ada'],
        ['emails[type eq "work"].value', 'a@x'],
        ['emails[type eq "home"].value', null],
        [`${ENTERPRISE_USER}:department`, 'Law'],
        [`${ENTERPRISE_USER}:manager.value`, '10002'],
      ],
    )
  })

  void test('are lists where a list is no set of entries, and an entry without a type has the place itself', () => {
    const values = scimValues({
      none: [],
      texts: ['a'],
      mixed: [{ value: 'a' }, 'b'],
      emails: [{ value: 'a@x' }],
    })
    assert.deepEqual(
      [...values],
      [
        ['none', []],
        ['texts', ['a']],
        ['mixed', [{ value: 'a' }, 'b']],
        ['emails.value', 'a@x'],
      ],
    )
  })
})

void test('a record changes the places that differ, in a part of an object too', () => {
  assert.deepEqual(
    changesBetween(
      { name: { givenName: 'Ada', familyName: 'King' }, emails: [{ type: 'work', value: 'a@x' }] },
      { name: { givenName: 'Ada', familyName: 'Lovelace' }, emails: [{ type: 'work', value: 'a@x' }] },
    ),
    [{ kind: 'changed', target: 'name.familyName', from: 'King', to: 'Lovelace' }],
  )
  assert.deepEqual(changesBetween(null, { title: null }), [{ kind: 'added', target: 'title', to: null }])
})

void test('a computed value names every attribute that it is made of, and each event once', async () => {
  const mapping = compileMapping(
    [
      { to: 'active', from: 'active' },
      { to: 'displayName', from: { jsonata: "name.givenName & ' ' & name.familyName" } },
      { to: 'userType', from: { constant: 'Employee' } },
    ],
    [],
    evaluateHere(),
  )
  const attributes = new Map<string, Attribute>(
    (
      [
        ['name.givenName', 'Ada', 2],
        ['active', true, 1],
        ['name.familyName', 'King', 2],
        ['hobby', 'chess', 3],
      ] as readonly (readonly [string, Json, number])[]
    ).map(([path, value, by]) => [path, { value, by }]),
  )
  assert.deepEqual(await valueOrigins(mapping, '10001', attributes), [
    { target: 'active', value: true, from: ['active'], by: [1] },
    { target: 'displayName', value: 'Ada King', from: ['name.givenName', 'name.familyName'], by: [2] },
    { target: 'userType', value: 'Employee', from: [], by: [] },
  ])
})
