import type { z } from 'zod'
import type { Path, Problem } from './path.ts'
import { jsonSchema } from './schema.ts'

/**
 * The errors that a schema found, in sentences of our own: what a place must contain, never what it
 * contains.
 */
export function problemsOf(error: z.ZodError, value: unknown): readonly Problem[] {
  return error.issues.flatMap((issue) => problems(issue, [], value))
}

function problems(issue: z.core.$ZodIssue, prefix: Path, value: unknown): readonly Problem[] {
  const path = [...prefix, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        key: true,
        message: `is not known here; known are ${known(path).join(', ')}`,
      }))
    case 'invalid_union': {
      const branch = issue.errors.find((branch) =>
        branch.some((one) => one.path.length > 0 || !isMismatch(one)),
      )
      if (branch) return branch.flatMap((one) => problems(one, path, value))
      const takes = [...new Set(issue.errors.flat().map(expectation))].join(' or ')
      return [{ path, message: `must be ${takes}` }]
    }
    case 'invalid_key':
      return [
        {
          path,
          key: true,
          message: `is not known here; known are ${[...new Set(issue.issues.map(expectation))].join(', ')}`,
        },
      ]
    case 'custom':
      return [{ path, message: issue.message }]
    case 'invalid_type':
    case 'invalid_value':
    case 'invalid_element':
    case 'invalid_format':
    case 'not_multiple_of':
    case 'too_big':
    case 'too_small':
      return [
        {
          path,
          message: missing(value, path)
            ? `is missing; it must be ${expectation(issue)}`
            : `must be ${expectation(issue)}`,
        },
      ]
  }
}

function isMismatch(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'invalid_value'
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return WORDS[issue.expected] ?? issue.expected
    case 'invalid_value':
      return issue.values.length === 1
        ? issue.values.map(String).join('')
        : `one of ${issue.values.map(String).join(', ')}`
    case 'too_small':
      return issue.origin === 'string'
        ? 'a text that is not empty'
        : issue.origin === 'array'
          ? 'at least one'
          : `${String(issue.minimum)} or more`
    case 'too_big':
      return `${String(issue.maximum)} or less`
    case 'invalid_format':
      return FORMS[issue.format] ?? `a text of the form ${issue.format}`
    case 'custom':
      return issue.message
    case 'invalid_element':
    case 'invalid_key':
    case 'invalid_union':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      return 'something else'
  }
}

const FORMS: Readonly<Record<string, string>> = {
  stringbool: 'true or false',
  guid: 'an id such as 8a3c2f0e-1b2d-4c5e-9f60-718293a4b5c6',
}

const WORDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'keys and values',
  record: 'keys and values',
  array: 'a list',
  null: 'null',
}

function missing(value: unknown, path: Path): boolean {
  return (
    path.reduce<unknown>(
      (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
      value,
    ) === undefined
  )
}

/** The keys the schema knows at a place. */
function known(path: Path): readonly string[] {
  let at: readonly unknown[] = [jsonSchema()]
  for (const part of path) at = at.flatMap(branches).flatMap((schema) => child(schema, part))
  return [
    ...new Set(
      at
        .flatMap(branches)
        .flatMap((schema) => [...Object.keys(object(get(schema, 'properties'))), ...named(schema)]),
    ),
  ]
}

/** Of a table whose keys are from a list. */
function named(schema: unknown): readonly string[] {
  const names = get(get(schema, 'propertyNames'), 'enum')
  return Array.isArray(names) ? names.map(String) : []
}

function branches(schema: unknown): readonly unknown[] {
  const any = get(schema, 'anyOf')
  return Array.isArray(any) ? any.flatMap(branches) : [schema]
}

function child(schema: unknown, part: string | number): readonly unknown[] {
  const found =
    typeof part === 'number'
      ? get(schema, 'items')
      : (get(get(schema, 'properties'), part) ?? get(schema, 'additionalProperties'))
  return found === undefined || found === false ? [] : [found]
}

function get(schema: unknown, key: string): unknown {
  return typeof schema === 'object' && schema !== null && Object.hasOwn(schema, key)
    ? Reflect.get(schema, key)
    : undefined
}

function object(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}
