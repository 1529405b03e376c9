import { createHash } from 'node:crypto'
import { stringify } from 'yaml'

/**
 * As much of Helm as the chart uses: values, pipelines, `if`, `else`, `range`, `define` and
 * `include`. Whitespace comes out as YAML reads it, not byte for byte.
 * `helm template rollcall deploy/helm/rollcall` is the real one.
 */
export interface Release {
  readonly templates: Readonly<Record<string, string>>
  readonly values: Values
  readonly chart: Readonly<Record<string, unknown>>
  readonly name: string
}
export type Values = Readonly<Record<string, unknown>>
type Node = string | Action
interface Action {
  readonly keyword: string
  readonly words: string
  readonly body: Node[]
  readonly otherwise: Node[]
}
interface Scope {
  readonly dot: unknown
  readonly variables: Readonly<Record<string, unknown>>
  readonly defined: ReadonlyMap<string, readonly Node[]>
}

/** The manifests of a release, as one text. */
export function render({ templates, values, chart, name }: Release): string {
  const dot = {
    Values: values,
    Chart: { Name: chart['name'], Version: chart['version'], AppVersion: chart['appVersion'] },
    Release: { Name: name, Namespace: name, Service: 'Helm' },
  }
  const defined = new Map<string, readonly Node[]>()
  const parsed = Object.values(templates).map((text) => parse(text))
  for (const node of parsed.flat())
    if (typeof node !== 'string' && node.keyword === 'define')
      defined.set(node.words.replaceAll('"', ''), node.body)
  return parsed
    .map((nodes) => written(nodes, { dot, variables: { $: dot }, defined }))
    .filter((text) => text.trim() !== '')
    .join('\n---\n')
}

/** As Helm lays one file of values over another: maps are merged, everything else replaces. */
export function overlaid(under: unknown, over: unknown): unknown {
  if (!isMap(under) || !isMap(over)) return over
  const merged: Record<string, unknown> = { ...under }
  for (const [key, value] of Object.entries(over)) merged[key] = overlaid(under[key], value)
  return merged
}

const isMap = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function parse(text: string): Node[] {
  const trimmed = text.replaceAll(/\s*\{\{-/g, '{{').replaceAll(/-\}\}\s*/g, '}}')
  const stack: Action[] = [action('', '')]
  const add = (node: Node): void => {
    const open = top(stack)
    ;(open.keyword === 'else' ? open.otherwise : open.body).push(node)
  }
  for (const part of trimmed.split(/(\{\{.*?\}\})/)) {
    if (!part.startsWith('{{')) add(part)
    else {
      const [, keyword = '', words = ''] =
        /^\{\{ *(?:(if|else|end|range|define)\b)? *(.*?) *\}\}$/.exec(part) ?? []
      if (keyword === 'end') {
        const done = stack.pop()
        if (done) add(done.keyword === 'else' ? { ...done, keyword: 'if' } : done)
      } else if (keyword === 'else') stack.push({ ...(stack.pop() ?? action('', '')), keyword })
      else if (keyword === '') add(action('', words))
      else stack.push(action(keyword, words))
    }
  }
  if (stack.length !== 1) throw new Error('a block is not closed')
  return top(stack).body
}
const action = (keyword: string, words: string): Action => ({ keyword, words, body: [], otherwise: [] })
function top(stack: readonly Action[]): Action {
  const last = stack.at(-1)
  if (!last) throw new Error('an end closes nothing')
  return last
}

const written = (nodes: readonly Node[], scope: Scope): string =>
  nodes.map((node) => (typeof node === 'string' ? node : ofAction(node, scope))).join('')

function ofAction({ keyword, words, body, otherwise }: Action, scope: Scope): string {
  if (keyword === 'define') return ''
  if (keyword === 'if') return written(isTrue(value(words, scope)) ? body : otherwise, scope)
  if (keyword === 'range') return ofRange(words, body, scope)
  return String(value(words, scope))
}
/** Empty maps, lists and texts are false, as for Go. */
const isTrue = (given: unknown): boolean =>
  isMap(given) || Array.isArray(given) ? Object.keys(given).length > 0 : Boolean(given)

function ofRange(words: string, body: readonly Node[], scope: Scope): string {
  const [, key = '', item = '', of = words] = /^(\$\w+), (\$\w+) := (.*)$/.exec(words) ?? []
  const found = value(of, scope)
  const names = Object.keys(Object(found)).toSorted((a, b) => (Array.isArray(found) ? 0 : a < b ? -1 : 1))
  return names
    .map((name) => {
      const dot: unknown = Reflect.get(Object(found), name)
      return written(body, { ...scope, dot, variables: { ...scope.variables, [key]: name, [item]: dot } })
    })
    .join('')
}

/** A pipeline: what comes before a bar is the last argument of what follows it. */
function value(words: string, scope: Scope): unknown {
  let result: unknown
  for (const [index, stage] of words.split(' | ').entries()) {
    const [name = '', ...rest] = stage.match(/"[^"]*"|\S+/g) ?? []
    const args = rest.map((word) => operand(word, scope))
    if (index > 0) args.push(result)
    result = called(name, args, scope)
  }
  return result
}

function called(name: string, args: readonly unknown[], scope: Scope): unknown {
  const [first, second] = args
  switch (name) {
    case 'not':
      return !isTrue(first)
    case 'quote':
    case 'toJson':
      return JSON.stringify(name === 'quote' ? String(first) : first)
    case 'toYaml':
      return stringify(first ?? null).trimEnd()
    case 'default':
      return isTrue(second) ? second : first
    case 'sha256sum':
      return createHash('sha256').update(String(first)).digest('hex')
    case 'nindent':
      return `\n${String(second).replaceAll(/^/gm, ' '.repeat(Number(first)))}`
    case 'include': {
      const nodes = scope.defined.get(String(first))
      if (!nodes) throw new Error(`${String(first)} is defined nowhere`)
      return written(nodes, { ...scope, dot: second })
    }
    default:
      if (args.length > 0) throw new Error(`${name} is not a function of this reader`)
      return operand(name, scope)
  }
}

function operand(word: string, { dot, variables }: Scope): unknown {
  if (word.startsWith('"')) return word.slice(1, -1)
  if (/^\d+$/.test(word)) return Number(word)
  const [head = '', ...path] = word.split('.')
  const from = head === '' ? dot : variables[head]
  if (from === undefined) throw new Error(`${word} is nothing here`)
  return path.filter((key) => key !== '').reduce<unknown>((here, key) => Reflect.get(Object(here), key), from)
}
