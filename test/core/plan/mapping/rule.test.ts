import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { evaluateHere } from '../../../../src/core/expression/evaluate.ts'
import type { Attribute, Json } from '../../../../src/core/model.ts'
import { compileMapping, type MappedRecord } from '../../../../src/core/plan/mapping/mapping.ts'
import type { Rule } from '../../../../src/core/plan/mapping/rule.ts'
import type { Decision } from '../../../../src/core/ledger/decision.ts'
import { leavesFold } from '../../../../src/core/ledger/event-reason.ts'
import type { Employee, EmployeeEvent } from '../../../../src/core/ledger/employee.ts'
import { planEmployee } from '../../../../src/core/plan/decide/plan.ts'
import { parseRecord } from '../../../../src/core/plan/mapping/record.ts'
import { CORE_USER, ENTERPRISE_USER } from '../../../../src/core/plan/mapping/scim.ts'
import { day, ledgerEvent } from '../../../fakes/events.ts'

const ACME = 'urn:ietf:params:scim:schemas:extension:acme:2.0:User'
const active: Rule = { to: 'active', from: 'active' }

function attributes(values: Readonly<Record<string, Json>>): ReadonlyMap<string, Attribute> {
  return new Map(Object.entries(values).map(([path, value]) => [path, { value, by: 1 }]))
}
async function map(
  rules: readonly Rule[],
  values: Readonly<Record<string, Json>>,
  required: readonly string[] = [],
): Promise<MappedRecord> {
  return compileMapping(rules, required, evaluateHere()).map('10001', attributes(values))
}

void describe('a mapping', () => {
  void test('returns synchronously when every rule copies or is simple, and a promise when JSONata computes one', () => {
    const plain = compileMapping([{ from: 'active', to: 'active' }])
    assert.ok(!(plain.map('1', attributes({})) instanceof Promise))
    const simple = compileMapping([active, { to: 'title', from: { jsonata: 'title' } }], [], evaluateHere())
    assert.ok(!(simple.map('1', attributes({ title: 'Lead' })) instanceof Promise))
    assert.ok(simple.map('1', attributes({ title: ['Lead'] })) instanceof Promise)
    const computing = compileMapping(
      [active, { to: 'title', from: { jsonata: '$substring(title, 0, 3)' } }],
      [],
      evaluateHere(),
    )
    assert.ok(computing.map('1', attributes({})) instanceof Promise)
  })

  void test('computes over the worker as HR gave it, without cleared attributes', async () => {
    const rules: readonly Rule[] = [
      active,
      { to: 'displayName', from: { jsonata: "name.givenName & ' ' & name.familyName" } },
      { to: 'nickName', from: { jsonata: '$employee' } },
    ]
    const { record, failure } = await map(rules, {
      active: true,
      'name.givenName': 'Ann',
      'name.familyName': null,
    })
    assert.equal(failure, null)
    assert.equal(record['displayName'], 'Ann ')
    assert.equal(record['nickName'], '10001')
  })

  void test('computes over attributes that share a parent, at any depth', async () => {
    const rules: readonly Rule[] = [
      active,
      { to: 'displayName', from: { jsonata: "name.givenName & ' ' & name.familyName" } },
      {
        to: 'nickName',
        from: { jsonata: "address.work.locality & ', ' & address.work.region & address.home" },
      },
    ]
    const { record } = await map(rules, {
      'name.givenName': 'Ann',
      'name.familyName': 'Lee',
      'address.work.locality': 'Oslo',
      'address.work.region': 'East',
      'address.home': '!',
    })
    assert.deepEqual([record['displayName'], record['nickName']], ['Ann Lee', 'Oslo, East!'])
  })

  void test('lists every custom URN it uses, and none it does not', async () => {
    const { record } = await map([active, { to: `${ACME}:building`, from: 'office.building' }], {
      active: true,
      'office.building': 7,
    })
    assert.deepEqual(record['schemas'], [CORE_USER, ENTERPRISE_USER, ACME])
    assert.deepEqual(record[ACME], { building: '7' })
  })

  void test('uses constants and defaults for missing and cleared values', async () => {
    const rules: readonly Rule[] = [
      active,
      { to: 'userType', from: { constant: 'Employee' } },
      { to: 'title', from: 'title', default: 'none' },
      { to: 'locale', from: { jsonata: 'locale' }, default: 'en-US' },
    ]
    const { record } = await map(rules, { active: true, title: null })
    assert.deepEqual([record['userType'], record['title'], record['locale']], ['Employee', 'none', 'en-US'])
  })

  void test('sends an explicit null for a cleared value, nothing for an unknown one, and nothing at all if configured so', async () => {
    const rules: readonly Rule[] = [
      active,
      { to: 'title', from: 'title' },
      { to: 'nickName', from: 'nickName', nulls: 'omit' },
      { to: 'locale', from: 'locale' },
      { to: 'displayName', from: { jsonata: 'name.givenName' } },
      { to: 'timezone', from: { jsonata: 'zone' } },
    ]
    const { record } = await map(rules, { active: true, title: null, nickName: null, 'name.givenName': null })
    const { schemas: _, externalId: __, ...rest } = record
    assert.deepEqual(rest, { active: true, title: null, displayName: null })
  })

  void test('clears a computed value once anything that it reads was known, and leaves it out before', async () => {
    const title = async (jsonata: string, values: Readonly<Record<string, Json>>) =>
      (await map([active, { to: 'title', from: { jsonata } }], values)).record['title']
    assert.equal(await title("$lookup($, 'title')", {}), undefined)
    assert.equal(await title("$lookup($, 'title')", { active: true }), null)
    assert.equal(await title('$keys(job)[0]', { 'job.title': null }), null)
    assert.equal(await title('[job.title, role][0]', { 'job.title': null }), null)
    assert.equal(await title('$keys(job)[0]', { 'jobs.title': null, jobTitle: null }), undefined)
  })

  void test('names a missing required attribute, or its target when it is computed', async () => {
    const rules: readonly Rule[] = [
      { ...active, required: true },
      { to: 'userName', from: 'login', required: true },
      { to: 'displayName', from: { jsonata: 'full' }, required: true },
    ]
    assert.deepEqual((await map(rules, { active: true })).missing, ['login', 'displayName'])
  })

  void test('uses the attributes that its copies name and its computations read', () => {
    const { uses } = compileMapping(
      [active, { to: 'title', from: 'title' }, { to: 'displayName', from: { jsonata: 'name.givenName' } }],
      [],
      evaluateHere(),
    )
    for (const path of ['title', 'active', 'name.givenName', 'name']) assert.ok(uses(path), path)
    for (const path of ['name.familyName', 'salary']) assert.ok(!uses(path), path)
    assert.ok(
      compileMapping([active, { to: 'title', from: { jsonata: '$string($)' } }], [], evaluateHere()).uses(
        'anything.at.all',
      ),
    )
  })

  void test('is refused, and the error names the rule', () => {
    const refused = (rule: Rule, message: RegExp): void =>
      assert.throws(() => compileMapping([active, rule], [], evaluateHere()), {
        code: 'MappingInvalid',
        message,
      })
    refused({ to: 'emails[type eq "store"].value', from: 'a' }, /processes only emails\[type eq "work"\]/)
    refused({ to: 'emails', from: 'a' }, /processes only/)
    refused({ to: 'no place', from: 'a' }, /not a SCIM attribute/)
    refused({ to: 'title', from: '' }, /the source is empty/)
    refused({ to: 'externalId', from: 'a' }, /set by the connector/)
    refused({ to: 'title', from: { jsonata: 'a(' } }, /mapping of "title": the expression is not JSONata/)
    refused(
      { to: 'title', from: { jsonata: '$contains(title, /(a)\\1/)' } },
      /mapping of "title": the expression uses the regular expression \/\(a\)\\1\/, which cannot be matched in linear time/,
    )
  })

  void test('never activates an employee', () => {
    for (const rule of [
      { to: 'active', from: { constant: true } },
      { to: 'active', from: 'active', default: true },
      { to: 'active', from: { jsonata: 'true' } },
      { to: 'active', from: 'employed' },
    ] as const)
      for (const rules of [[rule], [rule, { to: 'title', from: 'title' }]])
        assert.throws(() => compileMapping(rules, [], evaluateHere()), {
          code: 'MappingInvalid',
          message: /active/,
        })
  })

  void test('refuses a computed text that is longer than any attribute of the directory', async () => {
    const rules: readonly Rule[] = [active, { to: 'title', from: { jsonata: "$pad('', 40000, 'x')" } }]
    const { record, failure } = await map(rules, { active: true })
    assert.match(failure?.why ?? '', /gives a text of more than 32768 characters/)
    assert.ok(!('title' in record))
    const fits = { to: 'title', from: { jsonata: "$pad('', 32768, 'x')" } }
    assert.equal((await map([active, fits], { active: true })).failure, null)
  })

  void test('refuses a list or an object where one value belongs, and leaves the place out', async () => {
    for (const [value, why] of [
      [['a', 'b'], /gives a list/],
      [{ en: 'a' }, /gives an object/],
    ] as const) {
      const { record, failure } = await map([active, { to: 'title', from: { jsonata: 'titles' } }], {
        active: true,
        titles: value,
      })
      assert.equal(failure?.rule, 'title')
      assert.match(failure.why, why)
      assert.ok(!('title' in record))
      assert.deepEqual([failure.reads('titles'), failure.reads('active')], [true, false])
    }
  })

  void test('knows which attributes can reach a place, and none for a place that no rule fills', () => {
    const { readsOf } = compileMapping([
      { to: 'active', from: 'active' },
      { to: 'title', from: 'title' },
      { to: 'title', from: 'role' },
    ])
    assert.deepEqual(['title', 'role', 'active'].map(readsOf('title')), [true, true, false])
    assert.equal(readsOf('nickName')('title'), false)
  })

  void test('does not confuse names of attributes with names of JavaScript', async () => {
    await map([active, { to: 'title', from: { jsonata: 'title' } }], {
      active: true,
      '__proto__.polluted': 'x',
      'constructor.prototype.polluted': 'x',
    })
    assert.equal(Reflect.get({}, 'polluted'), undefined)
  })
})

void describe('a rule that fails for one employee', () => {
  const rules = {
    mapping: compileMapping(
      [
        active,
        { to: 'userName', from: 'userName' },
        { to: 'title', from: { jsonata: '$string($number(grade))' } },
      ],
      [],
      evaluateHere(),
    ),
    digest: (text: string) => createHash('sha256').update(text).digest('hex'),
  }
  const event = (seq: number, more: Partial<EmployeeEvent> = {}): EmployeeEvent => {
    const state = more.state ?? 'received'
    return {
      ...ledgerEvent(seq, more),
      state,
      reason: null,
      dead: state === 'dead-lettered' && leavesFold(null),
    }
  }
  const plan = async (
    events: readonly EmployeeEvent[],
    more: Partial<Employee> = {},
  ): Promise<Extract<Decision, { kind: 'decided' }>> => {
    const employee = {
      employeeId: '10001',
      revision: 1,
      events,
      acceptedHash: null,
      known: false,
      unanswered: [],
      ...more,
    }
    const decision = await planEmployee(employee, day(30), rules)
    assert(decision.kind === 'decided')
    return decision
  }
  const hired = event(1, { worker: { userName: 'ann@contoso.com', active: true } })
  const graded = event(2, { effectiveAt: day(2), worker: { grade: 'not a number' } })

  void test('dead-letters the open event that caused it, names the rule and no value, and sends the others', async () => {
    const { events, operation } = await plan([hired, graded])
    const dead = events.find(({ seq }) => seq === 2)
    assert.deepEqual([dead?.state, dead?.reason], ['dead-lettered', 'MappingFailed'])
    assert.match(dead?.detail ?? '', /^title: a value cannot be converted to a number/)
    assert.ok(!JSON.stringify(events).includes('not a number'))
    assert.equal(events.find(({ seq }) => seq === 1)?.state, 'planned')
    assert.equal(parseRecord(operation?.record ?? '{}')['userName'], 'ann@contoso.com')
  })

  void test('dead-letters all open events when a finished one caused it, and sends nothing', async () => {
    const { events, operation } = await plan([
      { ...hired, state: 'confirmed' },
      { ...graded, state: 'confirmed' },
      event(3, { effectiveAt: day(3), worker: { userName: 'b@contoso.com' } }),
      event(4, { effectiveAt: day(200), worker: { userName: 'c@contoso.com' } }),
    ])
    assert.deepEqual(
      events.map(({ seq, state }) => [seq, state]),
      [
        [3, 'dead-lettered'],
        [4, 'held'],
      ],
    )
    assert.equal(operation, null)
  })

  void test('restores the values that the dead event hid', async () => {
    const { events, operation } = await plan([
      hired,
      event(2, { effectiveAt: day(2), worker: { grade: '7' } }),
      { ...graded, seq: 3, id: 'e-3', effectiveAt: day(3) },
    ])
    assert.deepEqual(
      events.map(({ seq, state }) => [seq, state]),
      [
        [3, 'dead-lettered'],
        [1, 'planned'],
        [2, 'planned'],
      ],
    )
    assert.equal(parseRecord(operation?.record ?? '{}')['title'], '7')
  })

  void test('does not keep a leaver active: the record is sent without the target that failed', async () => {
    const { events, operation } = await plan([
      hired,
      graded,
      event(3, { effectiveAt: day(3), worker: { active: false } }),
    ])
    assert.deepEqual(
      events.map(({ seq, state }) => [seq, state]),
      [
        [2, 'dead-lettered'],
        [1, 'planned'],
        [3, 'planned'],
      ],
    )
    const record = parseRecord(operation?.record ?? '{}')
    assert.equal(record['active'], false)
    assert.ok(!('title' in record))
  })

  void test('never dead-letters the termination itself', async () => {
    const { events, operation } = await plan([
      hired,
      event(3, { effectiveAt: day(3), worker: { active: false, grade: 'not a number' } }),
    ])
    assert.ok(events.every(({ state }) => state === 'planned'))
    assert.equal(operation?.active, false)
  })
})
