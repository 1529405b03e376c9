import { readFileSync } from 'node:fs'
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import { RollcallError } from '../core/errors.ts'
import { visible } from '../core/display/visible.ts'
import type { Environment } from './environment.ts'
import { expandAll, type Expanded } from './expand.ts'
import { type Path, type Problem, spell } from './path.ts'

/** A file as it was read, with what is needed to name a place in it. */
export interface ConfigFile extends Expanded {
  readonly name: string
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
  const written = textOf(name)
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
  const describe = (problems: readonly Problem[]): readonly string[] =>
    problems
      .map((problem) => ({ problem, offset: offsetOf(document, problem) }))
      .toSorted((one, other) => one.offset - other.offset)
      .map(({ problem, offset }) => `${at(offset)}: ${spell(problem.path)}${problem.message}`)
  return { name, ...expandAll(valueOf(name, document), environment), describe }
}

function textOf(name: string): string {
  try {
    return readFileSync(name, 'utf8')
  } catch {
    throw new RollcallError(
      'ConfigInvalid',
      `${visible(name)} cannot be read; ROLLCALL_CONFIG names the file`,
    )
  }
}

function valueOf(name: string, document: Document.Parsed): unknown {
  try {
    return document.toJS() ?? {}
  } catch {
    throw new RollcallError(
      'ConfigInvalid',
      `${visible(name)}: an alias (*) is undefined, or the aliases expand to too much`,
    )
  }
}

/** Where the problem is in the file: at what its path names, or at the nearest thing around it. */
function offsetOf(document: Document.Parsed, { path, key = false }: Problem): number {
  const offset = key ? offsetOfKey(document, path) : null
  if (offset !== null) return offset
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const node = nodeAt(document, path.slice(0, depth))
    if (isNode(node) && node.range) return node.range[0]
  }
  return 0
}

function offsetOfKey(document: Document.Parsed, path: Path): number | null {
  const parent = nodeAt(document, path.slice(0, -1))
  const pair = isMap(parent)
    ? parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1))
    : undefined
  return isNode(pair?.key) && pair.key.range ? pair.key.range[0] : null
}

const nodeAt = (document: Document.Parsed, path: Path): unknown =>
  path.length === 0 ? document.contents : document.getIn(path, true)
