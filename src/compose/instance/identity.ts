import { hostname } from 'node:os'
import { isShared } from '../../adapters/ledger-sql/open.ts'
import { releaseVersion } from './release.ts'
import { ENVIRONMENT } from '../../config/environment.ts'
import type { Config } from '../../config/load.ts'
import { withBudget } from '../../core/emergency/settings.ts'
import type { Running } from '../../core/instances/differences.ts'
import type { InstanceIdentity } from '../../core/instances/heartbeat.ts'
import type { RunningLimits } from '../../core/ledger/port/instances.ts'
import { type Loop, LOOPS } from '../../core/loops.ts'
import { brakeOf } from '../settings.ts'
import { digestOf, ruleHashesOf } from './rule-hashes.ts'

/**
 * What a connector with this configuration reports about itself. `id` is the owner of its leases.
 */
export function identityOf(config: Config, id: string, loops?: ReadonlySet<Loop>): InstanceIdentity {
  const host = hostname()
  return {
    ...runningWith(config),
    id,
    name: config.INSTANCE ?? host,
    host,
    loops: LOOPS.filter((loop) => loops?.has(loop) ?? true),
    shared: isShared({ location: config.LEDGER }),
  }
}

/** What a connector with this configuration runs with, to compare it with one that runs. */
export function runningWith(config: Config): Running {
  const ruleHashes = ruleHashesOf(config)
  return {
    version: releaseVersion(),
    configHash: digestOf(Object.fromEntries(COMPARED_SETTINGS.map((name) => [name, config[name]]))),
    rulesHash: digestOf(ruleHashes),
    ruleHashes,
    limits: limitsOf(config),
  }
}

function limitsOf(config: Config): RunningLimits {
  return {
    brake: brakeOf(config),
    callsPerDay: config.CALLS_PER_DAY,
    callsPer5s: config.CALLS_PER_5S,
    batchOperations: config.BATCH_OPERATIONS,
    failedAttempts: config.FAILED_ATTEMPTS,
    quietMs: config.COALESCE_QUIET_MS,
    maxWaitMs: config.COALESCE_MAX_WAIT_MS,
    clockSkewMs: config.CLOCK_SKEW_MS,
    leaseMs: config.LEASE_MS,
    emergency: config.rules.emergency?.budget ?? null,
  }
}

/** The configuration with the limits of a running connector in place of its own. */
export function withLimits(config: Config, limits: RunningLimits): Config {
  return {
    ...config,
    BRAKE_WINDOW_MS: limits.brake.windowMs,
    BRAKE_ABSOLUTE: limits.brake.absolute,
    BRAKE_PERCENT: limits.brake.percent,
    BRAKE_FLOOR: limits.brake.floor,
    CALLS_PER_DAY: limits.callsPerDay,
    CALLS_PER_5S: limits.callsPer5s,
    BATCH_OPERATIONS: limits.batchOperations,
    FAILED_ATTEMPTS: limits.failedAttempts,
    COALESCE_QUIET_MS: limits.quietMs,
    COALESCE_MAX_WAIT_MS: limits.maxWaitMs,
    CLOCK_SKEW_MS: limits.clockSkewMs,
    LEASE_MS: limits.leaseMs,
    rules: { ...config.rules, emergency: withBudget(config.rules.emergency, limits.emergency) },
  }
}

type SettingName = keyof typeof ENVIRONMENT.shape

/**
 * Settings that may differ between two instances that do the same, or between an instance and the
 * shell of an operator: where things are, how to get in, and what one process shows.
 */
const OWN_SETTINGS: ReadonlySet<string> = new Set([
  'ROLLCALL_CONFIG',
  'INSTANCE',
  'LEDGER',
  'LEDGER_AUTH',
  'LEDGER_CONNECTIONS',
  'LEDGER_STATEMENT_MS',
  'SERVICEBUS_FQDN',
  'SERVICEBUS_WEBSOCKETS',
  'PROVISIONING_ALLOW_HTTP',
  'AUTH_MODE',
  'AZURE_TENANT_ID',
  'AZURE_CLIENT_ID',
  'AZURE_CLIENT_CERTIFICATE_PATH',
  'NO_PROXY',
  'LOG_LEVEL',
  'HTTP_ADDRESS',
  'CONSOLE',
  'CONSOLE_URL',
  'CONSOLE_TENANT_ID',
  'CONSOLE_CLIENT_ID',
  'CONSOLE_AUTHORITY',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
] satisfies readonly SettingName[])

/** A hash of a short secret could be guessed, so secrets take no part. */
const COMPARED_SETTINGS: readonly SettingName[] = Object.entries(ENVIRONMENT.shape).flatMap(
  ([name, schema]) =>
    OWN_SETTINGS.has(name) || schema.meta()?.['secret'] === true ? [] : [name as SettingName],
)
