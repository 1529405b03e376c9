import assert from 'node:assert/strict'
import { it } from 'node:test'
import { affordableCalls, microUsd } from '../../../src/core/emergency/money.ts'
import { EmergencyFileSettings, emergencyRules, withBudget } from '../../../src/core/emergency/settings.ts'
import { standingInWords, standingOf } from '../../../src/core/emergency/standing.ts'
import { callInWords } from '../../../src/core/emergency/words.ts'

const rules = emergencyRules(EmergencyFileSettings.parse({ usdPerDay: 1, usdPerMonth: 10 }))

void it('what the lane has spent is said beside its budget, with the leavers who wait and why', () => {
  const spent = { day: 14_000, month: 200_000 }
  const emergencyWaits = [
    { why: 'budget', count: 2, oldestAt: null },
    { why: 'access', count: 1, oldestAt: null },
  ] as const
  assert.equal(
    standingInWords(standingOf(spent, { emergencyWaits }, rules)),
    'USD 0.014 of 1 in the last 24 h, 0.2 of 10 in the last 31 days; leavers wait: 2 budget, 1 access',
  )
  assert.equal(
    standingInWords(standingOf(spent, { emergencyWaits: [] }, null)),
    'USD 0.014 in the last 24 h, 0.2 in the last 31 days',
  )
})

void it('a call is told by its answer and its reason', () => {
  const of = (result: Parameters<typeof callInWords>[0]['result'], status: number | null = null): string =>
    callInWords({ reason: 'quarantine', result, status })
  const because = 'because the provisioning job is in quarantine'
  assert.equal(of('disabled', 204), `the emergency lane disabled the account, ${because}`)
  assert.equal(of('gone', 404), `the emergency lane found no account, ${because}`)
  assert.equal(of('refused', 403), `the emergency lane was refused (403), ${because}`)
  assert.equal(of('refused'), `the emergency lane was refused (no status), ${because}`)
  assert.equal(of('unknown'), `the emergency lane got no answer, ${because}`)
  assert.equal(of(null), `the emergency lane has called, and the answer is not recorded, ${because}`)
})

void it('a budget pays for whole calls, and the smaller rest of day and month decides', () => {
  const budget = { day: 10_000, month: 11_000 }
  assert.equal(affordableCalls(budget, { day: 0, month: 0 }, 2_000), 5)
  assert.equal(affordableCalls(budget, { day: 2_001, month: 2_001 }, 2_000), 3)
  assert.equal(affordableCalls(budget, { day: 2_000, month: 8_000 }, 2_000), 1)
  assert.equal(affordableCalls(budget, { day: 10_000, month: 10_000 }, 2_000), 0)
  assert.equal(affordableCalls(budget, { day: 13_000, month: 13_000 }, 2_000), 0)
  assert.equal(microUsd(0.1 + 0.2), 300_000)
})

void it('a budget of another configuration replaces that of the rules, and turns the lane on or off', () => {
  const budget = { day: 5, month: 6 }
  assert.equal(withBudget(rules, null), null)
  const quota = { ...rules, when: new Set(['quota'] as const) }
  assert.deepEqual(withBudget(quota, budget), { ...quota, budget })
  assert.deepEqual(withBudget(null, budget), { ...rules, budget })
})
