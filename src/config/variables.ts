import { readFileSync } from 'node:fs'
import { RollcallError } from '../core/errors.ts'
import type { Environment } from './environment.ts'

/**
 * A variable by its name, or the content of the file that `<name>_FILE` names, without the final
 * line break; `undefined` when neither is set. Throws `ConfigInvalid` when both are set, or the
 * file cannot be read.
 */
export function variable(environment: Environment, name: string): string | undefined {
  const given = environment[name] || undefined
  const file = environment[`${name}_FILE`] || undefined
  if (file === undefined) return given
  if (given !== undefined)
    throw new RollcallError('ConfigInvalid', `${name} and ${name}_FILE are both set; remove one of them`)
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } catch {
    throw new RollcallError('ConfigInvalid', `${name}_FILE names a file that cannot be read`)
  }
}
