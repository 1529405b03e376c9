import type { TestContext } from 'node:test'
import { sqlLedger } from '../../../src/adapters/ledger-sql/ledger.ts'
import { migrate } from '../../../src/adapters/ledger-sql/schema.ts'
import { openSqlite } from '../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import type { Driver } from '../../../src/adapters/ledger-sql/driver/sql.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import type { HrEvent } from '../../../src/core/model.ts'
import type { BrakeSettings } from '../../../src/core/ledger/port/plan.ts'
import { RELEASED_BRAKE } from '../../../src/core/plan/decide/brake.ts'
import { compileMapping } from '../../../src/core/plan/mapping/mapping.ts'
import { planLoop } from '../../../src/core/plan/loop.ts'
import type { Provisioning, UploadAnswer } from '../../../src/core/ports.ts'
import { submitLoop, type SubmitSettings } from '../../../src/core/provision/submit-loop.ts'
import type { Service } from '../../../src/core/service.ts'
import { messageOf, T0 } from '../conformance/ledger/world.ts'
import { type VirtualRuntime, virtualRuntime } from '../../fakes/virtual-runtime.ts'
import { response } from '../../fakes/upload-answer.ts'

/** What a real tenant allows, and what the connector waits by default. */
export const SUBMIT: SubmitSettings = {
  owner: 'here',
  maxOperations: 50,
  maxBytes: 3_500_000,
  fillMs: 10_000,
  leaseMs: 90_000,
  pollMs: 250,
  attempts: 4,
  limits: { perWindow: 40, windowMs: 5_000, perDay: 2_000 },
  retryMs: 1_000,
  retryCapMs: 30_000,
  throttledMs: 5_000,
  fullMs: 450_000,
  circuitMs: 15_000,
  accessMs: 60_000,
}

export function answer(
  status: number,
  more: Partial<Extract<UploadAnswer, { kind: 'response' }>> = {},
): UploadAnswer {
  return response(status, { requestId: 'request', ...more })
}
export const noAnswer = (code = 'ECONNRESET'): UploadAnswer => ({ kind: 'network', code })

/** One call as the service saw it. */
export interface SeenCall {
  readonly at: number
  readonly employees: readonly string[]
  readonly bulkIds: readonly string[]
  readonly active: ReadonlyMap<string, boolean>
}

interface BulkBody {
  readonly Operations: readonly {
    readonly bulkId: string
    readonly data: { readonly externalId: string; readonly active: boolean }
  }[]
}

/** A service with scripted answers, 202 by default; it keeps what it was sent. */
export interface FakeService extends Provisioning {
  readonly calls: readonly SeenCall[]
  /** The next answers, in order. */
  next(...answers: readonly UploadAnswer[]): void
  /** Decides every answer from now on; `null` goes back to 202. */
  decide(how: ((call: SeenCall) => UploadAnswer | Promise<UploadAnswer>) | null): void
}

export function fakeService(now: () => number): FakeService {
  const calls: SeenCall[] = []
  const script: UploadAnswer[] = []
  let decide: ((call: SeenCall) => UploadAnswer | Promise<UploadAnswer>) | null = null
  return {
    calls,
    next: (...answers) => void script.push(...answers),
    decide: (how) => {
      decide = how
    },
    upload: async (body) => {
      const { Operations } = JSON.parse(body) as BulkBody
      const call: SeenCall = {
        at: now(),
        employees: Operations.map(({ data }) => data.externalId),
        bulkIds: Operations.map(({ bulkId }) => bulkId),
        active: new Map(Operations.map(({ data }) => [data.externalId, data.active])),
      }
      calls.push(call)
      const scripted = script.shift()
      if (scripted) return scripted
      return (await decide?.(call)) ?? answer(202)
    },
  }
}

export async function memoryLedger(
  t: TestContext,
): Promise<{ readonly ledger: Ledger; readonly driver: Driver }> {
  const driver = openSqlite(':memory:')
  await migrate(driver, T0)
  const ledger = sqlLedger(driver, 'test')
  t.after(() => ledger.close())
  return { ledger, driver }
}

export interface SiteOptions {
  readonly submit?: Partial<SubmitSettings>
  readonly brake?: BrakeSettings
  readonly uploads?: number
  readonly planPollMs?: number
  /** The ledger of a site that has gone. */
  readonly ledger?: Ledger
  readonly runtime?: VirtualRuntime
  /** Between the loops and the service. */
  readonly through?: (service: Provisioning) => Provisioning
  readonly beside?: (ledger: Ledger, runtime: VirtualRuntime) => readonly Service[]
}
export interface Site {
  readonly runtime: VirtualRuntime
  readonly ledger: Ledger
  readonly service: FakeService
  record(...events: readonly HrEvent[]): Promise<void>
  stop(): Promise<void>
}

let messages = 0

/**
 * Planning and submission as they run, over the real ledger in memory, a clock that stands still
 * until it is advanced, and a fake service.
 */
export async function openSite(t: TestContext, options: SiteOptions = {}): Promise<Site> {
  const runtime = options.runtime ?? virtualRuntime(T0)
  const ledger = options.ledger ?? (await memoryLedger(t)).ledger
  const service = fakeService(runtime.now)
  const settings = { ...SUBMIT, ...options.submit }
  const provisioning = options.through?.(service) ?? service
  const submits = Array.from({ length: options.uploads ?? 4 }, (_, index) =>
    submitLoop(`submit.${index + 1}`, { ledger, provisioning, settings, runtime }),
  )
  const plan = planLoop({
    ledger,
    mapping: compileMapping(),
    settings: {
      employeesAtOnce: 200,
      pollMs: options.planPollMs ?? 250,
      maxWaitMs: 120_000,
      incompleteMs: 86_400_000,
      brake: options.brake ?? RELEASED_BRAKE,
    },
    runtime,
    onPlanned: () => {
      for (const submit of submits) submit.wake()
    },
  })
  const services: readonly Service[] = [plan, ...submits, ...(options.beside?.(ledger, runtime) ?? [])]
  const running = services.map((one) => one.run())
  const stop = async (): Promise<void> => {
    const stopping = services.map((one) => one.stop())
    await Promise.all([...stopping, ...running])
  }
  t.after(stop)
  return {
    runtime,
    ledger,
    service,
    record: async (...events) => {
      const named = events.map((event) => messageOf(`site-${++messages}`, event))
      await ledger.recordMessages({
        messages: named,
        now: runtime.now(),
        quietMs: 0,
        maxWaitMs: 60_000,
        backlog: false,
      })
      plan.wake()
    },
    stop,
  }
}
