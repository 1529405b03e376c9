import { copyCipher } from '../adapters/copy-cipher.ts'
import { isShared } from '../adapters/ledger-sql/open.ts'
import type { Config } from '../config/load.ts'
import type { ConnectorSettings } from '../core/connector/assembly.ts'
import { LONGEST_READ_MS } from '../core/intake/hydrate/settings.ts'
import type { BrakeSettings } from '../core/ledger/port/plan.ts'
import type { CopyContent } from '../core/report/dead-letters/copies.ts'
import { requireSetting } from './addresses.ts'
import { limitsOf } from './destinations/list.ts'

/** The window of the log's request limit. */
export const LOG_WINDOW_MS = 10_000
/**
 * The count of dead letters on the bus. Small pages, because each is read in the thread of intake.
 */
export const BUS_COUNT = { everyMs: 30_000, atOnce: 50, most: 5_000, withinMs: 20_000 }
/** How long a notice is claimed for: longer than its read may take. */
export const READ_LEASE_MS = LONGEST_READ_MS + 60_000

/** The limits of the brake. */
export function brakeOf(
  config: Pick<Config, 'BRAKE_WINDOW_MS' | 'BRAKE_ABSOLUTE' | 'BRAKE_PERCENT' | 'BRAKE_FLOOR'>,
): BrakeSettings {
  return {
    windowMs: config.BRAKE_WINDOW_MS,
    absolute: config.BRAKE_ABSOLUTE,
    percent: config.BRAKE_PERCENT,
    floor: config.BRAKE_FLOOR,
  }
}

/** The settings of the connector's loops. `owner` names this instance in leases and claims. */
export function settingsOf(config: Config, owner: string): ConnectorSettings {
  const leaseMs = config.LEASE_MS
  const shared = isShared({ location: config.LEDGER })
  return {
    ...(shared ? { lease: { owner, leaseMs } } : {}),
    uploads: config.UPLOADS,
    intake: {
      batchSize: config.INTAKE_BATCH,
      batchMs: config.INTAKE_BATCH_MS,
      skewMs: config.CLOCK_SKEW_MS,
      quietMs: config.COALESCE_QUIET_MS,
      maxWaitMs: config.COALESCE_MAX_WAIT_MS,
      backlogPerSecond: config.BACKLOG_PER_SECOND,
    },
    plan: {
      employeesAtOnce: 200,
      pollMs: Math.min(250, Math.max(20, config.COALESCE_QUIET_MS / 4)),
      maxWaitMs: config.COALESCE_MAX_WAIT_MS,
      incompleteMs: config.INCOMPLETE_MS,
      brake: brakeOf(config),
      ...(shared ? { claimMs: leaseMs } : {}),
    },
    job: {
      pollMs: config.JOB_POLL_MS,
      forbiddenMs: 3_600_000,
      restartMs: config.RESTART_WAIT_MS,
    },
    clock: {
      pollMs: 2_000,
      shared,
      toleranceMs: config.CLOCK_SKEW_MS,
      maxWaitMs: config.COALESCE_MAX_WAIT_MS,
      leaseMs: Math.max(leaseMs, submitLeaseMs(config), READ_LEASE_MS),
      quietMs: config.FINAL_QUIET_MS,
    },
    submit: submitSettings(config, owner),
    correlate: correlateSettings(config),
    publish: {
      queue: config.OUTCOMES_QUEUE,
      pollMs: 250,
      atOnce: 500,
      values: config.OUTCOME_VALUES,
      account: config.OUTCOME_ACCOUNT,
      sessions: config.OUTCOME_SESSIONS,
    },
    copies: { content: copyContentOf(config), pollMs: 1_000, atOnce: 200, sweepMs: 1_000, restMs: 3_600_000 },
    busCount: BUS_COUNT,
  }
}

/**
 * What copies of dead letters contain. Throws `ConfigInvalid` without a key where one is needed.
 */
export function copyContentOf(config: Config): CopyContent {
  const { DEAD_LETTER_COPIES: kind } = config
  if (kind !== 'encrypted') return { kind }
  const key = requireSetting(
    config.DEAD_LETTER_COPY_KEY,
    'DEAD_LETTER_COPY_KEY',
    '32 bytes in base64, because DEAD_LETTER_COPIES is encrypted',
  )
  return { kind, seal: copyCipher(key).seal }
}

/** A batch is claimed for two HTTP attempts and the waits between them. */
const submitLeaseMs = (config: Config): number => config.HTTP_TIMEOUT_MS * 2 + 30_000

function submitSettings(config: Config, owner: string): ConnectorSettings['submit'] {
  return {
    owner,
    maxOperations: config.BATCH_OPERATIONS,
    maxBytes: config.BATCH_BYTES,
    fillMs: config.BATCH_FILL_MS,
    leaseMs: submitLeaseMs(config),
    // Where no batch waits to fill, what is planned wakes the loops.
    pollMs: config.BATCH_FILL_MS === 0 ? 250 : Math.min(250, Math.max(20, config.BATCH_FILL_MS / 2)),
    attempts: 4,
    limits: limitsOf(config),
    retryMs: 1_000,
    retryCapMs: 30_000,
    throttledMs: 5_000,
    fullMs: 450_000,
    circuitMs: 15_000,
    accessMs: 60_000,
  }
}

function correlateSettings(config: Config): ConnectorSettings['correlate'] {
  return {
    startMs: Number.isFinite(config.LOG_REQUESTS_PER_10S) ? LOG_WINDOW_MS : 0,
    pollMs: config.LOG_POLL_MS,
    pageMs: 0,
    maxLagMs: config.LOG_MAX_LAG_MS,
    skewMs: config.CLOCK_SKEW_MS,
    quietMs: config.FINAL_QUIET_MS,
    deadlineMs: config.OUTCOME_DEADLINE_MS,
    maxResends: config.MAX_RESENDS,
    askAtOnce: 20,
    escrowMs: config.ESCROW_MS,
    sliceMs: 3_600_000,
  }
}
