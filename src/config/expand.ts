import { RollcallError } from '../core/errors.ts'
import type { Environment } from './environment.ts'
import type { Path, Problem } from './path.ts'
import { variable } from './variables.ts'

export interface Expanded {
  /** With variables expanded. */
  readonly value: unknown
  /**
   * Texts in which variables were expanded, as they were written, because the expanded text may be
   * a secret.
   */
  readonly expanded: readonly { readonly path: Path; readonly text: string }[]
  /** Variables that are not set, and names that cannot be used. */
  readonly problems: readonly Problem[]
}

/** The value of a file with the variables in its texts expanded. */
export function expandAll(written: unknown, environment: Environment): Expanded {
  const expanded: { path: Path; text: string }[] = []
  const problems: Problem[] = []
  const expand = (value: unknown, path: Path): unknown => {
    if (typeof value === 'string') {
      const { text, unusable } = expandText(value, environment)
      if (unusable !== null) problems.push({ path, message: unusable })
      else if (text !== value) expanded.push({ path, text: value })
      return text
    }
    if (Array.isArray(value)) return value.map((one, index) => expand(one, [...path, index]))
    if (typeof value !== 'object' || value === null) return value
    // Parsers drop this key silently, and a path with it leads out of the file.
    if (Object.hasOwn(value, '__proto__'))
      problems.push({
        path: [...path, '__proto__'],
        key: true,
        message: 'cannot be a name; choose another',
      })
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, expand(one, [...path, key])]))
  }
  return { value: expand(written, []), expanded, problems }
}

/**
 * `${NAME}`, `${NAME:-otherwise}`; `$${` stands for `${` itself. JSONata's own `${` is never
 * followed by a name in capitals and `}`.
 */
const EXPANSION = /\$?\$\{([A-Z_][A-Z0-9_]*)(?::-([^}]*))?\}/g

function expandText(
  text: string,
  environment: Environment,
): { readonly text: string; readonly unusable: string | null } {
  let unusable: string | null = null
  const expanded = text.replaceAll(
    EXPANSION,
    (written: string, name: string, otherwise: string | undefined) => {
      if (written.startsWith('$$')) return written.slice(1)
      const value = valueOf(name, environment)
      if (value.unusable === null && value.text === undefined && otherwise === undefined)
        unusable ??= `names the variable ${name}, which is not set`
      unusable ??= value.unusable
      return value.text ?? otherwise ?? ''
    },
  )
  return { text: expanded, unusable }
}

function valueOf(
  name: string,
  environment: Environment,
): { readonly text: string | undefined; readonly unusable: string | null } {
  try {
    return { text: variable(environment, name), unusable: null }
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error
    return { text: undefined, unusable: `names a variable that cannot be read: ${error.message}` }
  }
}
