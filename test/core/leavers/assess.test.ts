import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assessLeaver } from '../../../src/core/leavers/assess.ts'
import { LEAVER_CAUSES } from '../../../src/core/leavers/causes.ts'
import type { Employee, EmployeeEvent } from '../../../src/core/ledger/employee.ts'
import type { LeaverCase, LeaverView } from '../../../src/core/ledger/port/leavers.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'
import { day } from '../../fakes/events.ts'
import { employee, personEvent } from '../../fakes/people.ts'

const HOUR_MS = DAY_MS / 24
const NOW = day(7)
const OPENED = day(3)

interface Told extends Partial<Omit<LeaverView, 'leaverCase' | 'employee' | 'last' | 'emergency'>> {
  readonly events?: readonly EmployeeEvent[]
  readonly employee?: Partial<Employee> | null
  readonly leaverCase?: Partial<LeaverCase>
  readonly last?: Partial<NonNullable<LeaverView['last']>> | null
  readonly emergency?: Partial<LeaverView['emergency']>
}

const hired = personEvent(1, { worker: { userName: 'a@contoso.com', active: true }, effectiveAt: day(1) })
/** The event of the case. */
const left = personEvent(2, {
  worker: { active: false },
  effectiveAt: day(5),
  recordedAt: day(3),
  state: 'confirmed',
})
const DISABLED = { disabled: true, since: day(6) }
const becomesActive = { unanswered: [{ id: 'o-1', state: 'accepted', active: true }] } as const
const isSent = { unanswered: [{ id: 'o-1', state: 'accepted', active: false }] } as const
const operation = {
  state: 'confirmed',
  active: false,
  code: null,
  endedAt: null,
  tookNothing: false,
} as const

/** `[as, at, by the emergency lane]` or `[cause, detail, when it is resent]` of the case of `left`. */
function assessed({ events = [hired, left], ...told }: Told): readonly unknown[] {
  const leaverCase = {
    id: 1,
    employeeId: '10001',
    event: { source: '/hr/acme', id: 'e-2' },
    effectiveAt: day(5),
    recordedAt: day(3),
    receivedAt: day(3),
    openedAt: OPENED,
    resends: 0,
    refused: false,
  }
  const assessment = assessLeaver(
    {
      candidates: [],
      directory: { disabled: false, since: null },
      brake: null,
      ...told,
      leaverCase: { ...leaverCase, ...told.leaverCase },
      employee: told.employee === null ? null : employee(events, { known: true, ...told.employee }),
      emergency: { disabledAt: null, wait: null, ...told.emergency },
      last: told.last ? { ...operation, ...told.last } : null,
    },
    NOW,
  )
  if (assessment.kind === 'ended') return [assessment.as, assessment.at, assessment.byEmergency]
  const { cause, detail, nextAt } = assessment
  const isUnderWay = cause === 'under-way' || cause === 'behind-another'
  assert.equal(LEAVER_CAUSES[cause].waits, isUnderWay || nextAt !== null, `${cause}: only a person closes it`)
  return [cause, detail, nextAt]
}

type Case = readonly [when: string, told: Told, expected: readonly unknown[]]
function check(cases: readonly Case[]): void {
  for (const [when, told, expected] of cases) assert.deepEqual(assessed(told), expected, when)
}

void describe('a leaver case ends', () => {
  void it('with proof: the account is disabled and nothing may enable it', () => {
    check([
      ['the log said when', { directory: DISABLED }, ['proven', day(6), false]],
      ['nobody knows when', { directory: { disabled: true, since: null } }, ['proven', NOW, false]],
      [
        'not yet disabled',
        { directory: { disabled: false, since: day(6) } },
        ['unproven', null, OPENED + HOUR_MS],
      ],
      [
        'an activation is on its way',
        { directory: DISABLED, employee: becomesActive },
        ['under-way', null, null],
      ],
    ])
  })
  void it('at the first proof, which the emergency lane may have given', () => {
    const lane = (disabledAt: number): Told => ({ directory: DISABLED, emergency: { disabledAt } })
    check([
      ['before the log', lane(day(4)), ['proven', day(4), true]],
      ['before the case was opened', lane(day(2)), ['proven', OPENED, true]],
      ['at the same moment', lane(day(6)), ['proven', day(6), false]],
      ['after the log', lane(day(6) + 1), ['proven', day(6), false]],
    ])
  })
  void it('when its event no longer ends the employment, unless another one does', () => {
    const rescind = personEvent(3, { effectiveAt: day(6), rescinds: { source: '/hr/acme', id: 'e-2' } })
    const before = personEvent(4, { worker: { active: false }, effectiveAt: day(4) })
    const discarded: EmployeeEvent = { ...left, dead: true, state: 'dead-lettered', discarded: true }
    const later = { effectiveAt: day(9) }
    const tomorrow = { ...left, ...later }
    check([
      ['rescinded', { events: [hired, left, rescind] }, ['rescinded', NOW, false]],
      ['discarded', { events: [hired, discarded] }, ['discarded', NOW, false]],
      [
        'discarded before its date',
        { events: [hired, { ...discarded, ...later }], leaverCase: later },
        ['discarded', NOW, false],
      ],
      [
        'rescinded after another',
        { events: [hired, left, rescind, before], directory: DISABLED },
        ['proven', day(6), false],
      ],
      ['not yet in effect', { events: [hired, tomorrow], leaverCase: later }, ['held', null, day(9)]],
      ['in effect from now on', { leaverCase: { effectiveAt: NOW }, brake: 'held' }, ['brake', null, null]],
    ])
  })
  void it('when HR records later, or at the same moment, that the employee is active', () => {
    const back = (recordedAt: number): Told => ({
      events: [hired, left, personEvent(3, { worker: { active: true }, effectiveAt: day(6), recordedAt })],
    })
    check([
      ['later', back(day(6)), ['superseded', NOW, false]],
      ['at the same moment', back(day(3)), ['superseded', NOW, false]],
      ['earlier', back(day(3) - 1), ['superseded-by-earlier', null, null]],
    ])
  })
})

void it('the case of a notice that HR was asked about stays open when HR answers that the employee is active, or nothing', () => {
  const read = (worker: { readonly active?: boolean }): EmployeeEvent =>
    personEvent(2, { type: 'worker.terminated', mode: 'snapshot', effectiveAt: day(4), worker })
  const back = personEvent(3, { worker: { active: true }, effectiveAt: day(6) })
  check([
    ['active', { events: [hired, read({ active: true })] }, ['superseded-by-earlier', null, null]],
    ['active, the only event', { events: [read({ active: true })] }, ['contradicted', null, null]],
    ['nothing about access', { events: [hired, read({})] }, ['superseded-by-earlier', null, null]],
    ['nothing decides', { events: [read({})] }, ['contradicted', null, null]],
    ['another event', { events: [hired, read({ active: true }), back] }, ['superseded', NOW, false]],
  ])
})

void describe('a leaver case without proof names what it waits for', () => {
  void it('what holds the deactivation', () => {
    const held: EmployeeEvent = { ...left, state: 'held', reason: 'Pilot' }
    const other = { source: '/hr/acme', id: 'folded into a baseline' }
    check([
      ['the brake', { brake: 'held' }, ['brake', null, null]],
      ['a person', { brake: 'refused' }, ['brake-refused', null, null]],
      ['the pilot', { events: [hired, held] }, ['pilot', null, null]],
      ['not the pilot', { events: [hired, { ...held, reason: null }] }, ['unproven', null, OPENED + HOUR_MS]],
      [
        'the pilot held it once',
        { events: [hired, { ...held, state: 'confirmed' }] },
        ['unproven', null, OPENED + HOUR_MS],
      ],
      ['its event is folded', { leaverCase: { event: other } }, ['unproven', null, OPENED + HOUR_MS]],
    ])
  })
  void it('what is under way', () => {
    const inState = (state: EmployeeEvent['state']): Told => ({ events: [hired, { ...left, state }] })
    const sent = (['pending', 'batched', 'accepted', 'answered'] as const).flatMap((state): Case[] => [
      [state, { last: { state } }, ['under-way', null, null]],
      [`${state}, an activation`, { last: { state, active: true } }, ['under-way', null, null]],
    ])
    check([
      ['not planned', inState('received'), ['under-way', null, null]],
      ['planned', inState('planned'), ['under-way', null, null]],
      ['sent', { employee: isSent, last: { state: 'confirmed' } }, ['under-way', null, null]],
      ['sent, and unknown', { employee: isSent }, ['under-way', null, null]],
      ['behind an activation', { employee: isSent, last: { active: true } }, ['behind-another', null, null]],
      ...sent,
    ])
  })
  void it('how the last deactivation ended, and when it is resent', () => {
    const dead: EmployeeEvent = { ...left, dead: true, state: 'dead-lettered', reason: 'Code' }
    const [endedAt, code] = [day(5), 'Code']
    const ended = (last: Told['last']): Told => ({ last: { endedAt, code, ...last } })
    const hour = endedAt + HOUR_MS
    check([
      ['there was none', {}, ['unproven', null, OPENED + HOUR_MS]],
      ['an activation came after it', ended({ active: true }), ['unproven', null, OPENED + HOUR_MS]],
      ['its event failed', { events: [hired, dead] }, ['failed', 'Code', OPENED + HOUR_MS]],
      ['failed', ended({ state: 'failed' }), ['failed', 'Code', hour]],
      ['nobody knows when', { last: { state: 'failed' } }, ['failed', null, OPENED + HOUR_MS]],
      [
        'after a resend',
        { ...ended({ state: 'failed' }), leaverCase: { resends: 1 } },
        ['failed', 'Code', endedAt + DAY_MS],
      ],
      ['the service retries', ended({ state: 'escrowed' }), ['failed', 'Code', hour]],
      ['unanswered', ended({ state: 'unanswered' }), ['no-outcome', 'Code', hour]],
      ['confirmed, and in doubt', ended({ state: 'confirmed' }), ['unproven', 'Code', hour]],
      ['withdrawn', ended({ state: 'withdrawn' }), ['unproven', 'Code', hour]],
      ['unchanged', ended({ state: 'unchanged' }), ['unproven', 'Code', hour]],
      ['no account', ended({ state: 'unchanged', tookNothing: true }), ['not-in-directory', 'Code', null]],
      [
        'no account, and similar ids',
        { ...ended({ state: 'unchanged', tookNothing: true }), candidates: ['1', '2'] },
        ['id-nearly-matches', '1, 2', null],
      ],
      ['out of scope', ended({ state: 'skipped' }), ['out-of-scope', 'Code', null]],
    ])
  })
  void it('after what the emergency lane did or waits for, unless only a person can close the case', () => {
    const disabledAt = day(6)
    const detail = `disabled at ${new Date(disabledAt).toISOString()}`
    const wait = 'budget'
    check([
      ['the lane disabled it', { emergency: { disabledAt } }, ['confirmation-due', detail, OPENED + HOUR_MS]],
      ['the lane waits', { emergency: { wait } }, ['unproven', `emergency lane: ${wait}`, OPENED + HOUR_MS]],
      ['the brake holds it', { emergency: { disabledAt }, brake: 'held' }, ['brake', null, null]],
      [
        'an activation may undo it',
        { emergency: { disabledAt }, employee: becomesActive },
        ['under-way', null, null],
      ],
    ])
  })
  void it('an erasure', () => {
    check([['erased', { employee: null }, ['erased', null, null]]])
  })
})

void describe('the case of a refused message', () => {
  const refused = { refused: true }
  const early = { ...left, effectiveAt: day(2), recordedAt: day(2) }
  const told = { leaverCase: refused, events: [hired, early], directory: DISABLED }
  void it('ends once other events have disabled the account, and never before it was opened', () => {
    const since = (moment: number | null): Told => ({ ...told, directory: { disabled: true, since: moment } })
    check([
      ['before', since(day(1)), ['proven', OPENED, false]],
      ['after', since(day(6)), ['proven', day(6), false]],
      ['nobody knows when', since(null), ['proven', NOW, false]],
      ['not disabled', { ...told, directory: { disabled: false, since: day(6) } }, ['refused', null, null]],
      ['still employed', { ...told, events: [hired] }, ['refused', null, null]],
      ['an activation is on its way', { ...told, employee: becomesActive }, ['refused', null, null]],
    ])
  })
  void it('ends when HR records after the message that the employee is active', () => {
    const recorded = (recordedAt: number, worker: EmployeeEvent['worker']): Told => ({
      leaverCase: refused,
      events: [hired, personEvent(3, { worker, effectiveAt: day(4), recordedAt })],
    })
    check([
      ['later', recorded(day(3) + 1, { active: true }), ['superseded', NOW, false]],
      ['at the same moment', recorded(day(3), { active: true }), ['refused', null, null]],
      ['a leaving', recorded(day(4), { active: false }), ['refused', null, null]],
      ['a title', recorded(day(4), { title: 'Head' }), ['refused', null, null]],
    ])
  })
  void it('names known ids that nearly match, or the erasure', () => {
    const erased = { refused: true, employeeId: 'erased:1a' }
    check([
      ['unknown', { leaverCase: refused, employee: null }, ['refused', null, null]],
      [
        'similar',
        { leaverCase: refused, employee: null, candidates: ['1'] },
        ['id-nearly-matches', '1', null],
      ],
      ['erased', { leaverCase: erased, employee: null }, ['erased', null, null]],
    ])
  })
})
