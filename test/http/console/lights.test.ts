import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Figures } from '../../../src/core/ledger/port/figures.ts'
import { type Light, lightsOf } from '../../../src/http/console/now/lights.ts'
import { timesAt } from '../../../src/http/console/times.ts'
import { noFigures } from '../../fakes/alerts.ts'

const T = Date.UTC(2026, 10, 2, 8)
/** The light of the job. */
function jobLight(figures: Partial<Figures>): Pick<Light, 'tone' | 'reason'> {
  const ledger = {
    figures: { ...noFigures(), job: { running: true, seenAt: T }, ...figures },
    at: T,
    active: 0,
    alerts: null,
    instances: [],
  }
  const limits = {
    brake: { windowMs: 1, absolute: 1, percent: 1, floor: 1 },
    calls: { perDay: 2_000, perWindow: 40, windowMs: 5_000 },
    jobSeenMs: 60_000,
  }
  const lights = lightsOf({ readiness: { ready: true, checks: {} }, ledger, limits }, timesAt(T, 'UTC'))
  const light = lights.find(({ part }) => part === 'Job')
  assert(light)
  return light
}
const report = (escrowed: number): Partial<Figures> => ({
  jobReport: {
    seenAt: T,
    code: 'Active',
    quarantine: null,
    failures: { escrowed, withReferences: escrowed, synchronized: 500_000 },
  },
})

void it('the light of the job shows failures beside the limits of quarantine, and warns near one', () => {
  assert.deepEqual(jobLight(report(0)), { part: 'Job', tone: 'good', reason: 'runs' })
  const few = jobLight(report(12))
  assert.equal(few.tone, 'good')
  assert.match(few.reason, /12 of 333,334 for the share of 40 %, 12 of 40,001 .*, 12 of 60,001/)
  assert.equal(jobLight(report(32_001)).tone, 'warn')
})

void it('the light of a job in quarantine says why, since when, and when the service disables it', () => {
  const { tone, reason } = jobLight({
    job: { running: false, seenAt: T },
    jobReport: {
      seenAt: T,
      code: 'Quarantine',
      quarantine: { reason: 'QuarantineOnDemand', since: T - 3_600_000, nextAttempt: null },
      failures: null,
    },
  })
  assert.equal(tone, 'bad')
  assert.match(reason, /^in quarantine: QuarantineOnDemand, since 2 Nov 07:00 UTC .*, disabled 30 Nov/)
})
