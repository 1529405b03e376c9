/**
 * A source with everything but code blanked out, and the SQL that it holds. Places are those of the
 * source.
 */
export interface CodeMask {
  readonly code: string
  /** The same, with everything but the text of SQL statements blanked out. */
  readonly sql: string
}

const STARTS_REGEX = /(?:[(,=:[!&|?{};]|\breturn|=>)\s*$/
const IS_SQL = /\b(?:SELECT|UPDATE|DELETE|WHERE|JOIN|AND|OR)\b/

/** Reads JavaScript, or TypeScript whose types are blanked out. */
export function maskOf(source: string): CodeMask {
  const code = Array.from({ length: source.length }, () => ' ')
  const sql = [...code]
  /** For each open template: how many braces are open in its current expression. */
  const templates: number[] = []
  const literal = (from: number, to: number): void => {
    if (!IS_SQL.test(source.slice(from, to))) return
    for (let at = from; at < to; at++) sql[at] = source[at] ?? ' '
  }
  let at = 0
  const skipTemplate = (): void => {
    const from = at
    while (at < source.length && source[at] !== '`' && source.slice(at, at + 2) !== '${')
      at += source[at] === '\\' ? 2 : 1
    literal(from, at)
    if (source[at] === '`') at += 1
    else {
      templates.push(0)
      at += 2
    }
  }
  while (at < source.length) {
    const char = source[at] ?? ''
    const rest = source.slice(at, at + 2)
    if (rest === '//') at = endOf(source, '\n', at)
    else if (rest === '/*') at = endOf(source, '*/', at) + 2
    else if (char === "'" || char === '"') {
      const end = endOfQuoted(source, char, at)
      literal(at + 1, end)
      at = end + 1
    } else if (char === '`') {
      at += 1
      skipTemplate()
    } else if (char === '/' && STARTS_REGEX.test(source.slice(Math.max(0, at - 40), at))) {
      at = endOfQuoted(source, '/', at) + 1
    } else if (char === '}' && templates.at(-1) === 0) {
      templates.pop()
      at += 1
      skipTemplate()
    } else {
      const open = templates.length - 1
      if (open >= 0 && char === '{') templates[open] = (templates[open] ?? 0) + 1
      if (open >= 0 && char === '}') templates[open] = (templates[open] ?? 0) - 1
      code[at] = char
      at += 1
    }
  }
  return { code: code.join(''), sql: sql.join('') }
}

function endOf(source: string, mark: string, from: number): number {
  const at = source.indexOf(mark, from)
  return at === -1 ? source.length : at
}

function endOfQuoted(source: string, quote: string, from: number): number {
  let inClass = false
  for (let at = from + 1; at < source.length; at++) {
    const char = source[at]
    if (char === '\\') at += 1
    else if (quote === '/' && char === '[') inClass = true
    else if (char === ']') inClass = false
    else if (char === quote && !inClass) return at
  }
  return source.length
}
