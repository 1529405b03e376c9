import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountNames } from '../../../../src/core/plan/mapping/account-names.ts'

void test('the names of an account are its user name and mail addresses, each once, without regard to case and blanks', () => {
  const emails = [
    { type: 'work', value: 'Ada@contoso.com ' },
    { type: 'home', value: 'lovelace@contoso.com' },
    { type: 'other', value: null },
    { type: 'none' },
  ]
  assert.deepEqual(accountNames({ userName: 'ADA@contoso.com', emails }), [
    'ada@contoso.com',
    'lovelace@contoso.com',
  ])
})

void test('an account without a name, or with one of which nothing is visible, has none', () => {
  assert.deepEqual(accountNames({}), [])
  assert.deepEqual(accountNames({ userName: null, emails: null }), [])
  assert.deepEqual(accountNames({ userName: ' \u200b', emails: [{ value: '' }, 'x'] }), [])
})
