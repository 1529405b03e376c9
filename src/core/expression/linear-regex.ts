import { RE2JS } from 're2js'
import { RollcallError } from '../errors.ts'

/**
 * Matches the regular expressions of JSONata in time linear in the text, whatever the pattern.
 * JSONata's `RegexEngine` option constructs one of these from the native expression that its parser
 * made; the native one is never executed. Patterns mean what they mean in JavaScript, with three
 * differences: characters beyond U+FFFF count as one, `\p{…}` is a Unicode class, and with the flag
 * `m` only a line feed ends a line.
 */
export class LinearRegex {
  lastIndex = 0
  readonly #compiled: RE2JS
  /** The matcher of the last text, because creating one costs time proportional to the text. */
  #matcher: { readonly text: string; readonly on: ReturnType<RE2JS['matcher']> } | null = null

  constructor(native: RegExp) {
    this.#compiled = compiled(native)
  }

  /**
   * Like `RegExp.prototype.exec` of a global expression: begins at `lastIndex` and moves it behind
   * the match.
   */
  exec(text: string): LinearMatch | null {
    if (this.#matcher?.text !== text) this.#matcher = { text, on: this.#compiled.matcher(text) }
    const { on } = this.#matcher
    if (this.lastIndex > text.length || !on.find(this.lastIndex)) {
      this.lastIndex = 0
      return null
    }
    this.lastIndex = on.end()
    const groups = Array.from({ length: on.groupCount() + 1 }, (_, group) => on.group(group) ?? undefined)
    return Object.assign(groups, { index: on.start() })
  }
}
export type LinearMatch = (string | undefined)[] & { readonly index: number }

/** Patterns come from the configuration, so there are few. */
const known = new Map<string, RE2JS>()

/**
 * Throws `ExpressionInvalid` for a pattern that cannot be matched in linear time. Its message
 * completes "the expression …".
 */
export function checkRegex(native: RegExp): void {
  compiled(native)
}

function compiled(native: RegExp): RE2JS {
  const there = known.get(String(native))
  if (there) return there
  const flags =
    RE2JS.LOOKBEHINDS |
    (native.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) |
    (native.multiline ? RE2JS.MULTILINE : 0)
  try {
    const made = RE2JS.compile(RE2JS.translateRegExp(translated(native.source)), flags)
    known.set(String(native), made)
    return made
  } catch (error) {
    if (!(error instanceof Error)) throw error
    throw new RollcallError(
      'ExpressionInvalid',
      `uses the regular expression /${native.source}/${native.flags.replace('g', '')}, which cannot be matched in linear time (${reasonOf(error)}); ` +
        'lookaheads, back references and counts above 1,000 are not supported',
    )
  }
}

function reasonOf({ message }: Error): string {
  return message.replace(/^error parsing regexp: /, '')
}

const SPACE = '\t-\r \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF'
const NO_SPACE =
  '\0-\x08\x0E-\x1F!-\u009F\u00A1-\u167F\u1681-\u1FFF\u200B-\u2027\u202A-\u202E\u2030-\u205E\u2060-\u2FFF\u3001-\uD7FF\uE000-\uFEFE\uFF00-\u{10FFFF}'
const LINE_ENDS = '\n\r\u2028\u2029'
/**
 * Letters whose escape means the same in both, after `translateRegExp`. JavaScript takes any other
 * for the letter itself.
 */
const SAME_LETTERS = /[bBcdDfnprPstvuwWSx]/

/**
 * Rewrites the parts of a pattern that the linear engine would read differently from JavaScript.
 */
function translated(source: string): string {
  let out = ''
  let inClass = false
  for (let at = 0; at < source.length; at += 1) {
    const char = source.charAt(at)
    if (char === '\\') {
      at += 1
      const next = source.charAt(at)
      if (next === 's' || next === 'S') {
        const set = next === 's' ? SPACE : NO_SPACE
        out += inClass ? set : `[${set}]`
      } else if (/[1-9k]/.test(next)) throw new Error(`back reference \\${next}`)
      else if (/[A-Za-z]/.test(next) && !SAME_LETTERS.test(next)) throw new Error(`unknown escape \\${next}`)
      else out += char + next
    } else if (inClass) {
      if (char === ']') inClass = false
      out += char
    } else if (char === '[') {
      // The library translates an empty class and its complement itself.
      const empty = /^\[\^?\]/.exec(source.slice(at))
      if (empty) at += empty[0].length - 1
      else inClass = true
      out += empty ? empty[0] : char
    } else out += char === '.' ? `[^${LINE_ENDS}]` : char
  }
  return out
}
