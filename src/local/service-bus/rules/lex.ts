/** An expression of a rule that is not in the SQL-like language the service documents. */
export class SqlSyntaxError extends Error {
  override readonly name = 'SqlSyntaxError'
}

export type Token =
  | { readonly kind: 'word'; readonly text: string }
  /** A name in brackets or double quotes: never a keyword. */
  | { readonly kind: 'quoted'; readonly text: string }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'symbol'; readonly text: string }
  | { readonly kind: 'end' }

const PATTERN =
  /\s+|(?<word>[A-Za-z_@#][\w$#-]*)|(?<text>N?'(?:[^']|'')*')|(?<bracket>\[(?:[^\]]|\]\])+\])|(?<double>"(?:[^"]|"")+")|(?<number>0x[0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<symbol><>|!=|<=|>=|[=<>+\-*/%(),.;])/y

/** Splits an expression into tokens; throws SqlSyntaxError at a character that begins none. */
export function lex(source: string): Token[] {
  const tokens: Token[] = []
  const scanner = new RegExp(PATTERN)
  while (scanner.lastIndex < source.length) {
    const at = scanner.lastIndex
    const groups = scanner.exec(source)?.groups
    if (groups === undefined)
      throw new SqlSyntaxError(`unexpected '${source[at] ?? ''}' at position ${at + 1} of '${source}'`)
    const { word, text, bracket, double, number, symbol } = groups
    if (text !== undefined)
      tokens.push({ kind: 'text', value: text.slice(text.indexOf("'") + 1, -1).replaceAll("''", "'") })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word })
    else if (bracket !== undefined)
      tokens.push({ kind: 'quoted', text: bracket.slice(1, -1).replaceAll(']]', ']') })
    else if (double !== undefined)
      tokens.push({ kind: 'quoted', text: double.slice(1, -1).replaceAll('""', '"') })
    else if (number !== undefined) tokens.push({ kind: 'number', value: Number(number) })
    else if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol })
  }
  tokens.push({ kind: 'end' })
  return tokens
}
