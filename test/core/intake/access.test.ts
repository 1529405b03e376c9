import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sha256 } from '../../../src/adapters/system.ts'
import { evaluateHere } from '../../../src/core/expression/evaluate.ts'
import {
  type AccessRules,
  AccessSettings,
  AccessWords,
  compileAccess,
  withWords,
} from '../../../src/core/intake/access.ts'
import { compileShape } from '../../../src/core/intake/shape.ts'
import type { Json } from '../../../src/core/model.ts'

const RULES: AccessRules = {
  from: 'status | job.status',
  active: ['Active', 'On leave', true],
  inactive: ['Terminated', 0, false],
  neutral: ['Part-time'],
  notice: ['Transfer'],
}
const read = (payload: Json): string => {
  const reading = compileAccess(RULES)(payload)
  switch (reading.kind) {
    case 'access':
      return String(reading.active)
    case 'notice':
      return 'notice'
    case 'unknown':
      return `${reading.field} ${reading.what}`
  }
}

void describe('access rules', () => {
  for (const [what, payload, expected] of [
    ['a known word', { status: 'Active' }, 'true'],
    ['another case and blanks around it', { status: ' TERMINATED\u00a0' }, 'false'],
    ['characters that are not visible', { status: 'Termi\u00adnated\u200b' }, 'false'],
    ['several blanks for one', { status: 'On \u00a0leave' }, 'true'],
    ['a boolean', { status: true }, 'true'],
    ['a number', { status: 0 }, 'false'],
    ['the second path', { job: { status: 'On leave' } }, 'true'],
    ['two paths that agree', { status: 'Active', job: { status: 'on leave' } }, 'true'],
    ['no field at all', { other: 'Active' }, 'null'],
    ['a word that says nothing about access', { status: 'Part-Time' }, 'null'],
    ['such a word beside one that does', { status: 'Part-time', job: { status: 'Terminated' } }, 'false'],
    ['the empty text that XML makes of an empty map', { job: '' }, 'null'],
    ['the empty list that PHP makes of an empty map', { job: [] }, 'null'],
    ['an empty object on the way', { job: {} }, 'null'],
    ['a null on the way', { job: null }, 'null'],
    ['an empty status beside one that says something', { status: '', job: { status: 'Active' } }, 'true'],
    ['a word that asks for a read', { status: 'transfer' }, 'notice'],
    ['that word beside another one', { status: 'Active', job: { status: 'Transfer' } }, 'notice'],
  ] as const)
    void test(`read ${what}`, () => assert.equal(read(payload), expected))

  for (const [what, payload, expected] of [
    ['a word in no list', { status: 'Suspended' }, /^status is a status that the access rules do not know/],
    [
      'an unknown word beside a known one',
      { status: 'Active', job: { status: 'Gone' } },
      /^job\.status is a/,
    ],
    [
      'a contradiction',
      { status: 'Active', job: { status: 'Terminated' } },
      /^job\.status contradicts status/,
    ],
    ['a list', { status: ['Active', 'Terminated'] }, /^status is a list; access needs exactly one status/],
    ['a list on the way', { job: [{ status: 'Active' }] }, /^job\.status is inside a list/],
    ['an object', { status: { code: 'Active' } }, /^status is an object/],
    ['an empty list', { status: [] }, /^status is empty/],
    [
      'an empty text beside a word that says nothing',
      { status: '', job: { status: 'Part-time' } },
      /^status is/,
    ],
    ['an empty text', { status: ' ' }, /^status is empty/],
    ['null', { status: null }, /^status is empty/],
    ['a text where an object belongs', { job: 'Terminated' }, /^job\.status is inside something that is not/],
  ] as const)
    void test(`refuse ${what}, and quote no value`, () => {
      const told = read(payload)
      assert.match(told, expected)
      assert.doesNotMatch(told, /Suspended|Gone|Terminated/)
    })

  void test('take a word from one list only', () => {
    const both = { from: 'status', active: ['Leave'], inactive: [' leave'] }
    assert.equal(AccessSettings.safeParse(both).success, false)
    assert.equal(AccessSettings.safeParse(RULES).success, true)
    assert.equal(AccessWords.safeParse({ inactive: ['Left'], notice: ['left'] }).success, false)
    assert.equal(AccessWords.safeParse({ inactive: ['Left'], notice: ['Moved'] }).success, true)
  })
  void test('let a source add words, and change what one of them means', () => {
    const access = compileAccess(withWords(RULES, { active: ['Apprentice'], inactive: ['on leave'] }))
    const active = (status: string): unknown => access({ status })
    assert.deepEqual(active('apprentice'), { kind: 'access', active: true })
    assert.deepEqual(active('On leave'), { kind: 'access', active: false })
    assert.deepEqual(active('Active'), { kind: 'access', active: true })
  })
})

void describe('a shape with access rules', () => {
  const shape = compileShape(
    'own',
    {
      items: 'list',
      access: RULES,
      event: `{ 'data': { 'effectiveDate': on, 'worker': { 'active': $active, 'title': title } } }`,
    },
    sha256,
    evaluateHere(),
  )
  const data = async (item: Json): Promise<unknown> => {
    const applied = await shape.apply({ list: [item] }, 'own')
    assert(applied.kind === 'envelopes')
    return applied.envelopes[0]?.data
  }

  void test('binds what the status says as $active, and nothing where there is none', async () => {
    assert.deepEqual(await data({ status: 'Terminated' }), { worker: { active: false } })
    assert.deepEqual(await data({ title: 'Clerk' }), { worker: { title: 'Clerk' } })
  })
  void test('makes a notice of a word that asks for a read', async () => {
    assert.deepEqual(await data({ status: 'Transfer', title: 'Clerk', on: '2026-12-01' }), {
      mode: 'notice',
      effectiveDate: '2026-12-01',
      version: null,
      changedFields: null,
    })
  })
  void test('refuses an item that is no object, because its status cannot be read', async () => {
    for (const item of ['Terminated', 7]) {
      const applied = await shape.apply({ list: [item, { status: 'Active' }] }, 'own')
      assert(applied.kind === 'rejected')
      assert.equal(applied.code, 'AccessUnknown')
    }
  })
  void test('makes no notice of data that is not an object, so that it is refused', async () => {
    const event = `{ 'data': 'written out' }`
    const wrong = compileShape('own', { access: RULES, event }, sha256, evaluateHere())
    const applied = await wrong.apply({ status: 'Transfer' }, 'own')
    assert(applied.kind === 'envelopes')
    assert.equal(applied.envelopes[0]?.data, 'written out')
  })
  void test('refuses the whole message for one unknown word, by the index of its item', async () => {
    const applied = await shape.apply({ list: [{ status: 'Active' }, { status: 'Unwell' }] }, 'own')
    assert(applied.kind === 'rejected')
    assert.deepEqual([applied.code, applied.field], ['AccessUnknown', 'list[].status'])
    assert.match(applied.description, /^list\[1\]\.status is a status that the access rules do not know/)
  })
  void test('tells of a refused message what its statuses say, and takes an unknown one for the end of access', async () => {
    const list = [{ status: 'Terminated' }, { status: 'Active' }, { status: 'Unwell' }, { title: 'Clerk' }]
    const suspects = await shape.suspects({ list }, 'own')
    assert.deepEqual(
      suspects.map(({ data }) => data),
      [
        { worker: { active: false } },
        { worker: { active: true } },
        { worker: { active: false } },
        { worker: { title: 'Clerk' } },
      ],
    )
  })
  void test('takes an event whose type ends access, whatever the status is', async () => {
    for (const event of [
      `{ 'type': 'worker.deleted', 'data': { 'worker': { 'active': false } } }`,
      `{ 'type': 'worker.terminated' }`,
    ]) {
      const leaves = compileShape('own', { access: RULES, event }, sha256, evaluateHere())
      const applied = await leaves.apply({ status: 'Unwell' }, 'own')
      assert.equal(applied.kind, 'envelopes')
    }
    const stays = `{ 'type': 'worker.terminated', 'data': { 'worker': { 'active': true } } }`
    const both = compileShape('own', { access: RULES, event: stays }, sha256, evaluateHere())
    assert.equal((await both.apply({ status: 'Unwell' }, 'own')).kind, 'rejected')
  })
})
