import { RollcallError } from '../core/errors.ts'
import { ENVIRONMENT, type Environment, SECRETS, type Settings } from './environment.ts'
import type { Problem } from './path.ts'
import { problemsOf } from './problems.ts'
import type { FileContent } from './schema.ts'
import { variable } from './variables.ts'

/** Settings, and what is wrong with those that are left at their defaults. */
export interface ReadSettings {
  readonly settings: Settings
  /** Each names its variable. */
  readonly inEnvironment: readonly string[]
  /** Those that the file gives. */
  readonly inFile: readonly Problem[]
}

/** Settings of the file, overridden by variables. */
export function readSettings(environment: Environment, written: FileContent['settings']): ReadSettings {
  const { given, fromFile, unreadable } = givenSettings(environment, written)
  const parsed = ENVIRONMENT.safeParse(given)
  if (parsed.success) return { settings: parsed.data, inEnvironment: unreadable, inFile: [] }
  const problems = problemsOf(parsed.error, given).map(({ path, message }) => ({
    name: String(path[0]),
    message,
  }))
  for (const { name } of problems) Reflect.deleteProperty(given, name)
  return {
    settings: ENVIRONMENT.parse(given),
    inEnvironment: [
      ...unreadable,
      ...problems.filter(({ name }) => !fromFile.has(name)).map(({ name, message }) => `${name} ${message}`),
    ],
    inFile: problems
      .filter(({ name }) => fromFile.has(name))
      .map(({ name, message }) => ({ path: ['settings', name], message })),
  }
}

function givenSettings(
  environment: Environment,
  written: FileContent['settings'],
): {
  readonly given: Record<string, unknown>
  readonly fromFile: ReadonlySet<string>
  readonly unreadable: readonly string[]
} {
  const given: Record<string, unknown> = {}
  const fromFile = new Set<string>()
  const unreadable: string[] = []
  for (const name of Object.keys(ENVIRONMENT.shape)) {
    let value: string | undefined
    try {
      value = SECRETS.includes(name) ? variable(environment, name) : environment[name] || undefined
    } catch (error) {
      if (!(error instanceof RollcallError)) throw error
      unreadable.push(error.message)
      continue
    }
    const other = written[name]
    if (value !== undefined) given[name] = value
    else if (other !== undefined) {
      given[name] = String(other)
      fromFile.add(name)
    }
  }
  return { given, fromFile, unreadable }
}
