import { readFileSync, statSync } from 'node:fs'
import { RollcallError } from '../core/errors.ts'
import { type Environment, SECRETS, type Settings } from './environment.ts'

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

/**
 * The variables that name a file with a secret, of this user, on which group or others have rights.
 * A file of another user is left out: only that user can change its rights, and a mounted secret is
 * one.
 */
export function exposedFiles(
  environment: Environment,
  { AZURE_CLIENT_CERTIFICATE_PATH: certificate }: Pick<Settings, 'AZURE_CLIENT_CERTIFICATE_PATH'>,
): readonly string[] {
  const secrets = SECRETS.map((name) => [`${name}_FILE`, environment[`${name}_FILE`]] as const)
  const files = [...secrets, ['AZURE_CLIENT_CERTIFICATE_PATH', certificate] as const]
  return files.flatMap(([name, path]) => (path && isExposed(path) ? [name] : []))
}

function isExposed(path: string): boolean {
  if (process.getuid === undefined) return false
  try {
    const { uid, mode } = statSync(path)
    return uid === process.getuid() && (mode & 0o077) !== 0
  } catch {
    // A file that cannot be read is a problem of the configuration already.
    return false
  }
}
