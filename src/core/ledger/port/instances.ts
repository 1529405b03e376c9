import type { Spending } from '../../emergency/money.ts'
import type { Loop } from '../../loops.ts'
import type { BrakeSettings } from './plan.ts'

/** The connectors that run on the ledger, and those that ran lately. */
export interface InstanceLedger {
  /**
   * Writes what an instance reports about itself. Repeated, it is the sign of life of that
   * instance; it also brings back an instance whose row retention removed while the process was
   * suspended. An instance that has ended stays ended.
   */
  announceInstance(instance: Instance): Promise<void>
  /** Records the orderly end of an instance. */
  endInstance(id: string, now: number): Promise<void>
  /**
   * Those seen within `INSTANCES_LISTED_MS`, the last started first; at most `MOST_INSTANCES`. Its
   * cost does not grow with the ledger.
   */
  listInstances(now: number): Promise<readonly Instance[]>
}

/** Instances last seen longer ago are no longer listed. */
export const INSTANCES_LISTED_MS = 7 * 86_400_000
export const MOST_INSTANCES = 1_000

/** One `rollcall run`, from its start to its end. Contains no secret and no personal data. */
export interface Instance {
  /** Unique to this run; also the owner of its leases and claims. */
  readonly id: string
  /** `INSTANCE`, by default the host name. Several instances may share it. */
  readonly name: string
  readonly host: string
  /** The release. */
  readonly version: string
  readonly startedAt: number
  /** The last sign of life. */
  readonly seenAt: number
  /** When it ended in order; `null` while it runs, and after it was killed. */
  readonly endedAt: number | null
  readonly loops: readonly Loop[]
  /** Whether other instances may run on the ledger at the same time: not on a SQLite file. */
  readonly shared: boolean
  /** Of the settings that decide what is done; not of addresses, identities and secrets. */
  readonly configHash: string
  /** Of all of `ruleHashes`. */
  readonly rulesHash: string
  readonly ruleHashes: Readonly<Record<RulePart, string>>
  readonly limits: RunningLimits
}

/**
 * The parts of the rules that are compared one by one. `source settings` are SOURCE_ZONE,
 * SOURCE_ORDER and SOURCE_LAST_DAY.
 */
export const RULE_PARTS = [
  'mapping',
  'sources',
  'shapes',
  'activation',
  'pilot',
  'notices',
  'targets',
  'source settings',
] as const
export type RulePart = (typeof RULE_PARTS)[number]

/**
 * The limits and durations in force that commands calculate with. `Infinity` stands for unlimited.
 */
export interface RunningLimits {
  readonly brake: BrakeSettings
  readonly callsPerDay: number
  readonly callsPer5s: number
  readonly batchOperations: number
  /** After this many failures of a record, the failure is attributed to all of its events. */
  readonly failedAttempts: number
  /** How long an employee waits for further events before it is planned, at least and at most. */
  readonly quietMs: number
  readonly maxWaitMs: number
  readonly clockSkewMs: number
  readonly leaseMs: number
  /** The budget of the emergency lane; `null`: it is off. */
  readonly emergency: Spending | null
}
