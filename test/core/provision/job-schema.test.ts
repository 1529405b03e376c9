import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Nulls } from '../../../src/core/plan/mapping/rule.ts'
import { type JobMapping, type JobSchema, judgeSchema } from '../../../src/core/provision/job-schema.ts'

const MANAGER = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager'
const BRAKE = 500

/** An attribute of the directory that is made of one of the same name. */
const mapped = (name: string, more: Partial<JobMapping> = {}): JobMapping => ({
  target: name,
  sources: [name],
  matchingPriority: 0,
  onCreate: false,
  ...more,
})
const KEY = mapped('employeeId', { sources: ['externalId'], matchingPriority: 1 })
const ACTIVE = mapped('accountEnabled', { sources: ['active'] })
/** Of two attributes, so that one of them alone is not its source. */
const both = (target: string, ...sources: readonly string[]): JobMapping => mapped(target, { sources })

interface Given extends Partial<JobSchema> {
  readonly places?: Readonly<Record<string, Nulls>>
}

/** The remarks about a job that is right but for what is given, without that about its threshold. */
function remarks({ places = { active: 'explicit' }, ...more }: Given): readonly string[] {
  const schema: JobSchema = {
    mappings: [KEY, ACTIVE],
    flowsNull: new Set(),
    actions: new Set(['Add', 'Update', 'Delete']),
    scopedBy: [],
    deletionThreshold: BRAKE,
    failures: null,
    ...more,
  }
  const all = judgeSchema(schema, { places: new Map(Object.entries(places)), brakeAbsolute: BRAKE })
  return all.map(({ weight, say }) => `${weight}: ${say}`).filter((one) => !one.includes('in one cycle'))
}
/** The same, each up to a word that ends what is said about names. */
const shortly = (given: Given): readonly string[] =>
  remarks(given).map((one) => one.split(/ so | when |, which|;| though |:(?= turn)/)[0] ?? '')

void it('nothing is said about a job that can do what it is sent', () => {
  assert.deepEqual(remarks({}), [])
})

void describe('accounts', () => {
  const NONE = ['wrong: no attribute that is made of externalId matches accounts']
  void it('have to be matched by an attribute that is made of externalId', () => {
    assert.deepEqual(shortly({ mappings: [ACTIVE] }), NONE)
    assert.deepEqual(shortly({ mappings: [mapped('externalId'), ACTIVE] }), NONE)
    assert.deepEqual(shortly({ mappings: [mapped('mail', { matchingPriority: 1 }), ACTIVE] }), NONE)
    const several = { ...both('employeeId', 'externalId', 'userType'), matchingPriority: 2 }
    assert.deepEqual(shortly({ mappings: [several, ACTIVE] }), [])
  })
  void it('that another attribute matches first could be those of another employee', () => {
    const mail = (matchingPriority: number): JobMapping => mapped('mail', { matchingPriority })
    const second = { ...KEY, matchingPriority: 2 }
    const first = 'good to know: accounts are matched by mail first'
    assert.deepEqual(shortly({ mappings: [second, mail(1), ACTIVE] }), [first])
    assert.deepEqual(shortly({ mappings: [mail(1), second, ACTIVE] }), [first])
    assert.deepEqual(shortly({ mappings: [mail(3), second, ACTIVE] }), [])
    assert.deepEqual(shortly({ mappings: [mail(0), second, ACTIVE] }), [])
  })
})

void it('a job that does not create or update accounts skips such operations', () => {
  const lacking = (...actions: readonly string[]) => shortly({ actions: new Set(actions) })
  assert.deepEqual(lacking('Add'), ['wrong: the target object actions lack Update,'])
  assert.deepEqual(lacking('Update'), ['wrong: the target object actions lack Add,'])
  assert.deepEqual(lacking('Delete'), ['wrong: the target object actions lack Add and Update,'])
  assert.deepEqual(lacking('Add', 'Update'), [])
})

void describe('a place of the record', () => {
  void it('that the job does not map does not reach the directory, and without active nobody is disabled', () => {
    const places = { active: 'explicit', title: 'omit', locale: 'omit' } as const
    const mappings = [KEY, ACTIVE, mapped('locale')]
    assert.deepEqual(shortly({ places, mappings }), ['good to know: title is sent and not mapped,'])
    assert.deepEqual(shortly({ places, mappings: [KEY, mapped('locale')] }), [
      'wrong: active is not mapped,',
      'good to know: title is sent and not mapped,',
    ])
    assert.deepEqual(shortly({ places, mappings: [KEY, ACTIVE] }), [
      'good to know: title, locale are sent and not mapped,',
    ])
  })

  void it('may be one of several that an attribute is made of', () => {
    const places = { active: 'explicit', title: 'omit' } as const
    assert.deepEqual(shortly({ places, mappings: [KEY, ACTIVE, both('jobTitle', 'locale', 'title')] }), [])
  })

  void it('that is mapped for new accounts only does not change later', () => {
    const places = { active: 'explicit', title: 'omit', locale: 'omit' } as const
    const once = { onCreate: true }
    assert.deepEqual(shortly({ places, mappings: [KEY, ACTIVE, mapped('title', once), mapped('locale')] }), [
      'good to know: title is mapped for new accounts only,',
    ])
    // Another attribute that follows the place carries its changes.
    const follows = [mapped('title', once), mapped('title'), mapped('locale', once), both('x', 'locale', 'y')]
    assert.deepEqual(shortly({ places, mappings: [KEY, ACTIVE, ...follows] }), [])
  })

  void it('is wrong to set for new accounts only where it is active, and then said once', () => {
    const once = mapped('accountEnabled', { sources: ['active', 'userType'], onCreate: true })
    const said = ['wrong: active is mapped to accountEnabled for new accounts only']
    assert.deepEqual(shortly({ mappings: [KEY, once] }), said)
    assert.deepEqual(shortly({ mappings: [KEY, once, { ...once, target: 'another' }] }), said)
  })

  void it('of the manager is mapped by the attribute without its part', () => {
    const places = { active: 'explicit', [`${MANAGER}.value`]: 'explicit' } as const
    const mappings = [KEY, ACTIVE, mapped(MANAGER)]
    assert.deepEqual(shortly({ places, mappings }), [`good to know: ${MANAGER}.value is not cleared`])
    const [remark = ''] = remarks({ places, mappings, flowsNull: new Set([MANAGER]) })
    assert.match(remark, /^good to know: "Flow null values" has to be on/)
  })

  void it('is named in a list of eight, and more are counted', () => {
    const names = (count: number) => Array.from({ length: count }, (_, index) => `x${index + 1}`)
    const placesOf = (count: number) =>
      Object.fromEntries([['active', 'omit'], ...names(count).map((name) => [name, 'omit'])])
    assert.deepEqual(shortly({ places: placesOf(8) }), [
      `good to know: ${names(8).join(', ')} are sent and not mapped,`,
    ])
    assert.deepEqual(shortly({ places: placesOf(10) }), [
      `good to know: ${names(8).join(', ')} and 2 more are sent and not mapped,`,
    ])
  })
})

void describe('a value that HR clears', () => {
  const mappings = [KEY, ACTIVE, mapped('title'), mapped('userName')]
  void it('stays in the directory unless a null may flow, which takes the mapping too', () => {
    const places = { active: 'explicit', title: 'explicit' } as const
    assert.deepEqual(shortly({ places, mappings }), ['good to know: title is not cleared'])
    assert.deepEqual(shortly({ places, mappings, flowsNull: new Set(['title']) }), [
      'good to know: "Flow null values" has to be on in the mapping of an attribute as well',
    ])
  })
  void it('is left out of the record where the mapping omits nulls, and is never that of a key or active', () => {
    const omitted = { active: 'explicit', title: 'omit' } as const
    assert.deepEqual(shortly({ places: omitted, mappings }), [])
    const kept = { active: 'explicit', userName: 'explicit', externalId: 'explicit' } as const
    assert.deepEqual(shortly({ places: kept, mappings }), [])
  })
  void it('is not spoken of where the job does not map the place at all', () => {
    const places = { active: 'explicit', locale: 'explicit' } as const
    assert.deepEqual(shortly({ places, mappings }), ['good to know: locale is sent and not mapped,'])
  })
  void it('is spoken of when it is a key that accounts are found or made by', () => {
    const one = shortly({ mappings, flowsNull: new Set(['externalId']) })
    assert.deepEqual(one, ['good to know: externalId may be cleared ("Flow null values"),'])
    const two = shortly({ mappings, flowsNull: new Set(['externalId', 'userName', 'title']) })
    assert.deepEqual(two, ['good to know: externalId, userName may be cleared ("Flow null values"),'])
  })
})

void it('a scoping filter leaves employees out', () => {
  assert.deepEqual(shortly({ scopedBy: ['userType', 'country'] }), [
    'good to know: a scoping filter on userType, country leaves employees out',
  ])
})

void it('a threshold below the brake stops the whole job before the brake holds any', () => {
  const say = (deletionThreshold: number | null): string =>
    judgeSchema(
      {
        mappings: [KEY, ACTIVE],
        flowsNull: new Set(),
        actions: new Set(['Add', 'Update']),
        scopedBy: [],
        deletionThreshold,
        failures: null,
      },
      { places: new Map(), brakeAbsolute: BRAKE },
    )[0]?.say ?? ''
  assert.match(say(BRAKE - 1), /^more than 499 deactivations .*, before the brake holds any/)
  assert.equal(say(BRAKE), 'more than 500 deactivations in one cycle put the job into quarantine')
  assert.match(say(null), /^no accidental-deletion threshold is set/)
})

void it('failed operations that the job retries are counted beside the limits of quarantine', () => {
  const failing = (withReferences: number, escrowed = 0) =>
    remarks({ failures: { escrowed, withReferences, synchronized: 10 } })
  assert.deepEqual(failing(0), [])
  const [one = ''] = failing(1)
  assert.match(one, /retries failed operations itself: 0 of 5,000 .*, 0 of 40,001 .*, 1 of 60,001/)
})
