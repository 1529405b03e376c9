import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ENTERPRISE, logRecords, open, employee, upload } from './support.ts'

type Value = string | null | undefined

interface Sent {
  readonly key: string
  readonly active: boolean
  readonly title: Value
  readonly givenName: Value
  readonly department: Value
  readonly manager: Value
}

const value = fc.constantFrom<Value[]>('a', 'b', '', null, undefined)
const key = fc.constantFrom('1', '2', '3', '4')
const sent: fc.Arbitrary<Sent> = fc.record({
  key,
  active: fc.boolean(),
  title: value,
  givenName: value,
  department: value,
  manager: fc.option(key, { nil: undefined }),
})

const toUser = ({
  key,
  active,
  title,
  givenName,
  department,
  manager,
}: Sent): Readonly<Record<string, unknown>> =>
  employee(key, {
    active,
    title,
    name: { givenName },
    [ENTERPRISE]: { department, ...(manager === undefined ? {} : { manager: { value: manager } }) },
  })

/** What the directory must hold: the rule written down a second time, as simply as can be. */
function expect(
  operations: readonly Sent[],
  flowNulls: boolean,
): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const records = new Map<string, Map<string, string | boolean>>()
  for (const { key, active, title, givenName, department, manager } of operations) {
    const record = flowNulls
      ? new Map<string, string | boolean>()
      : (records.get(key) ?? new Map<string, string | boolean>())
    for (const [name, one] of Object.entries({ title, givenName, department, manager })) {
      if (one !== undefined && one !== null && one !== '') record.set(name, one)
    }
    records.set(key, record.set('active', active))
  }
  return Object.fromEntries([...records].map(([key, record]) => [key, Object.fromEntries(record)]))
}

const isObject = (part: unknown): part is Readonly<Record<string, unknown>> =>
  typeof part === 'object' && part !== null

function flat(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const [name, enterprise] = [record['name'], record[ENTERPRISE]]
  const manager = isObject(enterprise) ? enterprise['manager'] : undefined
  const found = {
    active: record['active'],
    title: record['title'],
    givenName: isObject(name) ? name['givenName'] : undefined,
    department: isObject(enterprise) ? enterprise['department'] : undefined,
    manager: isObject(manager) ? manager['value'] : undefined,
  }
  return Object.fromEntries(Object.entries(found).filter(([, one]) => one !== undefined))
}

for (const flowNulls of [true, false]) {
  void test(`whatever is sent in whatever cycles, the directory holds what a simple model holds, nulls ${flowNulls ? 'flowing' : 'held'}`, async (t) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(sent, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 }),
        async (cycles) => {
          const entra = await open(t, { flowNulls })
          for (const operations of cycles) {
            await upload(entra, ...operations.map(toUser))
            await entra.runCycle()
          }
          const all = cycles.flat()
          const directory = await entra.directory()
          const held = Object.fromEntries(
            Object.entries(directory).map(([id, { record }]) => [id, flat(record)]),
          )
          assert.deepEqual(held, expect(all, flowNulls))

          // One record for each operation, and one more for each manager found later.
          const records = await logRecords(entra)
          const followUps = records.filter(({ provisioningSteps }) => provisioningSteps.length === 1)
          assert.equal(records.length - followUps.length, all.length)
          assert.equal(new Set(records.map(({ changeId }) => changeId)).size, all.length)
          assert.deepEqual(
            (await entra.truth()).map(({ recordId }) => recordId).sort(),
            records.map(({ id }) => id).sort(),
          )
          for (const { operations, record } of Object.values(directory)) {
            assert.equal(operations, all.filter(({ key }) => key === record['externalId']).length)
          }
          await entra.stop()
        },
      ),
      { numRuns: 60 },
    )
  })
}
