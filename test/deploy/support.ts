import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import { ENVIRONMENT } from '../../src/config/environment.ts'
import { SECRETS } from '../../src/config/environment.ts'
import { parseBrokerConfig } from '../../src/local/service-bus/config.ts'

export const root = fileURLToPath(new URL('../../', import.meta.url))
export const read = (path: string): string => readFileSync(new URL(path, `file://${root}`), 'utf8')
export const files = (pattern: string): readonly string[] =>
  globSync(pattern, { cwd: root }).toSorted((a, b) => a.localeCompare(b))

export type Tree = Readonly<Record<string, unknown>>
/** What stands at a path of keys; `undefined` where nothing does. */
export function at(tree: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (here, key) => (typeof here === 'object' && here !== null ? Reflect.get(here, key) : undefined),
    tree,
  )
}
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
export const entries = (value: unknown): readonly (readonly [string, unknown])[] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : []

export function documents(text: string): readonly Tree[] {
  return parseAllDocuments(text).map((document) => {
    const [error] = document.errors
    if (error) throw error
    return document.toJS() as Tree
  })
}

/** Every variable the connector reads. */
export const VARIABLES: ReadonlySet<string> = new Set([
  ...Object.keys(ENVIRONMENT.shape),
  ...SECRETS.map((name) => `${name}_FILE`),
])
/**
 * What Node reads of the environment, and the folder of caches
 * (https://specifications.freedesktop.org/basedir-spec/latest/).
 */
export const OF_NODE: ReadonlySet<string> = new Set([
  'NODE_ENV',
  'NODE_OPTIONS',
  'NODE_EXTRA_CA_CERTS',
  'XDG_CACHE_HOME',
])

export const ENTITIES: ReadonlySet<string> = new Set(
  ((config) => [...config.queues, ...config.topics].map(({ name }) => name))(
    parseBrokerConfig(read('deploy/service-bus/Config.json')),
  ),
)

export const version: string = (JSON.parse(read('package.json')) as { version: string }).version

export interface Ran {
  readonly code: number | string | null
  readonly stdout: string
  readonly stderr: string
}
/** Runs a tool to its end. `code` is `ENOENT` when there is no such tool. */
export function ran(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  cwd = root,
): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd, env, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? (error.code ?? null) : 0, stdout, stderr }),
    )
  })
}
