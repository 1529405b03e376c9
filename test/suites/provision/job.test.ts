import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { graphClient } from '../../../src/adapters/graph/client.ts'
import { parseEndpoint } from '../../../src/adapters/graph/endpoint.ts'
import { graphJob } from '../../../src/adapters/graph/job.ts'
import { graphProvisioning } from '../../../src/adapters/graph/provisioning.ts'
import type { JobState, ProvisioningJob } from '../../../src/core/ports.ts'
import { alertLoop } from '../../../src/core/alerts/loop.ts'
import { NO_NOTIFICATIONS } from '../../../src/core/alerts/rules.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'
import { LIMITS } from '../../fakes/alerts.ts'
import { bulkRequest } from '../../../src/core/provision/batch.ts'
import { jobLoop } from '../../../src/core/provision/job-loop.ts'
import { type EntraDouble, startEntra } from '../../../src/local/entra/server.ts'
import type { EntraSettings } from '../../../src/local/entra/settings.ts'
import { joiner, World } from '../conformance/ledger/world.ts'
import { employee, ENTERPRISE, provision } from '../../local/entra/support.ts'
import { memoryLedger, openSite } from './site.ts'
import { response } from '../../fakes/upload-answer.ts'

const POLL_MS = 60_000
/** How long nothing is sent after a restart because the job had no room. */
const RESTART_MS = 40 * POLL_MS
/** How long it is not asked again after it said no. */
const FORBIDDEN_MS = 10 * POLL_MS
const ALERTS = { pollMs: 5_000, limits: LIMITS, rules: NO_NOTIFICATIONS, brakeWindowMs: DAY_MS }
const NOTHING = { quarantine: null, failures: null }
const running: JobState = { kind: 'running', startedAt: null, report: { code: 'Active', ...NOTHING } }
const stopped = (code: string): JobState => ({
  kind: 'stopped',
  startedAt: null,
  report: { code, ...NOTHING },
})
const paused = stopped('Paused')
const steady = (startedAt: number | null) => ({ ...running, startedAt }) as const
const FULL = 'The bucket that stores the ingested data is full, so try later.'

/** A site beside a job with a scripted status. */
async function beside(t: TestContext, first: JobState) {
  let state: JobState | Error = first
  let looks = 0
  const job: ProvisioningJob = {
    state: async () => {
      looks += 1
      if (state instanceof Error) throw state
      return state
    },
  }
  const site = await openSite(t, {
    uploads: 2,
    submit: { fillMs: 0, pollMs: 10_000 },
    planPollMs: 10_000,
    beside: (ledger, runtime) => [
      jobLoop(ledger, job, { pollMs: POLL_MS, forbiddenMs: FORBIDDEN_MS, restartMs: RESTART_MS }, runtime),
      alertLoop({ ledger, settings: ALERTS, signs: { receiving: null }, startedAt: runtime.now(), runtime }),
    ],
  })
  await site.runtime.advance(0)
  return { ...site, say: (next: JobState | Error) => void (state = next), looks: () => looks }
}

void describe('the job', () => {
  for (const code of ['Paused', 'Quarantine', 'NotConfigured'])
    void test(`${code} holds submission back, is shown, and lets it resume without a command`, async (t) => {
      const site = await beside(t, stopped(code))
      await site.record(joiner('e1', 'p1'))
      await site.runtime.advance(10 * POLL_MS)
      assert.equal(site.service.calls.length, 0)
      const { holds } = await site.ledger.readSubmissionStatus(site.runtime.now())
      assert.deepEqual(
        holds.map(({ name, detail }) => [name, detail]),
        [['job', code]],
      )
      assert.equal(site.runtime.lines.filter(({ event }) => event === 'job.stopped').length, 1)
      site.say(running)
      await site.runtime.advance(POLL_MS + 1_000)
      assert.equal(site.service.calls.length, 1)
      assert.deepEqual((await site.ledger.readSubmissionStatus(site.runtime.now())).holds, [])
      assert(site.runtime.lines.some(({ event }) => event === 'job.runs'))
    })

  void test('that cannot be looked at any more does not hold submission back for ever', async (t) => {
    const site = await beside(t, paused)
    await site.record(joiner('e1', 'p1'))
    site.say(new TypeError('away'))
    await site.runtime.advance(2 * POLL_MS)
    assert.equal(site.service.calls.length, 0)
    await site.runtime.advance(2 * POLL_MS)
    assert.equal(site.service.calls.length, 1)
  })

  void test('that may not be looked at is said so once, and submission goes on', async (t) => {
    const site = await beside(t, { kind: 'forbidden' })
    await site.record(joiner('e1', 'p1'))
    await site.runtime.advance(3 * FORBIDDEN_MS)
    assert.equal(site.service.calls.length, 1)
    assert.equal(site.runtime.lines.filter(({ event }) => event === 'job.unknown').length, 1)
    assert(site.looks() >= 3)
  })

  void test('an accepted batch does not lift the hold of a paused job', async (t) => {
    const site = await beside(t, running)
    const { promise, resolve } = Promise.withResolvers<null>()
    site.service.decide(async () => (await promise) ?? { ...ACCEPTED })
    await site.record(joiner('e1', 'p1'))
    await site.runtime.settle()
    site.say(paused)
    await site.runtime.advance(POLL_MS)
    resolve(null)
    await site.record(joiner('e2', 'p2'))
    await site.runtime.advance(POLL_MS)
    assert.equal(site.service.calls.length, 1)
  })

  void test('that had no room and was restarted is left alone for a while, and then gets what waits', async (t) => {
    const site = await beside(t, steady(1))
    site.service.decide(async () => ({ ...ACCEPTED, status: 500, message: FULL }))
    await site.record(joiner('e1', 'p1'))
    await site.runtime.advance(2 * POLL_MS)
    const tried = site.service.calls.length
    assert(tried > 0)
    site.service.decide(async () => ({ ...ACCEPTED }))
    site.say(steady(null))
    await site.runtime.advance(POLL_MS)
    assert.equal(site.runtime.lines.filter(({ event }) => event === 'job.rests').length, 1)
    site.say(steady(2))
    await site.runtime.advance(RESTART_MS - 2 * POLL_MS)
    assert.equal(site.service.calls.length, tried, 'nothing is sent into a queue that is being emptied')
    await site.runtime.advance(3 * POLL_MS)
    assert.equal(site.service.calls.length, tried + 1)
    assert.deepEqual((await site.ledger.readSubmissionStatus(site.runtime.now())).holds, [])
  })

  void test('that had room is not left alone after a restart', async (t) => {
    const site = await beside(t, steady(1))
    site.say(steady(2))
    await site.runtime.advance(POLL_MS)
    await site.record(joiner('e1', 'p1'))
    await site.runtime.advance(POLL_MS)
    assert.equal(site.service.calls.length, 1)
    assert(!site.runtime.lines.some(({ event }) => event === 'job.rests'))
  })

  void test('says how much fails, and that is kept for status, console and alerts', async (t) => {
    const failures = { escrowed: 39_000, withReferences: 39_000, synchronized: 500_000 }
    const site = await beside(t, { ...steady(1), report: { code: 'Active', quarantine: null, failures } })
    await site.runtime.advance(10_000)
    const { jobReport } = await site.ledger.readFigures({ now: site.runtime.now(), brakeWindowMs: DAY_MS })
    assert.deepEqual(jobReport?.failures, failures)
    const lines = site.runtime.lines.filter(({ event }) => event === 'job.failing')
    assert.equal(lines.length, 1)
  })

  void test('that stands still makes nothing overdue, and the time to wait begins when it runs again', async (t) => {
    const site = await beside(t, running)
    await site.record(joiner('e1', 'p1'))
    await site.runtime.advance(POLL_MS)
    const acceptedAt = site.runtime.now()
    const isOverdue = async (): Promise<boolean> =>
      (await site.ledger.findOverdueOperations(site.runtime.now() - 90 * POLL_MS, 10)).length > 0
    site.say(paused)
    await site.runtime.advance(120 * POLL_MS)
    assert.equal(await isOverdue(), false)
    site.say(running)
    await site.runtime.advance(89 * POLL_MS)
    assert.equal(await isOverdue(), false)
    await site.runtime.advance(3 * POLL_MS)
    assert.equal(await isOverdue(), true)
    assert.equal(await site.ledger.recordJobRestart(1, site.runtime.now()), 0)
    site.say(paused)
    await site.runtime.advance(2 * POLL_MS)
    assert.equal(
      await site.ledger.recordJobRestart(acceptedAt + 1, site.runtime.now()),
      1,
      'what a restart loses is lost all the same',
    )
  })
})
const ACCEPTED = response(202)

interface Service {
  readonly entra: EntraDouble
  readonly job: ProvisioningJob
  readonly upload: (world: World) => Promise<void>
  readonly say: (action: 'start' | 'pause' | 'restart') => Promise<void>
}
async function service(
  t: TestContext,
  settings: Partial<EntraSettings> = {},
  token = 'local',
  now?: () => number,
): Promise<Service> {
  const entra = await startEntra({
    settings: { cycleMs: 3_600_000, logLagMs: { min: 0, max: 0 }, limits: { enabled: false }, ...settings },
    ...(now ? { now } : {}),
  })
  t.after(() => entra.stop())
  const endpoint = parseEndpoint(entra.endpoint, true)
  const credential = { getToken: async () => ({ token, expiresOnTimestamp: Number.MAX_SAFE_INTEGER }) }
  const graph = graphClient(endpoint, credential, 5_000, Date.now)
  const provisioning = graphProvisioning(graph, endpoint)
  return {
    entra,
    job: graphJob(graph, endpoint, 'steady-state'),
    upload: async (world) => {
      await world.plan()
      const batch = await world.needBatch()
      const slot = await world.take(batch)
      const given = await provisioning.upload(bulkRequest(slot.operations), 'mine')
      assert(given.kind === 'response' && given.status === 202)
      await world.ledger.recordBatchAnswer(
        batch.id,
        { kind: 'accepted', call: slot.call, acceptedAt: world.now, requestId: given.requestId },
        world.now,
      )
    },
    say: async (action) => {
      const url = entra.endpoint.replace('bulkUpload', action)
      const body =
        action === 'restart' ? '{"criteria":{"resetScope":"Watermark, Escrows, QuarantineState"}}' : null
      const response = await fetch(url, { method: 'POST', headers: { authorization: 'Bearer any' }, body })
      assert.equal(response.status, 204)
    },
  }
}
function needKnown(state: JobState): Exclude<JobState, { readonly kind: 'forbidden' }> {
  assert(state.kind !== 'forbidden')
  return state
}
const look = (job: ProvisioningJob): Promise<JobState> => job.state(AbortSignal.timeout(5_000))

void describe('the job of the double', () => {
  void test('says when it is paused, in quarantine and running again', async (t) => {
    const { entra, job, say } = await service(t)
    assert.equal((await look(job)).kind, 'running')
    await say('pause')
    assert.deepEqual(await look(job), stopped('Paused'))
    await say('start')
    assert.equal((await look(job)).kind, 'running')
    await fetch(`http://127.0.0.1:${entra.port}/faults`, { method: 'POST', body: '{"kind":"quarantine"}' })
    const state = await look(job)
    assert(state.kind === 'stopped')
    const { code, quarantine } = state.report
    assert.deepEqual([code, quarantine?.reason], ['Quarantine', 'EncounteredQuarantineException'])
    assert.equal((quarantine?.nextAttempt ?? 0) - (quarantine?.since ?? 0), 86_400_000)
  })

  void test('says how many failed operations it retries, and how many objects it keeps in step', async (t) => {
    const { entra, job } = await service(t, { mandatory: ['title'] })
    const { report: before } = needKnown(await look(job))
    assert.deepEqual(before, { code: 'Active', quarantine: null, failures: null })
    await provision(
      entra,
      employee('1'),
      employee('2', { title: 'Clerk', [ENTERPRISE]: { manager: { value: '1' } } }),
      employee('3', { title: 'Clerk' }),
    )
    const { report } = needKnown(await look(job))
    assert.deepEqual(report.failures, { escrowed: 1, withReferences: 2, synchronized: 2 })
  })

  void test('may not be looked at without the permission, which is not an error', async (t) => {
    assert.deepEqual(await look((await service(t, { allowedTokens: ['another'] })).job), {
      kind: 'forbidden',
    })
  })

  void test('when restarted, loses what was staged, and exactly the unanswered operations are resent', async (t) => {
    const world = new World((await memoryLedger(t)).ledger)
    const { entra, job, upload, say } = await service(t, {}, 'local', () => world.now)
    const watch = async (): Promise<number> => {
      const state = await look(job)
      return state.kind === 'forbidden' || state.startedAt === null
        ? 0
        : world.ledger.recordJobRestart(state.startedAt, world.now)
    }
    await world.record(joiner('e1', 'p1'))
    await upload(world)
    world.now += 1_000
    await entra.runCycle()
    // The first steady state that is seen means nothing, and later cycles keep it.
    assert.equal(await watch(), 0)
    await world.record(joiner('e2', 'p2'))
    world.now += 60_000
    await upload(world)
    assert.equal(await watch(), 0)
    await say('restart')
    assert.equal(await watch(), 0, 'no sign of it before a cycle was through')
    world.now += 60_000
    await entra.runCycle()
    assert.equal(Object.keys(await entra.directory()).includes('p2'), false, 'the restart threw it away')
    assert.equal(await watch(), 2)
    assert.equal(await watch(), 0)
    await upload(world)
    await entra.runCycle()
    assert.deepEqual(Object.keys(await entra.directory()).toSorted(), ['p1', 'p2'])
  })
})
