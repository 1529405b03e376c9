import { existsSync } from 'node:fs'
import { RollcallError } from '../core/errors.ts'
import { ENVIRONMENT, type Environment, SECRETS, type Settings } from './environment.ts'
import { type ConfigFile, type Problem, readConfigFile } from './file.ts'
import { problemsOf } from './problems.ts'
import { compileRules, type Rules, type RuleTools } from './rules.ts'
import { FILE, type FileContent } from './schema.ts'
import { variable } from './variables.ts'

/** Everything that can be configured, as it is in force. */
export interface Config extends Settings {
  readonly rules: Rules
  /** `null` when there is no file. */
  readonly file: {
    readonly name: string
    readonly content: FileContent
    readonly expanded: ConfigFile['expanded']
  } | null
}

export const DEFAULT_FILE = 'rollcall.yaml'

/**
 * Reads the environment and the file that `ROLLCALL_CONFIG` names, or `rollcall.yaml` if it exists,
 * and compiles them. Throws `ConfigInvalid`, which names every problem by its variable, or by file,
 * line and column, and says what belongs there; it never quotes a value.
 */
export function loadConfig(environment: Environment, tools: RuleTools): Config {
  const name = environment['ROLLCALL_CONFIG'] || (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : null)
  if (name === null) {
    const settings = settingsOf(environment, {})
    return Object.freeze({
      ...settings,
      rules: compileRules({ settings: {}, shapes: {} }, settings, [], tools),
      file: null,
    })
  }
  const file = readConfigFile(name, environment)
  const parsed = FILE.safeParse(file.value)
  if (!parsed.success) throw file.invalid(problemsOf(parsed.error, file.value))
  const content = parsed.data
  const settings = settingsOf(environment, content.settings, file)
  const problems: Problem[] = []
  const rules = compileRules(content, settings, problems, tools)
  if (problems.length > 0) throw file.invalid(problems)
  return Object.freeze({ ...settings, rules, file: { name, content, expanded: file.expanded } })
}

/** Settings of the file, overridden by variables. */
function settingsOf(environment: Environment, written: FileContent['settings'], file?: ConfigFile): Settings {
  const given: Record<string, unknown> = {}
  const fromFile = new Set<string>()
  for (const name of Object.keys(ENVIRONMENT.shape)) {
    const value = SECRETS.includes(name) ? variable(environment, name) : environment[name] || undefined
    const other = written[name]
    if (value !== undefined) given[name] = value
    else if (other !== undefined) {
      given[name] = String(other)
      fromFile.add(name)
    }
  }
  const parsed = ENVIRONMENT.safeParse(given)
  if (parsed.success) return parsed.data
  const issues = problemsOf(parsed.error, given).map(({ path, message }) => ({
    name: String(path[0]),
    message,
  }))
  const inFile = issues.filter(({ name }) => fromFile.has(name))
  if (file && inFile.length > 0)
    throw file.invalid(inFile.map(({ name, message }) => ({ path: ['settings', name], message })))
  throw new RollcallError(
    'ConfigInvalid',
    `the environment cannot be used:\n  ${issues.map(({ name, message }) => `${name} ${message}`).join('\n  ')}`,
  )
}
