import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { FilterError, parseFilter } from '../../../src/local/entra/log/filter.ts'
import { createPeak, createWindow } from '../../../src/local/entra/http/limits.ts'
import type { ScopeClause } from '../../../src/local/entra/mapping/mapping-settings.ts'
import { createRandom, shuffled } from '../../../src/local/entra/support/random.ts'
import { createRows } from '../../../src/local/entra/directory/row.ts'
import {
  CORE_USER,
  createUnflatten,
  ENTERPRISE_USER,
  flatten,
  parsePath,
} from '../../../src/local/entra/directory/scim.ts'
import { createScope } from '../../../src/local/entra/mapping/scope.ts'
import { logRecords, open, employee, provision, upload } from './support.ts'
import { runs } from '../../fakes/runs.ts'

void test('no window holds more calls than its limit, and a place becomes free exactly when announced', () => {
  const steps = fc.array(fc.nat(40), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 100 }),
      (gaps, limit, windowMs) => {
        const window = createWindow(limit, windowMs)
        const peak = createPeak(windowMs)
        const taken: number[] = []
        let now = 1_000
        for (const gap of gaps) {
          now += gap
          const inside = taken.filter((at) => at > now - windowMs)
          const wait = window.take(now)
          assert.equal(wait === 0, inside.length < limit)
          if (wait === 0) {
            taken.push(now)
            peak.add(now)
          } else assert.equal(wait, (inside[inside.length - limit] ?? 0) + windowMs - now)
          assert.ok(window.count(now) <= limit)
        }
        assert.ok(peak.value <= limit)
      },
    ),
  )
})

void test('a window of many calls forgets the old ones', () => {
  const window = createWindow(10, 10)
  for (let now = 0; now < 10_000; now += 1) assert.equal(window.take(now), 0)
  assert.equal(window.count(10_000), 9)
})

void test('shuffling keeps everything', () => {
  const items = Array.from({ length: 100 }, (_, index) => index)
  const mixed = shuffled(items, createRandom(3))
  assert.notDeepEqual(mixed, items)
  assert.deepEqual(
    [...mixed].sort((a, b) => a - b),
    items,
  )
})

void test('a SCIM user is the same after flattening and unflattening', () => {
  const name = fc.oneof(
    fc.stringMatching(/^[a-z]{1,8}$/),
    fc.constantFrom('__proto__', 'a.b', 'constructor', 'urn:x:User', ENTERPRISE_USER),
  )
  const scalar = fc.oneof(fc.string({ minLength: 1 }), fc.integer(), fc.boolean())
  const inner = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), scalar, { minKeys: 1, maxKeys: 3 })
  const work = inner.map((rest) => [{ value: 'v', ...rest, type: 'work' }])
  const user = fc.dictionary(
    name,
    fc.oneof(scalar, inner, work, fc.array(scalar, { minLength: 1, maxLength: 3 })),
    { maxKeys: 5 },
  )
  const parts = new Set(['schemas', 'id', 'meta', 'resourceType'])
  fc.assert(
    fc.property(user, (data) => {
      const rows = createRows(parsePath)
      const kept = Object.fromEntries(Object.entries(data).filter(([key]) => !parts.has(key)))
      const row = rows.row(flatten({ ...kept, schemas: [CORE_USER] }, rows))
      assert.deepEqual(
        JSON.parse(JSON.stringify(createUnflatten(rows)(row))),
        JSON.parse(JSON.stringify(kept)),
      )
    }),
    { numRuns: 500 },
  )
})

void test('each operator of a scope clause selects the users it names', () => {
  const rows = createRows(parsePath)
  const bo = rows.row(flatten({ title: 'Guide', active: true }, rows))
  const ann = rows.row(flatten({ title: 'Lead', active: false, nickName: 'A' }, rows))
  const cases: readonly (readonly [Omit<ScopeClause, 'value'>, string, boolean, boolean])[] = [
    [{ source: 'title', operator: 'EQUALS' }, 'Guide', true, false],
    [{ source: 'title', operator: 'NOT EQUALS' }, 'Guide', false, true],
    [{ source: 'active', operator: 'IS TRUE' }, '', true, false],
    [{ source: 'active', operator: 'IS FALSE' }, '', false, true],
    [{ source: 'nickName', operator: 'IS NULL' }, '', true, false],
    [{ source: 'nickName', operator: 'IS NOT NULL' }, '', false, true],
    [{ source: 'title', operator: 'INCLUDES' }, 'uid', true, false],
    [{ source: 'title', operator: 'REGEX MATCH' }, 'G.*', true, false],
    [{ source: 'title', operator: 'NOT REGEX MATCH' }, 'G.*', false, true],
  ]
  for (const [clause, value, ofBo, ofAnn] of cases) {
    const isIn = createScope([[{ ...clause, value }]])
    assert.deepEqual([isIn(bo), isIn(ann)], [ofBo, ofAnn], clause.operator)
  }
})

void test('a filter is read or refused, and never anything else', () => {
  const word = fc.constantFrom(
    'jobId',
    'eq',
    'gt',
    "'x'",
    "'O''x'",
    'and',
    'or',
    'not',
    '(',
    ')',
    ',',
    'contains',
    'null',
    'true',
    '1',
    '2026-01-01',
    "'",
    'x/y',
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), (words) => {
      try {
        parseFilter(words.join(' '))
      } catch (error) {
        assert.ok(error instanceof FilterError)
      }
    }),
    { numRuns: runs(2_000) },
  )
})

void test('every field of a record with a plain value can be filtered by', async (t) => {
  const entra = await open(t)
  await provision(entra, employee('1'), employee('2', { userName: undefined }))
  const [record] = await logRecords(entra, "sourceIdentity/id eq '1'")
  assert.ok(record !== undefined)
  let asked = 0
  async function ask(value: unknown, path: string): Promise<void> {
    if (typeof value === 'object' && value !== null) {
      if (Array.isArray(value) || path.endsWith('etails') || path.endsWith('ystem')) return
      for (const [key, part] of Object.entries(value)) await ask(part, path === '' ? key : `${path}/${key}`)
    } else if (typeof value === 'string' && path !== 'initiatedBy/initiatorType') {
      asked += 1
      const literal = path === 'activityDateTime' ? value : `'${value}'`
      assert.ok(
        (await logRecords(entra, `${path} eq ${literal}`)).some(({ id }) => id === record?.id),
        path,
      )
    }
  }
  await ask(record, '')
  assert.ok(asked > 15, String(asked))
  assert.equal((await logRecords(entra, 'durationInMilliseconds gt 0')).length, 2)
  assert.equal(
    (
      await logRecords(
        entra,
        "action eq 'create' and statusInfo/status eq 'failure' and provisioningStatusInfo/status ne 'success'",
      )
    ).length,
    1,
  )
  assert.equal((await logRecords(entra, "startswith(targetIdentity/displayName, 'Employee')")).length, 1)
  assert.equal(
    (
      await logRecords(
        entra,
        "sourceSystem/displayName eq 'API' and targetSystem/displayName eq 'Azure Active Directory'",
      )
    ).length,
    2,
  )
})

void test('no account is created disabled when that is switched off', async (t) => {
  const entra = await open(t, { createDisabled: false })
  await provision(entra, employee('1', { active: false }))
  const [record] = await logRecords(entra)
  assert.equal(record?.provisioningStatusInfo.errorInformation?.errorCode, 'NotPermitted')
})

void test('a directory of thousands is returned whole', async (t) => {
  const entra = await open(t)
  for (let call = 0; call < 60; call += 1)
    await upload(entra, ...Array.from({ length: 50 }, (_, index) => employee(`${call}-${index}`)))
  await entra.runCycle()
  const response = await fetch(`http://127.0.0.1:${entra.port}/directory`)
  const directory: Readonly<Record<string, unknown>> = JSON.parse(await response.text())
  assert.equal(Object.keys(directory).length, 3_000)
  assert.deepEqual(directory, await entra.directory())
})
