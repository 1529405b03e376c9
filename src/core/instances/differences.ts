import { usdOf } from '../emergency/money.ts'
import { type Instance, RULE_PARTS, type RulePart, type RunningLimits } from '../ledger/port/instances.ts'

/** What an instance runs with, or a command would. */
export type Running = Pick<Instance, 'version' | 'configHash' | 'rulesHash' | 'ruleHashes' | 'limits'>

/** The parts of the rules that are not the same. */
export function differingRules(
  one: Pick<Running, 'ruleHashes'>,
  other: Pick<Running, 'ruleHashes'>,
): readonly RulePart[] {
  return RULE_PARTS.filter((part) => one.ruleHashes[part] !== other.ruleHashes[part])
}

/** A limit that is not the same, by the setting that configures it. */
export interface LimitDifference {
  readonly setting: string
  readonly one: number
  readonly other: number
}

/** The limits that are not the same. */
export function differingLimits(one: RunningLimits, other: RunningLimits): readonly LimitDifference[] {
  return LIMITS.map(([setting, of]) => ({ setting, one: of(one), other: of(other) })).filter(
    (limit) => limit.one !== limit.other,
  )
}

/**
 * In words, what is not the same; empty when nothing is. Names settings, and no values of others.
 */
export function differences(one: Running, other: Running): readonly string[] {
  const limits = differingLimits(one.limits, other.limits)
  const rules = differingRules(one, other)
  return [
    ...(one.version === other.version ? [] : ['release']),
    ...rules,
    ...(rules.length === 0 && one.rulesHash !== other.rulesHash ? ['rules'] : []),
    ...limits.map(({ setting }) => setting),
    ...(limits.length === 0 && one.configHash !== other.configHash ? ['settings'] : []),
  ]
}

/**
 * What changed from one configuration to the next, in words: limits with their values, of everything
 * else the name.
 */
export function configurationChanges(before: Running, after: Running): readonly string[] {
  const limits = new Map(
    differingLimits(before.limits, after.limits).map(({ setting, one, other }) => [
      setting,
      `${setting} from ${one} to ${other}`,
    ]),
  )
  return differences(before, after).map((part) =>
    part === 'release' ? `release from ${before.version} to ${after.version}` : (limits.get(part) ?? part),
  )
}

const LIMITS: readonly (readonly [setting: string, of: (limits: RunningLimits) => number])[] = [
  ['BRAKE_WINDOW_MS', ({ brake }) => brake.windowMs],
  ['BRAKE_ABSOLUTE', ({ brake }) => brake.absolute],
  ['BRAKE_PERCENT', ({ brake }) => brake.percent],
  ['BRAKE_FLOOR', ({ brake }) => brake.floor],
  ['CALLS_PER_DAY', ({ callsPerDay }) => callsPerDay],
  ['CALLS_PER_5S', ({ callsPer5s }) => callsPer5s],
  ['BATCH_OPERATIONS', ({ batchOperations }) => batchOperations],
  ['FAILED_ATTEMPTS', ({ failedAttempts }) => failedAttempts],
  ['COALESCE_QUIET_MS', ({ quietMs }) => quietMs],
  ['COALESCE_MAX_WAIT_MS', ({ maxWaitMs }) => maxWaitMs],
  ['CLOCK_SKEW_MS', ({ clockSkewMs }) => clockSkewMs],
  ['LEASE_MS', ({ leaseMs }) => leaseMs],
  ['leavers.emergency.usdPerDay', ({ emergency }) => usdOf(emergency?.day ?? 0)],
  ['leavers.emergency.usdPerMonth', ({ emergency }) => usdOf(emergency?.month ?? 0)],
]
