import { connector, type ConnectorSettings } from '../../../src/core/connector.ts'
import { DEFAULT_SOURCE } from '../../../src/core/intake/sources.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import type { BrakeSettings } from '../../../src/core/ledger/port/plan.ts'
import { compileMapping } from '../../../src/core/plan/mapping/mapping.ts'
import type { Service } from '../../../src/core/service.ts'
import type { SimulatedBus, OutcomeQueue } from './bus.ts'
import type { Instance } from './clock.ts'
import type { Limits, SimulatedEntra } from './entra.ts'
import { HOUR, MINUTE } from './story.ts'

const SECOND = 1_000
/**
 * Rests are long, because each turn costs the simulation and nothing else; wake-ups shorten them.
 */
const POLL_MS = 10 * MINUTE

export interface Outside {
  readonly bus: SimulatedBus
  readonly outcomes: OutcomeQueue
  readonly entra: SimulatedEntra
  readonly ledger: Ledger
  readonly limits: Limits
  readonly brake: BrakeSettings
  /** How long an employee's events wait for each other. */
  readonly quietMs: number
  /** Several instances share the ledger. */
  readonly isShared: boolean
}

const mapping = compileMapping()

/** The whole connector as one process runs it, with everything around it simulated. */
export function startConnector(name: string, instance: Instance, outside: Outside): Service {
  const { bus, outcomes, entra, ledger } = outside
  const service = connector(
    {
      sourceQueue: bus.queueOf(instance),
      ledger,
      provisioning: entra.provisioningOf(instance),
      log: entra.logOf(instance),
      job: entra.jobOf(instance),
      outcomes: outcomes.senderOf(instance),
    },
    { mapping, sources: () => DEFAULT_SOURCE },
    settingsOf(name, outside),
    instance.runtime,
  )
  return service
}

function settingsOf(owner: string, { limits, brake, quietMs, isShared }: Outside): ConnectorSettings {
  return {
    ...(isShared ? { lease: { owner, leaseMs: 15 * MINUTE } } : {}),
    intake: {
      batchSize: 16,
      batchMs: 20,
      backlogPerSecond: 1_000,
      quietMs,
      maxWaitMs: 5 * MINUTE,
      skewMs: 2 * MINUTE,
    },
    plan: {
      employeesAtOnce: 20,
      pollMs: POLL_MS,
      maxWaitMs: 5 * MINUTE,
      incompleteMs: 12 * HOUR,
      brake,
      claimMs: 30 * SECOND,
    },
    submit: {
      owner,
      maxOperations: 3,
      maxBytes: 1_000_000,
      fillMs: 10 * SECOND,
      leaseMs: 90 * SECOND,
      pollMs: POLL_MS,
      attempts: 3,
      limits,
      retryMs: SECOND,
      retryCapMs: 30 * SECOND,
      throttledMs: 5 * SECOND,
      fullMs: 5 * MINUTE,
      circuitMs: 15 * SECOND,
      accessMs: MINUTE,
    },
    job: { pollMs: 2 * POLL_MS, forbiddenMs: HOUR },
    uploads: 1,
    correlate: {
      pollMs: POLL_MS,
      pageMs: SECOND,
      maxLagMs: 10 * MINUTE,
      skewMs: 2 * MINUTE,
      quietMs: MINUTE,
      deadlineMs: 45 * MINUTE,
      maxResends: 3,
      askAtOnce: 20,
      escrowMs: 3 * HOUR,
      sliceMs: HOUR,
    },
    publish: { queue: 'outcomes', pollMs: POLL_MS, atOnce: 100, values: [], sessions: false },
    copies: {
      content: { kind: 'reference' },
      pollMs: POLL_MS,
      atOnce: 10,
      sweepMs: POLL_MS,
      restMs: POLL_MS,
    },
  }
}
