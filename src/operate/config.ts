import { stringify } from 'yaml'
import { maskedLocation } from '../adapters/ledger-sql/postgres/address.ts'
import { readConfig } from '../config.ts'
import { SECRETS } from '../config/environment.ts'
import type { Path } from '../config/file.ts'
import { type FileContent, jsonSchema, SETTING_NAMES } from '../config/schema.ts'
import { bare } from '../core/own.ts'
import { DEFAULT_RULES } from '../core/plan/mapping.ts'
import { printJson } from './output.ts'

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
  const queues = rules.entrances
    .map(({ entity, sessions }) => (sessions ? `${entity} (sessions)` : entity))
    .join(', ')
  process.stdout.write(
    `${where} can be used: ${rules.sources.length} source(s) on ${queues}; ${rules.mapped} mapped attributes\n`,
  )
  return 0
}

const MASK = '********'

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
  process.stdout.write(`# in force: the environment${config.file ? ` over ${config.file.name}` : ''}\n`)
  process.stdout.write(
    stringify(
      { settings, sources, shapes, mapping: whole(mapping) },
      { lineWidth: 0, aliasDuplicateObjects: false },
    ),
  )
  return 0
}

function shown(name: string, value: unknown): unknown {
  if (SECRETS.includes(name)) return MASK
  if (name === 'LEDGER' && typeof value === 'string') return maskedLocation(value)
  return value === Number.POSITIVE_INFINITY ? 'unlimited' : value
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
    const home = path
      .slice(0, -1)
      .reduce<unknown>(
        (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
        copy,
      )
    const last = path.at(-1)
    if (typeof home === 'object' && home !== null && last !== undefined) Reflect.set(home, last, text)
  }
  return copy
}
