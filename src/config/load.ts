import { existsSync } from 'node:fs'
import { RollcallError } from '../core/errors.ts'
import type { Environment, Settings } from './environment.ts'
import { type ConfigFile, readConfigFile } from './file.ts'
import type { Problem } from './path.ts'
import { secretsInFile } from './rules/notifications.ts'
import { problemsOf } from './problems.ts'
import { compileRules, type Rules } from './rules/rules.ts'
import type { RuleTools } from './rules/compilation.ts'
import { FILE, type FileContent } from './schema.ts'
import { readSettings } from './settings.ts'
import { usableContent } from './usable.ts'
import { exposedFiles } from './variables.ts'

/** Everything that can be configured, as it is in force. */
export interface Config extends Settings {
  readonly rules: Rules
  /** Variables that name a file with a secret which group or others may read. */
  readonly exposed: readonly string[]
  /** `null` when there is no file. */
  readonly file: {
    readonly name: string
    readonly content: FileContent
    readonly expanded: ConfigFile['expanded']
  } | null
}

export const DEFAULT_FILE = 'rollcall.yaml'

/** What a configuration is, or every problem of it. */
export interface ExaminedConfig {
  /** `null` when there are problems. */
  readonly config: Config | null
  /**
   * Each problem on a line of its own: by file, line and column, or by its variable. A line says
   * what belongs there and quotes no value.
   */
  readonly problems: readonly string[]
  /** Those that can be used; the others have their defaults. */
  readonly settings: Settings
}

/**
 * Reads the environment and the file that `ROLLCALL_CONFIG` names, or `rollcall.yaml` if it exists,
 * and compiles them. Throws `ConfigInvalid`, which names every problem.
 */
export function loadConfig(environment: Environment, tools: RuleTools): Config {
  const { config, problems } = examineConfig(environment, tools)
  if (config === null) throw new RollcallError('ConfigInvalid', problems.join('\n'))
  return config
}

/** The same, without throwing. A problem in one part hides none in another. */
export function examineConfig(environment: Environment, tools: RuleTools): ExaminedConfig {
  const name = environment['ROLLCALL_CONFIG'] || (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : null)
  if (name === null) {
    const { settings, inEnvironment } = readSettings(environment, {})
    const rules = compileRules({ settings: {}, shapes: {} }, settings, [], tools)
    return examined(
      { ...settings, rules, exposed: exposedFiles(environment, settings), file: null },
      settings,
      environmentLines(inEnvironment),
    )
  }
  let file: ConfigFile
  try {
    file = readConfigFile(name, environment)
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error
    const { settings, inEnvironment } = readSettings(environment, {})
    return { config: null, problems: [error.message, ...environmentLines(inEnvironment)], settings }
  }
  return examineFile(file, environment, tools)
}

function examineFile(file: ConfigFile, environment: Environment, tools: RuleTools): ExaminedConfig {
  const parsed = FILE.safeParse(file.value)
  const inSchema = parsed.success ? [] : problemsOf(parsed.error, file.value)
  const usable = usableContent(file.value, [...file.problems, ...inSchema])
  const content = usable?.content ?? EMPTY
  const { settings, inEnvironment, inFile } = readSettings(environment, content.settings)
  const inRules: Problem[] = []
  const rules = compileRules(content, settings, inRules, tools)
  const problems = [
    ...file.problems,
    ...unlessUnset(inSchema, file.problems),
    ...inFile,
    ...(usable ? inRules.filter((problem) => !usable.mayFollow(problem)) : []),
    ...secretsInFile(content.notifications, file.expanded),
  ]
  return examined(
    {
      ...settings,
      rules,
      exposed: exposedFiles(environment, settings),
      file: { name: file.name, content, expanded: file.expanded },
    },
    settings,
    [...file.describe(problems), ...environmentLines(inEnvironment)],
  )
}

const EMPTY = FILE.parse({})

/**
 * A variable that is not set is one problem. What the schema then finds at its place is not
 * another.
 */
function unlessUnset(found: readonly Problem[], unset: readonly Problem[]): readonly Problem[] {
  return found.filter(({ path }) => !unset.some((one) => one.path.join('\n') === path.join('\n')))
}

function environmentLines(problems: readonly string[]): readonly string[] {
  return problems.length === 0
    ? []
    : ['the environment cannot be used:', ...problems.map((problem) => `  ${problem}`)]
}

function examined(config: Config, settings: Settings, problems: readonly string[]): ExaminedConfig {
  return { config: problems.length === 0 ? Object.freeze(config) : null, problems, settings }
}
