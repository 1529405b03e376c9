import { ALERT_CODES } from '../../core/alerts/codes.ts'
import { minuteOf, type QuietHours } from '../../core/alerts/quiet-hours.ts'
import {
  matches,
  NO_NOTIFICATIONS,
  type NotificationRule,
  type NotificationRules,
} from '../../core/alerts/rules.ts'
import {
  type ChannelSettings,
  durationMs,
  type NotificationSettings,
  type RuleSettings,
} from '../../core/alerts/settings.ts'
import { zone } from '../values.ts'
import type { Path, Problem } from '../path.ts'

/** `notifications` of the file, compiled. */
export interface Notifications {
  readonly rules: NotificationRules
  readonly channels: ReadonlyMap<string, ChannelSettings>
  /** Address that messages link to. */
  readonly link: string | null
}

const NONE: Notifications = { rules: NO_NOTIFICATIONS, channels: new Map(), link: null }
const AT = 'notifications'
/** A name that stands in log lines, cursors and the command line. */
const NAME = /^[A-Za-z][\w-]{0,63}$/

/** Compiles the rules. What cannot be used goes to `problems`, by its path in the file. */
export function compileNotifications(
  written: NotificationSettings | undefined,
  problems: Problem[],
  checkChannel: (settings: ChannelSettings, path: Path) => void,
): Notifications {
  if (written === undefined) return NONE
  const channels = new Map(Object.entries(written.channels))
  for (const [name, settings] of channels) {
    const path = [AT, 'channels', name]
    if (!NAME.test(name))
      problems.push({ path, key: true, message: 'must be a name of letters, digits, - and _' })
    checkChannel(settings, path)
  }
  const expectChannel = (name: string, path: Path): void => {
    if (channels.has(name)) return
    const known = channels.size === 0 ? 'and there are none' : `those are ${[...channels.keys()].join(', ')}`
    problems.push({ path, message: `must name a channel under notifications.channels; ${known}` })
  }
  if (written.url !== undefined && !/^https?:\/\/[^\s/]/.test(written.url))
    problems.push({ path: [AT, 'url'], message: 'must be an http or https address' })
  const rules = written.rules.map((rule, index) => {
    const path = [AT, 'rules', index]
    for (const name of [rule.to].flat()) expectChannel(name, [...path, 'to'])
    return compileRule(rule, path, problems)
  })
  const heartbeats = written.heartbeats.map(({ to, every }, index) => {
    const path = [AT, 'heartbeats', index]
    expectChannel(to, [...path, 'to'])
    if (written.heartbeats.findIndex((one) => one.to === to) !== index)
      problems.push({ path: [...path, 'to'], message: 'has a heartbeat already' })
    const everyMs = durationMs(every) ?? 0
    if (everyMs < SHORTEST_BEAT_MS)
      problems.push({ path: [...path, 'every'], message: 'must be 10s or more' })
    return { channel: to, everyMs }
  })
  return { rules: { rules, heartbeats }, channels, link: written.url ?? null }
}

/** The connector looks every 5 seconds. */
const SHORTEST_BEAT_MS = 10_000

function compileRule(rule: RuleSettings, path: Path, problems: Problem[]): NotificationRule {
  for (const [index, pattern] of rule.alerts.entries())
    if (!ALERT_CODES.some((code) => matches(pattern, code)))
      problems.push({
        path: [...path, 'alerts', index],
        message: `fits no alert; alerts are ${ALERT_CODES.join(', ')}`,
      })
  return {
    channels: [rule.to].flat(),
    alerts: rule.alerts,
    urgency: rule.urgency ?? null,
    afterMs: durationMs(rule.after) ?? 0,
    repeatMs: rule.repeat === undefined ? null : durationMs(rule.repeat),
    resolved: rule.resolved,
    names: rule.names,
    quiet: rule.quiet === undefined ? null : compileQuiet(rule.quiet, [...path, 'quiet'], problems),
  }
}

function compileQuiet(
  { zone: name, from, to, days }: NonNullable<RuleSettings['quiet']>,
  path: Path,
  problems: Problem[],
): QuietHours {
  if (!zone.safeParse(name).success)
    problems.push({ path: [...path, 'zone'], message: 'must be an IANA zone such as Europe/Berlin' })
  if (from === to && days.length === 0) problems.push({ path, message: 'must have from and to, or days' })
  return { zone: name, from: minuteOf(from) ?? 0, to: minuteOf(to) ?? 0, days }
}

/**
 * Secrets of channels that are written into the file instead of as `${NAME}`. The file is often
 * kept where others can read it.
 */
export function secretsInFile(
  written: NotificationSettings | undefined,
  expanded: readonly { readonly path: Path }[],
): readonly Problem[] {
  const isVariable = (path: Path): boolean =>
    expanded.some((one) => one.path.length === path.length && one.path.every((part, at) => part === path[at]))
  return Object.entries(written?.channels ?? {}).flatMap(([name, { webhook, mail }]) => {
    const path = [AT, 'channels', name]
    const secrets: readonly Path[] = [
      ...(webhook?.secret === undefined ? [] : [[...path, 'webhook', 'secret']]),
      ...(webhook?.bearer === undefined ? [] : [[...path, 'webhook', 'bearer']]),
      // The address of such a webhook is all that its sender needs.
      ...(webhook === undefined || webhook.format === 'cloudevents' ? [] : [[...path, 'webhook', 'url']]),
      ...(mail?.password === undefined ? [] : [[...path, 'mail', 'password']]),
    ]
    return secrets
      .filter((secret) => !isVariable(secret))
      .map((secret) => ({
        path: secret,
        message: 'is a secret; write it as ${NAME}, and set NAME or NAME_FILE in the environment',
      }))
  })
}
