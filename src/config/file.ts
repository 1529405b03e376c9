import { readFileSync } from 'node:fs'
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import { RollcallError } from '../core/errors.ts'
import { visible } from '../core/display/visible.ts'
import type { Environment } from './environment.ts'
import { variable } from './variables.ts'

export type Path = readonly (string | number)[]
/** An error in the file. `key` when the key itself is wrong and not its value. */
export interface Problem {
  readonly path: Path
  readonly message: string
  readonly key?: boolean
}

/** A file as it was read, with what is needed to name a place in it. */
export interface ConfigFile {
  readonly name: string
  /** With variables expanded. */
  readonly value: unknown
  /**
   * Texts in which variables were expanded, as they were written, because the expanded text may be
   * a secret.
   */
  readonly expanded: readonly { readonly path: Path; readonly text: string }[]
  /** Variables that are not set, and names that cannot be used. */
  readonly problems: readonly Problem[]
  /** One line for each problem, in the order of the file: file, line and column, path, message. */
  describe(problems: readonly Problem[]): readonly string[]
}

/**
 * Errors of the parser where a text without quotes has what YAML gives a meaning to, such as `{`,
 * `: ` and `#`.
 */
const OF_BARE_TEXT: ReadonlySet<string> = new Set([
  'BAD_SCALAR_START',
  'BLOCK_AS_IMPLICIT_KEY',
  'BLOCK_IN_FLOW',
  'MULTILINE_IMPLICIT_KEY',
  'UNEXPECTED_TOKEN',
])

/** Reads a YAML file. Throws `ConfigInvalid` when the file cannot be read or is not YAML. */
export function readConfigFile(name: string, environment: Environment): ConfigFile {
  let written: string
  try {
    written = readFileSync(name, 'utf8')
  } catch {
    throw new RollcallError(
      'ConfigInvalid',
      `${visible(name)} cannot be read; ROLLCALL_CONFIG names the file`,
    )
  }
  const lines = new LineCounter()
  const document = parseDocument(written, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${visible(name)}:${line}:${col}`
  }
  const [first] = document.errors
  // The parser's message quotes the line, and a line may contain a secret.
  if (first) {
    const hint = OF_BARE_TEXT.has(first.code)
      ? '; put an expression into quotes, or into a block after |'
      : ''
    throw new RollcallError('ConfigInvalid', `${at(first.pos[0])}: is not YAML [${first.code}]${hint}`)
  }

  const offsetOf = ({ path, key = false }: Problem): number => {
    for (let depth = path.length; depth >= 0; depth -= 1) {
      const node: unknown = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true)
      if (key && depth === path.length) {
        const parent: unknown = depth === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
        const pair = isMap(parent)
          ? parent.items.find((pair) => isScalar(pair.key) && pair.key.value === path.at(-1))
          : undefined
        if (isNode(pair?.key) && pair.key.range) return pair.key.range[0]
      }
      if (isNode(node) && node.range) return node.range[0]
    }
    return 0
  }
  const describe = (problems: readonly Problem[]): readonly string[] =>
    problems
      .map((problem) => ({ problem, offset: offsetOf(problem) }))
      .toSorted((one, other) => one.offset - other.offset)
      .map(({ problem, offset }) => `${at(offset)}: ${spell(problem.path)}${problem.message}`)

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
  let plain: unknown
  try {
    plain = document.toJS()
  } catch {
    throw new RollcallError(
      'ConfigInvalid',
      `${visible(name)}: an alias (*) is undefined, or the aliases expand to too much`,
    )
  }
  const value = expand(plain ?? {}, [])
  return { name, value, expanded, problems, describe }
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

/** The path of a place, such as `sources[0].order`, followed by a blank when it is not empty. */
export function spell(path: Path): string {
  if (path.length === 0) return ''
  const spelled = path
    .map((part) =>
      typeof part === 'number'
        ? `[${part}]`
        : /^[\w-]+$/.test(part)
          ? `.${part}`
          : `[${visible(JSON.stringify(part))}]`,
    )
    .join('')
  return `${spelled.replace(/^\./, '')} `
}
