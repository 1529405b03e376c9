import { Option } from '@commander-js/extra-typings'
import type { InForce } from '../../../compose/instance/in-force.ts'
import type { Config } from '../../../config/load.ts'
import { RollcallError } from '../../../core/errors.ts'
import { differences } from '../../../core/instances/differences.ts'
import { aliveOf, type InstanceView } from '../../../core/instances/state.ts'
import type { Ledger } from '../../../core/ledger/ledger.ts'
import { say } from '../output.ts'
import { age, when } from '../screen/when.ts'

export const ownConfigOption = () =>
  new Option(
    '--own-config',
    'use the limits and rules of this command, also where the running connector has others',
  ).default(false)

/**
 * What a command does with the rules of its file:
 *
 * - `unused`: nothing
 * - `shown`: they decide a detail of what it shows, so a difference is only mentioned
 * - `needed`: without those of the running connector its answer would be wrong, so it refuses
 * - `replaced`: it was asked to try others
 */
export type RulesUse = 'unused' | 'shown' | 'needed' | 'replaced'

export interface InForceOptions {
  readonly ownConfig?: boolean
  readonly rules: RulesUse
  /** The command says itself that no connector runs. */
  readonly saysStopped?: boolean
  /** In the refusal, what happens by the rules of the running connector, and what to do. */
  readonly refusal?: string
}

/**
 * The configuration for a command that speaks for the running connector: its limits, in place of
 * those of the command. Names the connector on stderr, with what differs. Throws `RulesDiffer` when
 * the command needs the rules of the connector and its own are others.
 */
export async function inForce(
  ledger: Pick<Ledger, 'listInstances'>,
  config: Config,
  options: InForceOptions,
): Promise<InForce> {
  const { readInForce } = await import('../../../compose/instance/in-force.ts')
  const now = Date.now()
  const found = await readInForce(ledger, config, now)
  const { speaker } = found
  if (speaker === null) {
    if (options.saysStopped !== true)
      say('no connector runs on this ledger: the limits and rules are those of this command')
    return found
  }
  sayDisagreement(found, options.rules)
  if (options.ownConfig === true) {
    say(`with the limits and rules of this command, not of ${nameOf(speaker, now)}`)
    return { ...found, config }
  }
  if (options.rules === 'needed' && found.rules.length > 0) throw refused(found, speaker, options)
  say(`with the limits of ${nameOf(speaker, now)}${limitsInWords(found)}`)
  if (options.rules === 'shown' && found.rules.length > 0)
    say(`the rules of this command are others than those of the connector (${found.rules.join(', ')})`)
  if (options.rules === 'replaced') say('the rules are those that this command was given')
  return found
}

/** `connector hr-1 (0.1.0), running since …, seen 3.0 s ago` */
function nameOf({ name, version, startedAt, seenAt }: InstanceView, now: number): string {
  return `connector ${name} (${version}), running since ${when(startedAt, now)}, seen ${age(seenAt, now)}`
}

function limitsInWords({ limits }: InForce): string {
  if (limits.length === 0) return ''
  const each = limits.map(({ setting, one, other }) => `${setting} ${limit(one)}, here ${limit(other)}`)
  return `; they differ from those here: ${each.join('; ')}`
}

const limit = (value: number): string => (value === Infinity ? 'unlimited' : String(value))

/** During a rollout, for example. */
function sayDisagreement({ views, speaker }: InForce, use: RulesUse): void {
  if (speaker === null) return
  const others = aliveOf(views).flatMap((one) => {
    const differ = differences(speaker, one)
    return differ.length === 0 ? [] : [`${one.name} since ${when(one.startedAt)} (${differ.join(', ')})`]
  })
  if (others.length > 0 && use !== 'unused')
    say(
      `instances run with different settings, rules or releases: ${others.join('; ')} differ from ${speaker.name} since ${when(speaker.startedAt)}; see rollcall instances`,
    )
}

function refused({ rules, fileChangedAt }: InForce, speaker: InstanceView, options: InForceOptions): Error {
  const changed = fileChangedAt === null ? '' : `, which was changed at ${when(fileChangedAt)}`
  return new RollcallError(
    'RulesDiffer',
    `the running connector ${speaker.name}, started at ${when(speaker.startedAt)}, has other rules than the configuration here${changed}: ${rules.join(', ')}. ${options.refusal ?? ''}`,
  )
}
