import { statSync } from 'node:fs'
import type { Config } from '../../config/load.ts'
import { differingLimits, differingRules, type LimitDifference } from '../../core/instances/differences.ts'
import { aliveOf, instanceStates, type InstanceView, speakerOf } from '../../core/instances/state.ts'
import type { InstanceLedger, RulePart } from '../../core/ledger/port/instances.ts'
import { runningWith, withLimits } from './identity.ts'

/** What runs on the ledger, beside the configuration of a command. */
export interface InForce {
  /** The configuration of the command with the limits of the running connector, where one runs. */
  readonly config: Config
  readonly views: readonly InstanceView[]
  /** The running connector that commands speak for. */
  readonly speaker: InstanceView | null
  /** Limits that are not those of the command: `one` is the connector's, `other` the command's. */
  readonly limits: readonly LimitDifference[]
  /** The release of the command, if the connector has another one. */
  readonly ownRelease: string | null
  /** Whether settings differ that are neither limits nor rules. */
  readonly settingsDiffer: boolean
  /** Living instances that decide by other rules than those of the command, the speaker first. */
  readonly otherRules: readonly OtherRules[]
  /** When the file of the command was last changed; `null` when it has none. */
  readonly fileChangedAt: number | null
}

export interface OtherRules {
  readonly instance: InstanceView
  /** The parts that are not the same. */
  readonly parts: readonly RulePart[]
}

export async function readInForce(
  ledger: Pick<InstanceLedger, 'listInstances'>,
  config: Config,
  now: number,
): Promise<InForce> {
  const views = instanceStates(await ledger.listInstances(now), now)
  const speaker = speakerOf(aliveOf(views))
  if (speaker === null) return { config, views, speaker, ...NOTHING_DIFFERS }
  const own = runningWith(config)
  const withItsLimits = withLimits(config, speaker.limits)
  const deciding = [speaker, ...aliveOf(views).filter((one) => one !== speaker && decides(one))]
  return {
    config: withItsLimits,
    views,
    speaker,
    limits: differingLimits(speaker.limits, own.limits),
    ownRelease: speaker.version === own.version ? null : own.version,
    settingsDiffer: speaker.configHash !== runningWith(withItsLimits).configHash,
    otherRules: deciding
      .map((instance) => ({ instance, parts: differingRules(instance, own) }))
      .filter(({ parts }) => parts.length > 0),
    fileChangedAt: fileChangedAt(config),
  }
}

const NOTHING_DIFFERS = {
  limits: [],
  ownRelease: null,
  settingsDiffer: false,
  otherRules: [],
  fileChangedAt: null,
} as const

/** Only intake and planning go by the rules. */
const decides = ({ loops }: InstanceView): boolean => loops.includes('intake') || loops.includes('provision')

function fileChangedAt({ file }: Config): number | null {
  return file === null ? null : (statSync(file.name, { throwIfNoEntry: false })?.mtimeMs ?? null)
}
