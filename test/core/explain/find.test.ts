import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { findByReference, findNamed } from '../../../src/core/explain/find.ts'

/** A ledger in which these texts name these employees. */
const ledger = (named: Readonly<Record<string, readonly string[]>> = {}) => ({
  findEmployeeIds: async (text: string) => named[text] ?? [],
})

void describe('a reference is looked for', () => {
  /** What is found under the reference in a ledger with these things, and what was looked for. */
  const find = async (
    things: readonly string[],
    reference: string,
    named: Readonly<Record<string, readonly string[]>> = {},
  ) => {
    const lookedFor: string[] = []
    const found = await findByReference(
      ledger(named),
      reference,
      async (one) => {
        lookedFor.push(one)
        return things.includes(one) ? one : null
      },
      (one) => one !== null,
    )
    return { found, lookedFor }
  }

  void test('as it is written first, because an event id may hold any character', async () => {
    assert.deepEqual(await find([' e-1', 'e-1'], ' e-1'), { found: ' e-1', lookedFor: [' e-1'] })
  })
  void test('then in the form of employee ids, and then under the employee with that user name', async () => {
    assert.equal((await find(['10001'], ' 10001\u200b')).found, '10001')
    const named = { 'ada@example.com': ['10001'] }
    assert.deepEqual(await find(['10001'], 'ada@example.com', named), {
      found: '10001',
      lookedFor: ['ada@example.com', '10001'],
    })
  })
  void test('in vain where nothing in it is visible, and nothing is looked for twice', async () => {
    assert.deepEqual(await find([''], ' \u200b'), { found: null, lookedFor: [' \u200b'] })
    assert.deepEqual(await find([], '10001'), { found: null, lookedFor: ['10001'] })
  })
  void test('and refused where several employees have the name', async () => {
    await assert.rejects(find(['10001'], 'ada', { ada: ['10001', '10002'] }), {
      code: 'EmployeeAmbiguous',
      message: /^2 employees have this .*: 10001, 10002; name one of them by its id$/,
    })
  })
})

void describe('the employee that a text names', () => {
  const named = ledger({ ada: ['10001'], twins: ['10001', '10002'] })
  void test('is the one with that user name, or else the one with that id', async () => {
    assert.equal(await findNamed(named, ' ada '), '10001')
    assert.equal(await findNamed(named, ' 10007 '), '10007')
  })
  void test('is not chosen among several', async () => {
    await assert.rejects(findNamed(named, 'twins'), { code: 'EmployeeAmbiguous', message: /10001, 10002/ })
  })
})
