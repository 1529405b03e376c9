import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namesFrom, parsePattern } from '../../../../src/core/report/user-names/pattern.ts'
import { userNamePolicy } from '../../../../src/core/report/user-names/policy.ts'

const names = (patterns: readonly string[], given: string, family: string): readonly string[] =>
  namesFrom(patterns.map(parsePattern), { name: { givenName: given, familyName: family } })

void test('a pattern that cannot be used is refused, and says why', () => {
  for (const [written, why] of [
    ['{name.givenName', /a brace has no other/],
    ['name.givenName}', /a brace has no other/],
    ['{first name}', /\{first name\} is not a SCIM attribute/],
    ['{}', /\{\} is not a SCIM attribute/],
    ['{name.givenName:0}', /is not a SCIM attribute/],
    ['user{n}', /reads no attribute/],
  ] as const)
    assert.throws(() => parsePattern(written), { code: 'MappingInvalid', message: why }, written)
})

void test('a pattern whose attribute has nothing for a user name gives none, and neither does one that is too long', () => {
  assert.deepEqual(names(['{name.givenName}.{name.familyName}'], '伟', 'Li'), [])
  assert.deepEqual(names(['{name.familyName}', '{nickName}'], '伟', 'Li'), ['li'])
  assert.deepEqual(names(['{name.familyName}'], '', 'x'.repeat(65)), [])
  assert.deepEqual(names(['{name.familyName}'], '', 'x'.repeat(64)), ['x'.repeat(64)])
})

void test('names come in the order of the policy, each once, with numbers from 2 to 20', () => {
  const found = namesFrom(userNamePolicy().patterns, { name: { givenName: 'Ada', familyName: 'Lovelace' } })
  assert.deepEqual(found.slice(0, 4), ['ada.lovelace', 'a.lovelace', 'ada.lovelace2', 'ada.lovelace3'])
  assert.deepEqual([found.length, found.at(-1)], [21, 'ada.lovelace20'])
  assert.deepEqual(names(['{name.givenName:1}', '{name.givenName:1}'], 'Ada', ''), ['a'])
})

void test('letters lose their accents and case, and what a user name cannot have is left out', () => {
  const one = ['{name.givenName}.{name.familyName}']
  assert.deepEqual(names(one, 'Zoë', 'Groß'), ['zoe.gross'])
  assert.deepEqual(names(one, 'Łukasz', 'Ørsted-Þór'), ['lukasz.orsted-thor'])
  assert.deepEqual(names(one, 'Jean Luc', "O'Neil."), ['jeanluc.oneil'])
  assert.deepEqual(names(['{name.givenName:1}{name.familyName}'], 'Émile', 'Zola'), ['ezola'])
})
