/**
 * What a name or a text from outside could do to a terminal or to its reader: move the cursor, change
 * the title, turn the direction of a line, hide letters. Control and format characters, halves of
 * surrogate pairs, line and paragraph separators, and what Unicode lets a renderer ignore.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

const SHORT: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
])

/** One line of text in which every such character is written out, as in `\u{202e}`. */
export function visible(text: string): string {
  return text.replaceAll(HIDDEN, (one) => SHORT.get(one) ?? `\\u{${codeOf(one).toString(16)}}`)
}

/** JSON of the same meaning in which such characters are escapes. Line breaks between its parts stay. */
export function visibleJson(json: string): string {
  return json.replaceAll(HIDDEN, (one) =>
    one === '\n'
      ? one
      : Array.from({ length: one.length }, (_, at) => `\\u${padded(one.charCodeAt(at), 4)}`).join(''),
  )
}

/** The same for text inside of double quotes in YAML, which knows code points beyond 16 bits. */
export function visibleYaml(yaml: string): string {
  return yaml.replaceAll(HIDDEN, (one) => {
    const code = codeOf(one)
    if (one === '\n') return one
    return code > 0xff_ff ? `\\U${padded(code, 8)}` : `\\u${padded(code, 4)}`
  })
}

/** A name a person typed or a system sent, short enough for a sentence. */
export function shortened(text: string, most = 120): string {
  return text.length <= most ? text : `${text.slice(0, most).toWellFormed()}… (${text.length} characters)`
}

const codeOf = (one: string): number => one.codePointAt(0) ?? 0
const padded = (code: number, digits: number): string => code.toString(16).padStart(digits, '0')
