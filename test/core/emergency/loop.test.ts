import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { emergencyLoop, type EmergencyLane } from '../../../src/core/emergency/loop.ts'
import { EmergencyFileSettings, emergencyRules } from '../../../src/core/emergency/settings.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import { planLoop } from '../../../src/core/plan/loop.ts'
import { compileMapping } from '../../../src/core/plan/mapping/mapping.ts'
import type { DirectDeactivation, UploadAnswer } from '../../../src/core/ports.ts'
import { submitLoop } from '../../../src/core/provision/submit-loop.ts'
import type { Runtime } from '../../../src/core/runtime.ts'
import type { Service } from '../../../src/core/service.ts'
import { openMemoryLedger } from '../../adapters/support/memory-ledger.ts'
import { type VirtualRuntime, virtualRuntime } from '../../fakes/virtual-runtime.ts'
import { hrEvent, joiner, leaver, T0, UNLIMITED, World } from '../../suites/conformance/ledger/world.ts'
import { response } from '../../fakes/upload-answer.ts'

const MINUTE = 60_000
const HOLD = { name: 'full', since: T0, until: T0 + 60 * MINUTE, status: 500, detail: null } as const
const PACE = { retryMs: 1_000, retryCapMs: 30_000, circuitMs: 15_000 }

const BUCKET_FULL = response(500, {
  message: 'The bucket that stores the ingested data is full. Try again later.',
})

/** A directory that answers as told and remembers what it was asked, with the moment. */
class Directory implements DirectDeactivation {
  readonly disabled: (readonly [objectId: string, seconds: number])[] = []
  answers: UploadAnswer[] = []
  readonly #runtime: VirtualRuntime
  constructor(runtime: VirtualRuntime) {
    this.#runtime = runtime
  }
  async deactivate(objectId: string): Promise<UploadAnswer> {
    await this.#runtime.sleep(200)
    this.disabled.push([objectId, (this.#runtime.now() - T0) / 1_000])
    return this.answers.shift() ?? response(204)
  }
}

interface Scene {
  readonly world: World
  readonly runtime: VirtualRuntime
  readonly directory: Directory
  lane(more?: Partial<EmergencyLane['ledger']>): Service
  run(...services: readonly Service[]): void
}

/** A rest after a failure has fractions of a millisecond; the clock of a machine has none. */
const whole = (runtime: VirtualRuntime): Runtime => ({ ...runtime, now: () => Math.floor(runtime.now()) })

/** Employees whose accounts are known, in a ledger whose submission is held unless told otherwise. */
async function scene(t: TestContext, ids: readonly string[], file = {}): Promise<Scene> {
  const { ledger } = await openMemoryLedger()
  const runtime = virtualRuntime(T0)
  const world = new World(ledger)
  world.now = T0 - 60 * MINUTE
  await world.record(...ids.map((id) => joiner(`hire of ${id}`, id)))
  await world.answerEach(await world.send())
  await world.finalize()
  world.now = T0
  const directory = new Directory(runtime)
  const rules = emergencyRules(EmergencyFileSettings.parse({ usdPerDay: 1, usdPerMonth: 9, ...file }))
  const pauses = { throttledMs: 10_000, failedMs: 10_000, accessMs: MINUTE }
  const settings = {
    ...pauses,
    rules,
    limits: UNLIMITED,
    pollMs: 2_000,
    employeesAtOnce: 50,
    answerMs: 30_000,
  }
  const running: Service[] = []
  t.after(async () => {
    const stopped = Promise.all(running.map((service) => service.stop()))
    await runtime.advance(MINUTE)
    await stopped
    await ledger.close()
  })
  return {
    world,
    runtime,
    directory,
    lane: (more = {}) =>
      emergencyLoop({ ledger: { ...ledger, ...more }, directory, settings, runtime: whole(runtime) }),
    run: (...services) => {
      running.push(...services)
      for (const service of services) void service.run()
    },
  }
}
async function leave({ world }: Scene, ...ids: readonly string[]): Promise<void> {
  await world.record(...ids.map((id) => leaver(`end of ${id}`, id)))
  await world.plan()
}
const waitsOf = async ({ world, runtime }: Scene): Promise<readonly string[]> =>
  (await world.ledger.readEmergencyStatus(runtime.now())).waits.map((one) => `${one.employeeId} ${one.why}`)
const objects = ({ directory }: Scene): readonly string[] => directory.disabled.map(([object]) => object)

function flow(ledger: Ledger, runtime: VirtualRuntime, upload: (body: string) => UploadAnswer): Service[] {
  const brake = { windowMs: MINUTE, absolute: 100, percent: 100, floor: 100 }
  const plan = { employeesAtOnce: 50, pollMs: 100, maxWaitMs: MINUTE, incompleteMs: MINUTE, brake }
  const waits = { ...PACE, throttledMs: 5_000, fullMs: 450_000, accessMs: MINUTE }
  const submit = { ...waits, owner: 'one', maxOperations: 50, maxBytes: 1e6, fillMs: 0, leaseMs: MINUTE }
  return [
    planLoop({ ledger, mapping: compileMapping(), settings: plan, runtime, onPlanned: () => {} }),
    submitLoop('submit.1', {
      ledger,
      provisioning: { upload: async (body) => upload(body) },
      settings: { ...submit, pollMs: 100, attempts: 4, limits: UNLIMITED },
      runtime,
    }),
  ]
}

void describe('the emergency lane', () => {
  void it('does nothing while the service only throttles for a moment, and nothing twice', async (t) => {
    const it = await scene(t, ['p1'])
    await it.world.ledger.setHold({ ...HOLD, name: 'throttled', until: T0 + MINUTE })
    await leave(it, 'p1')
    it.run(it.lane(), it.lane())
    await it.runtime.advance(30_000)
    assert.deepEqual(objects(it), [])
    await it.world.ledger.setHold(HOLD)
    await it.runtime.advance(10 * MINUTE)
    assert.deepEqual(objects(it), ['object of p1'])
  })

  void it('disables an account within 3 seconds of the event while the bucket is full, and the job gets the termination when there is room', async (t) => {
    const it = await scene(t, ['p1'])
    const uploaded: string[] = []
    let full = true
    const upload = (body: string): UploadAnswer => {
      if (full) return BUCKET_FULL
      uploaded.push(body)
      return response(202)
    }
    it.run(...flow(it.world.ledger, it.runtime, upload), it.lane())
    await it.runtime.advance(1)
    await it.world.record(leaver('end of p1', 'p1'))
    await it.runtime.advance(10_000)
    const [[object, seconds] = ['', Infinity]] = it.directory.disabled
    assert.equal(object, 'object of p1')
    assert.ok(seconds <= 3, `${seconds} s`)
    t.diagnostic(`from event to disabled account: ${seconds} s of virtual time`)
    full = false
    await it.runtime.advance(20 * MINUTE)
    assert.equal(uploaded.length, 1)
    assert.match(uploaded[0] ?? '', /"active":false/)
    assert.equal(it.directory.disabled.length, 1)
  })

  void it('stops at the budget, and the case of each leaver who waits says so', async (t) => {
    const it = await scene(t, ['p1', 'p2', 'p3'], { usdPerDay: 0.005 })
    await it.world.ledger.setHold(HOLD)
    await leave(it, 'p1', 'p2', 'p3')
    it.run(it.lane())
    await it.runtime.advance(30_000)
    assert.deepEqual(objects(it), ['object of p1', 'object of p2'])
    assert.deepEqual(await waitsOf(it), ['p3 budget'])
    assert.ok(
      it.runtime.lines.some(({ event, fields }) => event === 'emergency.waits' && fields['why'] === 'budget'),
    )
  })

  void it('names the missing permission, waits, and tries another leaver before the same one', async (t) => {
    const it = await scene(t, ['p1', 'p2'])
    it.directory.answers = [response(403)]
    await it.world.ledger.setHold(HOLD)
    await leave(it, 'p1', 'p2')
    it.run(it.lane())
    await it.runtime.advance(30_000)
    assert.deepEqual(objects(it), ['object of p1'])
    assert.deepEqual(await waitsOf(it), ['p1 access', 'p2 access'])
    const what = it.runtime.lines.find(({ event }) => event === 'emergency.waits')?.fields['what']
    assert.match(JSON.stringify(what), /User\.ReadWrite\.All/)
    await it.runtime.advance(MINUTE)
    assert.deepEqual(objects(it), ['object of p1', 'object of p2', 'object of p1'])
    assert.deepEqual(await waitsOf(it), [])
    assert.deepEqual((await it.world.ledger.readEmergencyStatus(it.runtime.now())).spent.day, 4_000)
  })

  void it('repeats a call whose answer could not be recorded, once it must have ended', async (t) => {
    const it = await scene(t, ['p1'])
    await it.world.ledger.setHold(HOLD)
    await leave(it, 'p1')
    let failures = 1
    const { ledger } = it.world
    const endEmergencyCall: Ledger['endEmergencyCall'] = (...given) =>
      failures-- > 0 ? Promise.reject(new Error('the disk is away')) : ledger.endEmergencyCall(...given)
    it.run(it.lane({ endEmergencyCall }))
    await it.runtime.advance(25_000)
    assert.equal(it.directory.disabled.length, 1)
    await it.runtime.advance(30_000)
    assert.deepEqual(objects(it), ['object of p1', 'object of p1'])
    assert.deepEqual(await it.world.leavers(), ['p1 confirmation-due'])
  })

  void it('does not disable an employee whose return was recorded after the candidates were read', async (t) => {
    const it = await scene(t, ['p1'])
    await it.world.ledger.setHold(HOLD)
    await leave(it, 'p1')
    const { ledger } = it.world
    const listEmergencyCandidates: Ledger['listEmergencyCandidates'] = async (query) => {
      const candidates = await ledger.listEmergencyCandidates(query)
      await it.world.record(hrEvent('back', 'p1', { active: true }, { order: 2_000 }))
      return candidates
    }
    it.run(it.lane({ listEmergencyCandidates }))
    await it.runtime.advance(30_000)
    assert.deepEqual(objects(it), [])
  })
})
