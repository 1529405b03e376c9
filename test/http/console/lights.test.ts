import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Figures } from '../../../src/core/ledger/port/figures.ts'
import { type Light, lightsOf } from '../../../src/http/console/now/lights.ts'
import { quotaCard } from '../../../src/http/console/now/quota.ts'
import { jobView } from '../../../src/http/console/job/view.ts'
import { timesAt } from '../../../src/http/console/times.ts'
import { noFigures } from '../../fakes/alerts.ts'

const T = Date.UTC(2026, 10, 2, 8)
/** The light of the job. */
function jobLight(figures: Partial<Figures>): Light {
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

void it('the light of the job is one short line: the failures beside the nearest limit of quarantine, and a warning near it', () => {
  assert.deepEqual(jobLight(report(0)), { part: 'Job', tone: 'good', reason: 'runs', href: '/job' })
  const few = jobLight(report(12))
  assert.equal(few.tone, 'good')
  assert.equal(few.reason, 'runs, 12 of 40,001 failures before quarantine')
  assert.equal(jobLight(report(32_001)).tone, 'warn')
})

const QUARANTINE: Partial<Figures> = {
  job: { running: false, seenAt: T },
  jobReport: {
    seenAt: T,
    code: 'Quarantine',
    quarantine: { reason: 'QuarantineOnDemand', since: T - 3_600_000, nextAttempt: null },
    failures: null,
  },
}

void it('the light of a job in quarantine says since when; its page says why, and when the service disables it', async () => {
  const { tone, reason } = jobLight(QUARANTINE)
  assert.equal(tone, 'bad')
  assert.match(reason, /^in quarantine since 2 Nov 07:00 UTC/)
  const page = String(await jobView({ ...noFigures(), ...QUARANTINE }, timesAt(T, 'UTC')))
  assert.match(page, /In quarantine because<\/dt><dd>QuarantineOnDemand</)
  assert.match(page, /Disabled, unless it ends before<\/dt><dd><time datetime="2026-11-30T07:00:00/)
})

void it('the page of the job has each limit of quarantine with its use, and says when the job was never seen', async () => {
  const seen: Partial<Figures> = { job: { running: true, seenAt: T }, ...report(32_001) }
  const page = String(await jobView({ ...noFigures(), ...seen }, timesAt(T, 'UTC')))
  assert.match(
    page,
    /more than 40 % .*>32,001<.*>333,334<.*>9 %<.*>32,001<.*>40,001<.*>80 %<.*>60,001<.*>53 %</s,
  )
  assert.match(String(await jobView(noFigures(), timesAt(T, 'UTC'))), /The job was not seen yet/)
})

void it('with several destinations each has its lights and its part of the quota', async () => {
  const { others: _none, ...north } = { ...noFigures(), name: 'north', job: { running: true, seenAt: T } }
  const south = {
    ...north,
    name: 'south',
    job: { running: false, seenAt: T },
    quota: { used: 299, oldestAt: T, lastAt: T },
  }
  const calls = { perDay: 2_000, perWindow: 40, windowMs: 5_000 }
  const limits = {
    brake: { windowMs: 1, absolute: 1, percent: 1, floor: 1 },
    calls,
    callsAt: { north: calls, south: { ...calls, perDay: 300 } },
    jobSeenMs: 60_000,
  }
  const ledger = { figures: { ...north, others: [south] }, at: T, active: 0, alerts: null, instances: [] }
  const lights = lightsOf({ readiness: { ready: true, checks: {} }, ledger, limits }, timesAt(T, 'UTC'))
  assert.deepEqual(
    lights.filter(({ part }) => /north|south/.test(part)).map(({ part, tone }) => `${part} ${tone}`),
    [
      'Job north good',
      'Job south bad',
      'Sending north good',
      'Sending south good',
      'Quota north good',
      'Quota south warn',
    ],
  )
  const backlog = {
    destinations: [7, 8].map((waiting) => ({ waiting, forecast: { calls: 1, doneAt: null } })),
    lane: null,
  }
  assert.match(
    String(await quotaCard({ ledger, limits, backlog }, timesAt(T, 'UTC'))),
    /<h3>north<.*0 of 2,000 calls.*7 operations.*<h3>south<.*299 of 300 calls.*8 operations/s,
  )
})
