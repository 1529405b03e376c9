import assert from 'node:assert/strict'
import { it } from 'node:test'
import jsonata from 'jsonata'
import { namesOf } from '../../../src/core/expression/names.ts'

void it('the fields of an expression are those of its input, without those of an object that it makes', () => {
  const { fields, variables } = namesOf(jsonata("{ 'made': $trim(title), 'kept': grade }.made").ast())
  assert.deepEqual([...fields].toSorted(), ['grade', 'title'])
  assert.deepEqual([...variables], ['trim'])
})

void it('an expression may hold null', () => {
  assert.deepEqual([...namesOf(jsonata("{ 'made': null, 'kept': grade }").ast()).fields], ['grade'])
})
