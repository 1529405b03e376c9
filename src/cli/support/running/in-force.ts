import { Option } from '@commander-js/extra-typings'
import type { InForce, OtherRules } from '../../../compose/instance/in-force.ts'
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
 * - `acted-on`: any instance may continue the work and decide by its own rules, so it refuses when
 *   those of one instance are others
 * - `replaced`: it was asked to try others
 */
export type RulesUse = 'unused' | 'shown' | 'needed' | 'acted-on' | 'replaced'

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
    if (options.saysStopped !== true) sayStopped(found, now)
    return found
  }
  sayDisagreement(found, options.rules)
  if (options.ownConfig === true) {
    say(`with the limits and rules of this command, not of ${nameOf(speaker, now)}`)
    return { ...found, config }
  }
  const refusing = refusingInstance(found, options.rules)
  if (refusing) throw refused(refusing, found, options)
  say(`with the limits of ${nameOf(speaker, now)}${differencesInWords(found)}`)
  sayRules(found, options.rules)
  return found
}

function sayStopped({ views }: InForce, now: number): void {
  const lost = views.find(({ state }) => state === 'lost')
  const seen = lost ? ` (${lost.name} was last seen ${age(lost.seenAt, now)})` : ''
  say(`no connector runs on this ledger${seen}: the limits and rules are those of this command`)
}

function refusingInstance({ otherRules, speaker }: InForce, use: RulesUse): OtherRules | undefined {
  if (use === 'acted-on') return otherRules[0]
  return use === 'needed' ? otherRules.find(({ instance }) => instance === speaker) : undefined
}

function sayRules({ otherRules, speaker }: InForce, use: RulesUse): void {
  const [first] = otherRules
  if (use === 'replaced') say('the rules are those that this command was given')
  else if (use === 'shown' && first?.instance === speaker)
    say(`the rules of this command are others than those of the connector (${first?.parts.join(', ')})`)
}

/** `connector hr-1 (0.1.0), running since …, seen 3.0 s ago` */
function nameOf({ name, version, startedAt, seenAt }: InstanceView, now: number): string {
  return `connector ${name} (${version}), running since ${when(startedAt, now)}, seen ${age(seenAt, now)}`
}

/** What differs from the configuration here, rules aside. */
function differencesInWords({ limits, ownRelease, settingsDiffer }: InForce): string {
  const each = limits.map(({ setting, one, other }) => `${setting} ${limit(one)}, here ${limit(other)}`)
  return [
    ...(each.length === 0 ? [] : [`they differ from those here: ${each.join('; ')}`]),
    ...(ownRelease === null ? [] : [`the release here is ${ownRelease}`]),
    ...(settingsDiffer ? ['other settings here differ too'] : []),
  ]
    .map((words) => `; ${words}`)
    .join('')
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

function refused(
  { instance, parts }: OtherRules,
  { fileChangedAt }: InForce,
  { refusal = '' }: InForceOptions,
): Error {
  const since = fileChangedAt !== null && fileChangedAt > instance.startedAt ? fileChangedAt : null
  const changed = since === null ? '' : `, which was changed at ${when(since)}`
  return new RollcallError(
    'RulesDiffer',
    `the running connector ${instance.name}, started at ${when(instance.startedAt)}, has other rules than the configuration here${changed}: ${parts.join(', ')}. ${refusal}`,
  )
}
