import { Document, visit } from 'yaml'
import { writtenThresholds } from './rules/alerts.ts'
import type { NotificationSettings, WebhookSettings } from '../core/alerts/settings.ts'
import type { OAuthSettings } from '../core/intake/hydrate/settings.ts'
import { MASK, masked, maskedDefaults, maskedHeader, maskedValue } from '../core/display/mask.ts'
import { bare } from '../core/own.ts'
import { startingRules } from '../core/plan/mapping/presets.ts'
import { visible } from '../core/display/visible.ts'
import { SECRETS } from './environment.ts'
import { consoleSettingsOf } from './console/access.ts'
import type { Path } from './path.ts'
import type { Config } from './load.ts'
import { FILE, type FileContent, SETTING_NAMES } from './schema.ts'

/**
 * The configuration in force, as YAML that could be the file. Secrets are masked. Texts with
 * variables are printed as they were written, because their values may be secrets.
 */
export function maskedYaml(config: Config): string {
  const inForce = new Map<string, unknown>(Object.entries(config))
  const settings = bare<unknown>()
  for (const name of SETTING_NAMES) {
    const value = inForce.get(name) ?? null
    if (value !== null) settings[name] = shown(name, value)
  }
  const {
    settings: _given,
    sources = [],
    shapes = {},
    alerts: _alerts,
    notifications,
    console: _console,
    mapping,
    ...others
  } = config.file ? unexpanded(config.file.content, config.file.expanded) : FILE.parse({})
  const document = new Document(
    {
      settings,
      ...(sources.length > 0 ? { sources: sources.map(withoutSecrets) } : {}),
      shapes,
      ...others,
      alerts: writtenThresholds(config.rules.alerts),
      ...(notifications ? { notifications: withoutKeys(notifications) } : {}),
      console: consoleSettingsOf(config),
      mapping: whole(mapping),
    },
    { aliasDuplicateObjects: false },
  )
  visit(document, {
    Scalar: (_key, scalar) => {
      // Only a text in double quotes can contain escapes for hidden characters.
      if (typeof scalar.value === 'string' && visible(scalar.value.replaceAll('\n', '')) !== scalar.value)
        scalar.type = 'QUOTE_DOUBLE'
    },
  })
  return document.toString({ lineWidth: 0 })
}

function shown(name: string, value: unknown): unknown {
  if (SECRETS.includes(name)) return MASK
  if (typeof value === 'string') return masked(value)
  if (Array.isArray(value)) return value.join(',')
  return value === Number.POSITIVE_INFINITY ? 'unlimited' : value
}

type SourceContent = FileContent['sources'] extends readonly (infer T)[] | undefined ? T : never

/** Headers, addresses and the sign-in of an HR system may hold a user, a password or a key. */
function withoutSecrets(source: SourceContent): SourceContent {
  if (source.read === undefined) return source
  const { url, calls, headers, basic, oauth, tls, ...read } = source.read
  return {
    ...source,
    read: {
      url: maskedAddress(url),
      ...read,
      calls: calls.map((call) => ({ ...call, url: maskedAddress(call.url) })),
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, maskedHeader(name, value)]),
      ),
      ...(basic ? { basic: { ...basic, password: maskedValue(basic.password) } } : {}),
      ...(oauth ? { oauth: maskedOAuth(oauth) } : {}),
      ...(tls ? { tls: maskedPassphrase(tls, 'passphrase') } : {}),
    },
  }
}

/** Channels hold addresses, headers, keys and passwords. */
function withoutKeys(notifications: NotificationSettings): unknown {
  const channels = Object.entries(notifications.channels).map(([name, { webhook, mail, queue }]) => [
    name,
    {
      ...(webhook ? { webhook: withoutWebhookKeys(webhook) } : {}),
      ...(mail ? { mail: maskedPassphrase(mail, 'password') } : {}),
      ...(queue === undefined ? {} : { queue }),
    },
  ])
  return { ...notifications, channels: Object.fromEntries(channels) as unknown }
}

function withoutWebhookKeys(webhook: WebhookSettings): WebhookSettings {
  const masks = maskedPassphrase(maskedPassphrase(webhook, 'secret'), 'bearer')
  const headers = Object.entries(webhook.headers).map(([name, value]) => [name, maskedHeader(name, value)])
  return {
    ...masks,
    url: maskedAddress(webhook.url),
    headers: Object.fromEntries(headers) as WebhookSettings['headers'],
    ...(webhook.tls ? { tls: maskedPassphrase(webhook.tls, 'passphrase') } : {}),
  }
}

function maskedOAuth(oauth: OAuthSettings): OAuthSettings {
  return {
    ...maskedPassphrase(maskedPassphrase(oauth, 'clientSecret'), 'keyPassphrase'),
    tokenUrl: maskedAddress(oauth.tokenUrl),
    parameters: Object.fromEntries(
      Object.entries(oauth.parameters).map(([name, value]) => [name, maskedValue(value)]),
    ),
  }
}

function maskedPassphrase<K extends string, T extends { readonly [name in K]?: string | undefined }>(
  of: T,
  name: K,
): T {
  const value = of[name]
  return value === undefined ? of : { ...of, [name]: maskedValue(value) }
}

const maskedAddress = (address: string): string => masked(maskedDefaults(address))

/** The mapping, with the default rules that it keeps. */
function whole(mapping: FileContent['mapping']): FileContent['mapping'] {
  const { nulls = 'explicit', attributes = {} } = mapping ?? {}
  const kept = Object.fromEntries(startingRules(mapping).map(({ to, from }) => [to, from]))
  const all = Object.entries({ ...kept, ...attributes }).filter(([, rule]) => rule !== null)
  return { base: 'none', presets: [], nulls, attributes: Object.fromEntries(all) }
}

/** Restores the texts in which variables were expanded, because a value may be a secret. */
function unexpanded(
  content: FileContent,
  expanded: readonly { readonly path: Path; readonly text: string }[],
): Partial<FileContent> {
  const copy = structuredClone(content)
  for (const { path, text } of expanded) {
    const parent = path
      .slice(0, -1)
      .reduce<unknown>(
        (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
        copy,
      )
    const last = path.at(-1)
    if (typeof parent === 'object' && parent !== null && last !== undefined) Reflect.set(parent, last, text)
  }
  return copy
}
