import { isObject } from '../json.ts'
import type { Json } from '../model.ts'
import { own } from '../own.ts'

/** What an expression can be evaluated over: its input, and its variables without their `$`. */
export interface DirectInput {
  readonly input: Json
  readonly bindings: Readonly<Record<string, Json>>
}

/** The value for an input, with `undefined` for none, or `ASK` when only JSONata can say. */
export type Direct = (input: DirectInput) => Scalar | typeof ASK
type Scalar = string | boolean | number | undefined

/** Not evaluated: the input holds something that this subset does not cover. */
export const ASK = Symbol('ask JSONata')

/** So few levels that neither a compilation nor an evaluation can exhaust the stack. */
const MAX_LEVELS = 32

/**
 * Compiles an expression of a small subset of JSONata to a function: fields, texts, variables,
 * `&`, `=`, `!=`, conditions, `?:`, `??`, and a few functions of one argument. Such an expression
 * takes time linear in its values and calls nothing that waits, so it needs no process of its own.
 * `null` for every other expression. `ast` is the tree of jsonata 2.2.2; a node with any part that
 * is not known here is outside the subset.
 */
export function compileDirect(ast: unknown): Direct | null {
  return compileNode(ast, MAX_LEVELS)
}

function compileNode(ast: unknown, levels: number): Direct | null {
  const node = readNode(ast)
  if (!node || levels === 0) return null
  const below = (child: unknown): Direct | null => compileNode(child, levels - 1)
  switch (node.type) {
    case 'string':
      return hasOnly(node, ['value']) ? literal(node['value']) : null
    case 'path':
      return hasOnly(node, ['steps']) ? field(node['steps']) : null
    case 'variable':
      return hasOnly(node, ['value']) ? variable(node['value']) : null
    case 'block':
      return hasOnly(node, ['expressions']) ? below(onlyOne(node['expressions'])) : null
    case 'binary':
      return hasOnly(node, ['value', 'lhs', 'rhs'])
        ? binary(node['value'], below(node['lhs']), below(node['rhs']))
        : null
    case 'condition':
      return hasOnly(node, ['condition', 'then', 'else'])
        ? condition(
            below(node['condition']),
            below(node['then']),
            node['else'] === undefined ? () => undefined : below(node['else']),
          )
        : null
    case 'function':
      return hasOnly(node, ['value', 'arguments', 'procedure'])
        ? call(node['procedure'], below(onlyOne(node['arguments'])))
        : null
    default:
      return null
  }
}

function literal(value: unknown): Direct | null {
  return typeof value === 'string' ? () => value : null
}

function variable(name: unknown): Direct | null {
  // `$` alone is the whole input.
  if (typeof name !== 'string' || name === '' || name === '$') return null
  return ({ bindings }) => {
    const value = own(bindings, name)
    return typeof value === 'string' ? value : ASK
  }
}

function field(steps: unknown): Direct | null {
  if (!Array.isArray(steps)) return null
  const names: string[] = []
  for (const step of steps) {
    const node = readNode(step)
    const name = node?.type === 'name' && hasOnly(node, ['value']) ? node['value'] : null
    if (typeof name !== 'string') return null
    names.push(name)
  }
  return ({ input }) => {
    let at: Json | undefined = input
    for (const name of names) {
      // JSONata goes through the items of a list.
      if (Array.isArray(at)) return ASK
      at = isObject(at) ? own(at, name) : undefined
    }
    return typeof at === 'object' ? ASK : at
  }
}

function binary(operator: unknown, left: Direct | null, right: Direct | null): Direct | null {
  if (!left || !right) return null
  switch (operator) {
    case '&':
      return (input) => joined(left(input), right(input))
    case '=':
      return (input) => compared(left(input), right(input), (one, other) => one === other)
    case '!=':
      return (input) => compared(left(input), right(input), (one, other) => one !== other)
    default:
      return null
  }
}

function joined(left: Scalar | typeof ASK, right: Scalar | typeof ASK): Scalar | typeof ASK {
  return isTextOrNone(left) && isTextOrNone(right) ? (left ?? '') + (right ?? '') : ASK
}

function isTextOrNone(value: Scalar | typeof ASK): value is string | undefined {
  return typeof value === 'string' || value === undefined
}

/** A missing value is neither equal nor unequal to anything. */
function compared(
  left: Scalar | typeof ASK,
  right: Scalar | typeof ASK,
  compare: (left: Scalar, right: Scalar) => boolean,
): Scalar | typeof ASK {
  if (left === ASK || right === ASK) return ASK
  return left === undefined || right === undefined ? false : compare(left, right)
}

function condition(test: Direct | null, then: Direct | null, otherwise: Direct | null): Direct | null {
  if (!test || !then || !otherwise) return null
  return (input) => {
    const value = test(input)
    if (value === ASK) return ASK
    return value === undefined || value === false || value === '' || value === 0
      ? otherwise(input)
      : then(input)
  }
}

const OF_TEXT: Readonly<Record<string, (text: string) => string>> = {
  uppercase: (text) => text.toUpperCase(),
  lowercase: (text) => text.toLowerCase(),
  trim: (text) => text.replaceAll(/[ \t\n\r]+/g, ' ').replaceAll(/^ | $/g, ''),
}

function call(procedure: unknown, argument: Direct | null): Direct | null {
  const called = readNode(procedure)
  const name = called?.type === 'variable' && hasOnly(called, ['value']) ? called['value'] : null
  if (!argument || typeof name !== 'string') return null
  if (name === 'exists')
    return (input) => {
      const value = argument(input)
      return value === ASK ? ASK : value !== undefined
    }
  const ofText = own(OF_TEXT, name)
  if (!ofText) return null
  return (input) => {
    const value = argument(input)
    // JSONata refuses other types, and words the error.
    if (!isTextOrNone(value)) return ASK
    return value === undefined ? undefined : ofText(value)
  }
}

interface Node {
  readonly type: string
  readonly [part: string]: unknown
}

function readNode(ast: unknown): Node | null {
  if (typeof ast !== 'object' || ast === null || !('type' in ast) || typeof ast.type !== 'string') return null
  return { ...ast, type: ast.type }
}

function hasOnly(node: Node, parts: readonly string[]): boolean {
  return Object.keys(node).every(
    (part) => ['type', 'position', ...parts].includes(part) || node[part] === undefined,
  )
}

function onlyOne(nodes: unknown): unknown {
  return Array.isArray(nodes) && nodes.length === 1 ? nodes[0] : null
}
