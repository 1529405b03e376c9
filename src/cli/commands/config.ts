import { Document, visit } from 'yaml'
import { MASK, masked, maskedDefaults, maskedHeader } from '../../core/mask.ts'
import { visible } from '../../core/visible.ts'
import { readConfig } from '../../compose/config.ts'
import { SECRETS } from '../../config/environment.ts'
import type { Path } from '../../config/file.ts'
import { type FileContent, jsonSchema, SETTING_NAMES } from '../../config/schema.ts'
import { bare } from '../../core/own.ts'
import { DEFAULT_RULES } from '../../core/plan/mapping/mapping.ts'
import { printJson, printLines, printYaml } from '../support/output.ts'

/** JSON Schema of the file, for editors. */
export function configSchema(): number {
  printJson(jsonSchema())
  return 0
}

/** 0 when everything can be used; otherwise `ConfigInvalid` says what is wrong and where. */
export function configCheck(environment: NodeJS.ProcessEnv, file: string | undefined): number {
  const { rules, file: found } = readConfig(
    file === undefined ? environment : { ...environment, ROLLCALL_CONFIG: file },
  )
  const where = found === null ? 'the environment' : found.name
  const queues = rules.sourceAddresses
    .map(({ entity, sessions }) => (sessions ? `${entity} (sessions)` : entity))
    .join(', ')
  printLines(
    `${where} can be used: ${rules.sources.length} source(s) on ${queues}; ${rules.mapped} mapped attributes`,
  )
  return 0
}

/** What is in force, as YAML that could stand in a file. Secrets are masked, and texts with variables stand as they were written. */
export function configPrint(environment: NodeJS.ProcessEnv): number {
  const config = readConfig(environment)
  const inForce = new Map<string, unknown>(Object.entries(config))
  const settings = bare<unknown>()
  for (const name of SETTING_NAMES) {
    const value = inForce.get(name) ?? null
    if (value !== null) settings[name] = shown(name, value)
  }
  const {
    sources = [],
    shapes = {},
    mapping,
  } = config.file ? unexpanded(config.file.content, config.file.expanded) : {}
  printLines(`# in force: the environment${config.file ? ` over ${config.file.name}` : ''}`)
  const document = new Document(
    {
      settings,
      ...(sources.length > 0 ? { sources: sources.map(withoutSecrets) } : {}),
      shapes,
      mapping: whole(mapping),
    },
    { aliasDuplicateObjects: false },
  )
  visit(document, {
    Scalar: (_key, scalar) => {
      // Only a text in double quotes can hold a hidden character as an escape.
      if (typeof scalar.value === 'string' && visible(scalar.value.replaceAll('\n', '')) !== scalar.value)
        scalar.type = 'QUOTE_DOUBLE'
    },
  })
  printYaml(document.toString({ lineWidth: 0 }))
  return 0
}

function shown(name: string, value: unknown): unknown {
  if (SECRETS.includes(name)) return MASK
  if (typeof value === 'string') return masked(value)
  if (Array.isArray(value)) return value.join(',')
  return value === Number.POSITIVE_INFINITY ? 'unlimited' : value
}

type SourceContent = FileContent['sources'] extends readonly (infer T)[] | undefined ? T : never

/** Headers go with every request to the HR system, and its address may hold a user, a password or a key. */
function withoutSecrets(source: SourceContent): SourceContent {
  if (source.read === undefined) return source
  const { url, headers } = source.read
  const hidden = Object.entries(headers).map(([name, value]) => [name, maskedHeader(name, value)])
  return {
    ...source,
    read: { ...source.read, url: masked(maskedDefaults(url)), headers: Object.fromEntries(hidden) },
  }
}

/** The mapping with what it takes over from the default one. */
function whole(mapping: FileContent['mapping']): FileContent['mapping'] {
  const { base = 'default', nulls = 'explicit', attributes = {} } = mapping ?? {}
  const taken = base === 'default' ? Object.fromEntries(DEFAULT_RULES.map(({ to, from }) => [to, from])) : {}
  const all = Object.entries({ ...taken, ...attributes }).filter(([, rule]) => rule !== null)
  return { base: 'none', nulls, attributes: Object.fromEntries(all) }
}

/** Puts back what stood there before variables were expanded: what they came to may be a secret. */
function unexpanded(
  content: FileContent,
  expanded: readonly { readonly path: Path; readonly text: string }[],
): Partial<FileContent> {
  const copy = structuredClone(content)
  for (const { path, text } of expanded) {
    const store = path
      .slice(0, -1)
      .reduce<unknown>(
        (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
        copy,
      )
    const last = path.at(-1)
    if (typeof store === 'object' && store !== null && last !== undefined) Reflect.set(store, last, text)
  }
  return copy
}
