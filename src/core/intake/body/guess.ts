import { isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../model.ts'
import { bare } from '../../own.ts'
import { parseJson } from '../../parse-json.ts'
import type { SourceMessage } from '../../ports.ts'
import { unwrapped } from './text.ts'

/** Lines of a refused body that are looked at. */
const MOST_LINES = 1_000
const NAMES = /"(id|source|type|subject|time)"\s*:\s*"((?:[^"\\]|\\.){0,1024})"/g
const INACTIVE = /"active"\s*:\s*(?:false|0|"false")/i

/**
 * What the body of a refused message seems to hold, each event by itself, without any check: only
 * to see whether an employee in it may be leaving. Letters outside ASCII may be wrong, and what is
 * cut off is made of the names that can be found in it. Empty when nothing can be made out.
 */
export function guessBody({ text, unreadable }: SourceMessage): readonly Json[] {
  const guess = text ?? unreadable?.guess ?? null
  if (guess === null) return []
  const whole = parse(guess)
  if (whole !== undefined) {
    const renamed = withoutLaterKeys(guess)
    const first = renamed === guess ? undefined : parse(renamed)
    return [first, whole].flatMap((body) => body ?? [])
  }
  const lines = guess.split('\n', MOST_LINES).flatMap((line) => {
    const value = parse(line)
    return isObject(value) ? [value] : []
  })
  if (lines.length > 0) return lines
  return /^\s*</.test(guess) ? piecesOfXml(guess) : pieces(guess)
}

const KEY_OR_BRACKET = /("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}[\]]/g

/**
 * The same JSON with another name for a key that its object has already, so that the first one
 * counts.
 */
function withoutLaterKeys(text: string): string {
  const seen: Set<string>[] = []
  return text.replaceAll(KEY_OR_BRACKET, (token: string, quoted?: string) => {
    if (token === '{' || token === '[') seen.push(new Set())
    else if (token === '}' || token === ']') seen.pop()
    const keys = seen.at(-1)
    if (quoted === undefined || keys === undefined) return token
    const key = JSON.stringify(JSON.parse(quoted))
    if (!keys.has(key)) {
      keys.add(key)
      return token
    }
    return `"again ${keys.size}":`
  })
}

function parse(text: string): Json | undefined {
  try {
    return unwrapped(parseJson(text))
  } catch {
    return undefined
  }
}

/** XML elements that name the kind of change, and those that name the employee. */
const WHAT = /<(?:[\w.-]+:)?\w*(?:type|event|action|reason|status|name)\b[^<>]*>([^<>]{1,200})</gi
const WHOM =
  /<(?:[\w.-]+:)?(?:user_?id|employee_?(?:id|number)|worker_?id|personnel_?number|person_?id_?external|external_?id)\b[^<>]*>([^<>]{1,100})</i
const MOST_SAID = 1_000

/** What XML says happens, put together as the type of one event. */
function piecesOfXml(text: string): readonly JsonObject[] {
  const said = [...text.matchAll(WHAT)].map(([, content = '']) => content.trim())
  const subject = WHOM.exec(text)?.[1]?.trim()
  const type = said.join(' ').slice(0, MOST_SAID)
  return type === '' ? [] : [{ type, ...(subject === undefined ? {} : { subject }), data: {} }]
}

/** The first event whose names are found in a text that is not JSON. */
function pieces(text: string): readonly JsonObject[] {
  const found = bare<Json>()
  for (const [, name = '', value = ''] of text.matchAll(NAMES)) found[name] ??= value
  if (found['type'] === undefined && !INACTIVE.test(text)) return []
  return [{ ...found, data: { worker: INACTIVE.test(text) ? { active: false } : {} } }]
}
