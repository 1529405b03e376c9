import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { RollcallError } from '../../../core/errors.ts'
import { isObject } from '../../../core/json.ts'
import type { Json } from '../../../core/model.ts'

/** The file in `folder` that holds the result expected for a sample. */
export function goldenFile(folder: string, sample: string): string {
  const name = basename(sample)
  return join(folder, name.endsWith('.json') ? name : `${name}.json`)
}

/** `null` when there is none. Throws `FileInvalid` for one that is not JSON. */
export function readGolden(file: string): Json | null {
  if (!existsSync(file)) return null
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Json
  } catch {
    throw new RollcallError('FileInvalid', `${file} is not JSON; write it anew with --update`)
  }
}

export function writeGolden(file: string, result: Json): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`)
}

/** The paths at which two values differ. Names only, no values. */
export function differences(
  expected: Json | undefined,
  actual: Json | undefined,
  path = '',
): readonly string[] {
  if (isList(expected) && isList(actual)) {
    const longest = Math.max(expected.length, actual.length)
    return Array.from({ length: longest }, (_, at) =>
      differences(expected[at], actual[at], `${path}[${at}]`),
    ).flat()
  }
  if (isObject(expected) && isObject(actual)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(actual)])
    return [...keys].flatMap((key) =>
      differences(expected[key], actual[key], path === '' ? key : `${path}.${key}`),
    )
  }
  if (expected === actual) return []
  const where = path === '' ? 'the result' : path
  if (expected === undefined) return [`${where} is not expected`]
  return [actual === undefined ? `${where} is missing` : `${where} differs`]
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}
