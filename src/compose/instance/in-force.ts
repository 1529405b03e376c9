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
  /** Parts of the rules that are not those of the command. */
  readonly rules: readonly RulePart[]
  /** When the file of the command was changed, if that was after the start of the connector. */
  readonly fileChangedAt: number | null
}

export async function readInForce(
  ledger: Pick<InstanceLedger, 'listInstances'>,
  config: Config,
  now: number,
): Promise<InForce> {
  const views = instanceStates(await ledger.listInstances(now), now)
  const speaker = speakerOf(aliveOf(views))
  if (speaker === null) return { config, views, speaker, limits: [], rules: [], fileChangedAt: null }
  const own = runningWith(config)
  const changedAt = fileChangedAt(config)
  return {
    config: withLimits(config, speaker.limits),
    views,
    speaker,
    limits: differingLimits(speaker.limits, own.limits),
    rules: differingRules(speaker, own),
    fileChangedAt: changedAt !== null && changedAt > speaker.startedAt ? changedAt : null,
  }
}

function fileChangedAt({ file }: Config): number | null {
  return file === null ? null : (statSync(file.name, { throwIfNoEntry: false })?.mtimeMs ?? null)
}
