import { expressionProcess } from '../adapters/expression-process/client.ts'
import { jobOf } from '../adapters/graph/endpoint.ts'
import { checkChannel } from '../adapters/notify/check.ts'
import { httpReader } from '../adapters/hr-reader/http-reader.ts'
import { sha256 } from '../adapters/system.ts'
import type { Environment } from '../config/environment.ts'
import { type Config, type ExaminedConfig, examineConfig, loadConfig } from '../config/load.ts'
import type { RuleTools } from '../config/rules/compilation.ts'
import type { Evaluator } from '../core/expression/evaluator.ts'

/**
 * The configuration in force, with expressions evaluated by `evaluator`. Throws `ConfigInvalid`.
 */
export function readConfig(environment: Environment, evaluator: Evaluator = expressionProcess()): Config {
  return loadConfig(environment, toolsWith(evaluator))
}

/** The same, with every problem instead of an error. */
export function checkConfig(environment: Environment): ExaminedConfig {
  return examineConfig(environment, toolsWith(expressionProcess()))
}

const toolsWith = (evaluator: Evaluator): RuleTools => ({
  evaluator,
  digest: sha256,
  makeReader: httpReader,
  jobOf,
  checkChannel,
})

/**
 * An evaluator for expressions of the command line, with the limits of those of the configuration.
 */
export function makeEvaluator(): Evaluator {
  return expressionProcess()
}
