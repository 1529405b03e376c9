import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { LeaverStep, LeaverView } from '../../../src/core/ledger/port/leavers.ts'
import { tendLeavers } from '../../../src/core/leavers/tend.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'
import { day } from '../../fakes/events.ts'
import { employee, personEvent } from '../../fakes/people.ts'

const NOW = day(10)
const HOUR_MS = DAY_MS / 24
const MINUTE_MS = 60_000

interface Told extends Partial<Omit<LeaverView, 'leaverCase'>> {
  readonly effectiveAt?: number
  readonly receivedAt?: number
  readonly openedAt?: number
  readonly resends?: number
}
/** The case of a leaving that is confirmed, and in doubt since. */
function caseOf(told: Told): LeaverView {
  const { effectiveAt = day(5), receivedAt = day(4), openedAt = day(4), resends = 0, ...more } = told
  const left = personEvent(2, { worker: { active: false }, effectiveAt, state: 'confirmed' })
  const event = { source: left.source, id: left.id }
  const dates = { effectiveAt, receivedAt, recordedAt: day(4), openedAt }
  return {
    leaverCase: { id: 1, employeeId: '10001', event, ...dates, resends, refused: false },
    employee: employee([left], { revision: 7, known: true }),
    candidates: [],
    directory: { disabled: false, since: null },
    emergency: { disabledAt: null, wait: null },
    brake: null,
    last: null,
    ...more,
  }
}

async function tended(leavers: readonly LeaverView[], stale = false) {
  const settled: LeaverStep[] = []
  const ledger = {
    listOpenLeavers: async () => ({ leavers, next: null }),
    settleLeavers: async (steps: readonly LeaverStep[]) => {
      assert.ok(steps.length > 0, 'nothing to settle is no transaction')
      settled.push(...steps)
      return stale ? [] : steps.filter(({ kind }) => kind === 'ended').map(({ id }) => id)
    },
  }
  return { ...(await tendLeavers(ledger, NOW, 10)), settled }
}

void it('a case is assessed again when it may change: at its date, at its resend, or after an hour', async () => {
  const unanswered = [{ id: 'o-1', state: 'accepted', active: false }] as const
  const sent = employee([], { revision: 7, known: true, unanswered })
  const cases: readonly (readonly [why: string, told: Told, lookAt: number, resend: boolean])[] = [
    ['takes effect in days', { effectiveAt: day(20) }, day(20), false],
    ['resend is due', { openedAt: NOW - HOUR_MS }, NOW + MINUTE_MS, true],
    ['resend is not due', { openedAt: NOW - HOUR_MS + 1 }, NOW + 1, false],
    ['resend is weeks away', { openedAt: NOW, resends: 3 }, NOW + HOUR_MS, false],
    ['only a person can close it', { brake: 'held' }, NOW + HOUR_MS, false],
  ]
  for (const [why, told, lookAt, resend] of cases) {
    const [step] = (await tended([caseOf(told)])).settled
    assert.deepEqual(
      step?.kind === 'open' && [step.lookAt, step.resend, step.revision],
      [lookAt, resend, 7],
      why,
    )
  }
  const view = caseOf({})
  const waiting = { ...view, employee: { ...sent, events: view.employee?.events ?? [] } }
  const [step] = (await tended([waiting])).settled
  assert.deepEqual(step?.kind === 'open' && [step.cause, step.lookAt], ['under-way', NOW + MINUTE_MS])
})

void it('the time to the proof counts from the receipt or the effective date, for cases that ended with proof', async () => {
  const disabledAt = (since: number, told: Told = {}): LeaverView =>
    caseOf({ directory: { disabled: true, since }, ...told })
  const timeOf = async (view: LeaverView, stale = false): Promise<readonly number[]> =>
    (await tended([view], stale)).proofMs
  assert.deepEqual(await timeOf(disabledAt(day(8))), [3 * DAY_MS])
  assert.deepEqual(await timeOf(disabledAt(day(8), { receivedAt: day(6) })), [2 * DAY_MS])
  assert.deepEqual(await timeOf(disabledAt(day(1))), [0])
  assert.deepEqual(await timeOf(disabledAt(day(8)), true), [], 'its employee changed meanwhile')
  assert.deepEqual(await timeOf(caseOf({})), [], 'still open')
  const left = personEvent(2, { worker: { active: false }, effectiveAt: day(5), discarded: true, dead: true })
  const back = personEvent(3, { worker: { active: true }, effectiveAt: day(6) })
  assert.deepEqual(await timeOf(caseOf({ employee: employee([left, back]) })), [], 'ended without proof')
})

void it('the assessed cases are counted, and without any the ledger is left alone', async () => {
  assert.deepEqual(await tended([]), { assessed: 0, proofMs: [], settled: [] })
  assert.equal((await tended([caseOf({})])).assessed, 1)
  assert.equal((await tended([caseOf({}), caseOf({ brake: 'held' })])).assessed, 2)
})
