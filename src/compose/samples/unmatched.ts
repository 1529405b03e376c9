import { compileExpression } from '../../core/expression/compile.ts'
import { isObject } from '../../core/json.ts'
import type { Json } from '../../core/model.ts'
import { nearest } from '../../config/nearest.ts'
import { parseJson } from '../../core/parse-json.ts'
import { keysOf } from '../../core/intake/shape/fields.ts'

/** A rule as it is written, and what it is called in a message. */
export type NamedRule =
  | { readonly kind: 'expression'; readonly rule: string; readonly text: string }
  /** Several paths with ` | ` between them are one: any of them will do. */
  | { readonly kind: 'path'; readonly rule: string; readonly path: string }

/** A name that no sample has. */
export interface Unmatched {
  readonly rule: string
  readonly name: string
  /** What was probably meant; `null` when nothing is near. */
  readonly meant: string | null
}

/** Fields of what functions of JSONata answer: `$match`, `$spread` and the like. */
const OF_FUNCTIONS: ReadonlySet<string> = new Set([
  'match',
  'index',
  'groups',
  'start',
  'end',
  'key',
  'value',
])

/**
 * Names in rules that match nothing in any of the samples: perhaps misspelt, or perhaps the samples
 * do not show it. Compiles expressions, and evaluates none.
 */
export function unmatchedNames(rules: readonly NamedRule[], samples: readonly Json[]): readonly Unmatched[] {
  const keys = new Set<string>()
  const properties = new Set<string>()
  for (const sample of samples) {
    collectKeys(sample, keys)
    const message = isObject(sample) ? sample['$message'] : undefined
    const named = isObject(message) ? message['properties'] : undefined
    if (isObject(named)) for (const name of Object.keys(named)) properties.add(name)
  }
  const meant = (name: string): string | null => {
    const property = [...properties].find((one) => one.split('.').includes(name))
    return property === undefined ? nearest(name, [...keys]) : `$message.properties."${property}"`
  }
  return rules.flatMap((rule) =>
    missingIn(rule, keys).map((name) => ({ rule: rule.rule, name, meant: meant(name) })),
  )
}

function missingIn(rule: NamedRule, keys: ReadonlySet<string>): readonly string[] {
  if (rule.kind === 'path') {
    const paths = rule.path.split(' | ')
    return paths.some((path) => keysOf(path).every((key) => keys.has(key))) ? [] : [rule.path]
  }
  const { fields } = compileExpression(rule.text)
  return [...fields].filter((name) => !keys.has(name) && !OF_FUNCTIONS.has(name))
}

/** Every key of a value, and of the JSON in its texts. */
function collectKeys(value: Json, keys: Set<string>): void {
  if (typeof value === 'string') {
    if (/^\s*[[{]/.test(value)) collectKeysOfText(value, keys)
  } else if (Array.isArray(value)) for (const item of value) collectKeys(item as Json, keys)
  else if (isObject(value))
    for (const [key, inside] of Object.entries(value)) {
      keys.add(key)
      collectKeys(inside, keys)
    }
}

function collectKeysOfText(text: string, keys: Set<string>): void {
  try {
    collectKeys(parseJson(text), keys)
  } catch {
    // A text that only begins as JSON does.
  }
}
