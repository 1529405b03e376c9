import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nearest } from '../../src/config/nearest.ts'

const NAMES = ['userName', 'name.givenName', 'name.familyName', 'title', 'department', 'division', 'active']

void describe('the name that was meant', () => {
  void test('is the same but for case and punctuation, or the last part of a path', () => {
    for (const given of ['username', 'User Name', 'user_name', 'USER-NAME'])
      assert.equal(nearest(given, NAMES), 'userName', given)
    for (const given of ['givenName', 'given name', 'Name.GivenName'])
      assert.equal(nearest(given, NAMES), 'name.givenName', given)
  })

  void test('or has two letters more, less, other or swapped, in a short word one', () => {
    for (const given of ['departement', 'departmnt', 'depratment', 'depertmant'])
      assert.equal(nearest(given, NAMES), 'department', given)
    assert.equal(nearest('titel', NAMES), 'title')
    assert.equal(nearest('activ', NAMES), 'active')
  })

  void test('is nothing for another word, for a short one, and when two are as near', () => {
    for (const given of ['tilde', 'site', 'salary', 'abc', '', '???', 'x'.repeat(200)])
      assert.equal(nearest(given, NAMES), null, given)
    assert.equal(nearest('costCentre1', ['costCentre2', 'costCentre3']), null)
  })
})
