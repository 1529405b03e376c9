/**
 * Characters with which a text from outside could deceive a terminal or its reader: they move the
 * cursor, change the title, reverse a line or hide letters. Control and format characters, lone
 * surrogates, line and paragraph separators, and characters that Unicode lets a renderer ignore.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

const SHORT: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
])

/** The text on one line, with every such character written out, as in `\u{202e}`. */
export function visible(text: string): string {
  return text.replaceAll(HIDDEN, (one) => SHORT.get(one) ?? `\\u{${codeOf(one).toString(16)}}`)
}

/** The text with a reference of HTML in place of each such character: it reads as the same text. */
export function asReferences(html: string): string {
  return html.replaceAll(HIDDEN, (one) => `&#x${codeOf(one).toString(16)};`)
}

/** Equivalent JSON with such characters escaped. Line breaks between its parts stay. */
export function visibleJson(json: string): string {
  return json.replaceAll(HIDDEN, (one) =>
    one === '\n'
      ? one
      : Array.from({ length: one.length }, (_, at) => `\\u${padded(one.charCodeAt(at), 4)}`).join(''),
  )
}

/** The same for double-quoted YAML text, which has escapes for code points beyond 16 bits. */
export function visibleYaml(yaml: string): string {
  return yaml.replaceAll(HIDDEN, (one) => {
    const code = codeOf(one)
    if (one === '\n') return one
    return code > 0xff_ff ? `\\U${padded(code, 8)}` : `\\u${padded(code, 4)}`
  })
}

/** Cuts a text from outside to a length that fits a sentence. */
export function shortened(text: string, most = 120): string {
  return text.length <= most ? text : `${text.slice(0, most).toWellFormed()}… (${text.length} characters)`
}

const codeOf = (one: string): number => one.codePointAt(0) ?? 0
const padded = (code: number, digits: number): string => code.toString(16).padStart(digits, '0')
