import { read } from '../../deploy/support.ts'

/**
 * A block of a page: what is typed, and what the page shows as its output; `null` where it shows
 * none.
 */
export interface Step {
  readonly script: string
  readonly shown: string | null
}

/** The code blocks of a page, also those inside of a list. */
export function blocksOf(page: string): readonly { readonly language: string; readonly body: string }[] {
  return [...read(page).matchAll(/^( *)```(\w*)\n([\s\S]*?)^ *```$/gm)].map(
    ([, indent = '', language = '', body = '']) => ({
      language,
      body: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  )
}

/**
 * The shell blocks of a page, in their order. A block without a language that follows is the output
 * of the one before.
 */
export function stepsOf(page: string): readonly Step[] {
  const blocks = blocksOf(page)
  return blocks.flatMap(({ language, body }, at) => {
    if (language !== 'sh') return []
    const next = blocks[at + 1]
    return [{ script: body, shown: next?.language === '' ? next.body : null }]
  })
}

/**
 * The shown lines that a printed text does not have in this order, whatever their instants and ids
 * are.
 */
export function missingLines(shown: string, printed: string): readonly string[] {
  const lines = printed.split('\n').map(comparable)
  let from = 0
  return shown
    .split('\n')
    .map(comparable)
    .filter((line) => line !== '')
    .filter((line) => {
      const at = lines.findIndex((one, index) => index >= from && startsAs(one, line))
      if (at !== -1) from = at + 1
      return at === -1
    })
}

/** A line that ends with … goes on in the output. */
const startsAs = (printed: string, shown: string): boolean =>
  shown.endsWith('…') ? printed.startsWith(shown.slice(0, -1).trimEnd()) : printed === shown

/**
 * What differs from run to run is made the same: ids, instants, durations, and what depends on how
 * events met.
 */
const comparable = (line: string): string =>
  line
    .replaceAll(/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g, 'ID')
    .replaceAll(/\d{4}-\d{2}-\d{2}T[\d:.]+Z(?: \([^)]*\))?/g, 'INSTANT')
    .replaceAll(/\b(op|batch|dl)-\d+/g, '$1-0')
    .replaceAll(/\+?(?:under )?\d+(?:\.\d+)? s\b(?: before)?/g, '0 s')
    .replace(/\d+ operations? in \d+ calls?/, '0 operations in 0 calls')
    .replaceAll(/ +/g, ' ')
    .trim()

/** The commands of these programs that a page names in a sentence or a table. */
export const commandSpans = (page: string, programs: readonly string[]): readonly string[] =>
  [...read(page).matchAll(/`([^`\n]+)`/g)]
    .map(([, span = '']) => span)
    .filter((span) => programs.some((program) => span.startsWith(`${program} `)))
