import { connector } from '../../../src/core/connector.ts'
import type { ConnectorSettings } from '../../../src/core/connector/assembly.ts'
import { DEFAULT_SOURCE } from '../../../src/core/intake/sources.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import type { BrakeSettings } from '../../../src/core/ledger/port/plan.ts'
import { compileMapping } from '../../../src/core/plan/mapping/mapping.ts'
import type { Service } from '../../../src/core/service.ts'
import type { SimulatedBus, OutcomeQueue } from './outside/bus.ts'
import type { Instance } from './clock.ts'
import type { CopyQueue } from './outside/copies.ts'
import type { Limits, SimulatedEntra } from './outside/entra.ts'
import type { SimulatedHr } from './outside/hr.ts'
import { HOUR, MINUTE } from './story.ts'

const SECOND = 1_000
const POLL_MS = 25 * MINUTE
const SUBMIT_POLL_MS = 20 * MINUTE
const JOB_POLL_MS = 20 * MINUTE
const COPY_POLL_MS = 15 * MINUTE
const RETENTION = { afterMs: HOUR, employeesAtOnce: 2, rowsAtOnce: 10, pauseMs: SECOND, everyMs: HOUR }

export interface Outside {
  readonly bus: SimulatedBus
  readonly outcomes: OutcomeQueue
  readonly entra: SimulatedEntra
  /** `null`: no notices come. */
  readonly hr: SimulatedHr | null
  /** `null`: dead letters are not copied. */
  readonly copies: CopyQueue | null
  readonly ledger: Ledger
  readonly limits: Limits
  readonly brake: BrakeSettings
  /** How long an employee's events wait for each other. */
  readonly quietMs: number
  /** Several instances share the ledger. */
  readonly isShared: boolean
  /** Settled events are folded away after an hour. */
  readonly retains: boolean
  /**
   * How long a loop rests that has nothing to do, and otherwise rests for so long. A turn that finds
   * nothing costs the simulation as much as one that does, so it is longer once all is calm.
   */
  restOf(ms: number): number
}

const mapping = compileMapping()
const SOURCE_RULES = { ...DEFAULT_SOURCE, notices: true }

/** The whole connector as one process runs it, with everything around it simulated. */
export function startConnector(name: string, instance: Instance, outside: Outside): Service {
  const { bus, outcomes, entra, hr, copies, ledger } = outside
  return connector(
    {
      sourceQueue: bus.queueOf(instance),
      ledger,
      provisioning: entra.provisioningOf(instance),
      log: entra.logOf(instance),
      job: entra.jobOf(instance),
      outcomes: outcomes.senderOf(instance),
      ...(hr ? { reader: hr.readerOf(instance) } : {}),
      ...(copies ? { copies: copies.portsOf(instance) } : {}),
    },
    { mapping, sources: () => SOURCE_RULES },
    settingsOf(name, outside),
    instance.runtime,
  )
}

function settingsOf(owner: string, outside: Outside): ConnectorSettings {
  const { limits, brake, quietMs, isShared, retains } = outside
  /** Read at each turn, because the world rests longer once all is calm. */
  const polled = <T extends object>(rest: T, ms = POLL_MS): T & { readonly pollMs: number } =>
    Object.defineProperty(rest, 'pollMs', { get: () => outside.restOf(ms) }) as T & {
      readonly pollMs: number
    }
  return {
    ...(isShared ? { lease: { owner, leaseMs: 45 * MINUTE } } : {}),
    ...(retains ? { retention: RETENTION } : {}),
    intake: {
      batchSize: 16,
      batchMs: 20,
      backlogPerSecond: 1_000,
      quietMs,
      maxWaitMs: 5 * MINUTE,
      skewMs: 2 * MINUTE,
    },
    plan: polled({
      employeesAtOnce: 20,
      maxWaitMs: 5 * MINUTE,
      incompleteMs: 12 * HOUR,
      brake,
      claimMs: 30 * SECOND,
    }),
    submit: polled(
      {
        owner,
        maxOperations: 3,
        maxBytes: 1_000_000,
        fillMs: 10 * SECOND,
        leaseMs: 90 * SECOND,
        attempts: 3,
        limits,
        retryMs: SECOND,
        retryCapMs: 30 * SECOND,
        throttledMs: 5 * SECOND,
        fullMs: 5 * MINUTE,
        circuitMs: 15 * SECOND,
        accessMs: MINUTE,
      },
      SUBMIT_POLL_MS,
    ),
    job: polled({ forbiddenMs: HOUR, restartMs: 40 * MINUTE }, JOB_POLL_MS),
    uploads: 1,
    correlate: polled({
      pageMs: SECOND,
      maxLagMs: 10 * MINUTE,
      skewMs: 2 * MINUTE,
      quietMs: MINUTE,
      deadlineMs: 45 * MINUTE,
      maxResends: 3,
      askAtOnce: 20,
      escrowMs: 3 * HOUR,
      sliceMs: HOUR,
    }),
    hydrate: polled({
      waitMs: 30 * SECOND,
      concurrency: 4,
      leaseMs: 10 * MINUTE,
      attempts: 4,
      retryMs: MINUTE,
      retryCapMs: 10 * MINUTE,
    }),
    publish: polled({ queue: 'outcomes', atOnce: 100, values: [], account: [], sessions: false }),
    copies: {
      content: { kind: 'reference' },
      get pollMs() {
        return outside.restOf(COPY_POLL_MS)
      },
      atOnce: 10,
      sweepMs: MINUTE,
      get restMs() {
        return outside.restOf(COPY_POLL_MS)
      },
    },
  }
}
