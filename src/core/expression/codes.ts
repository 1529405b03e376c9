import { own } from '../own.ts'

/** What a JSONata error code means, in words that quote nothing (codes of jsonata 2.2.2). */
const WORDS: Readonly<Record<string, string>> = {
  D1001: 'a number is out of range',
  D1002: 'something that is no number is negated',
  D1009: 'two keys of one object are the same',
  D1011: 'it calls itself too deeply',
  D1004: 'a regular expression matches nothing at all, again and again',
  D2014: 'a range is too large',
  D2015: 'a list grows too long',
  D3030: 'something cannot be read as a number',
  D3110: 'something is no ISO 8601 date-time',
  D3138: '$single finds more than one',
  D3139: '$single finds none',
  T0410: 'an argument of a function is of the wrong type',
  T0411: 'the context a function is applied to is of the wrong type',
  T0412: 'an argument of a function is no list of the right type',
  T1003: 'the key of an object is no text',
  T1005: 'something that is no function is called; functions begin with $',
  T1006: 'something that is no function is called',
  T2001: 'the left side of an arithmetic operator is no number',
  T2002: 'the right side of an arithmetic operator is no number',
  T2009: 'two values of different types are compared',
  T2010: 'something that is neither number nor text is compared',
}
const FAMILIES: readonly (readonly [prefix: string, words: string])[] = [
  ['S01', 'a literal is not closed or out of range'],
  ['S02', 'the syntax is wrong'],
  ['S03', 'a regular expression is not closed or empty'],
  ['S', 'the syntax is wrong'],
  ['T', 'a value is of the wrong type'],
  ['D', 'it cannot be computed'],
]

/**
 * What went wrong, and where in the expression. The library's own messages quote values, so only its codes and positions are taken over.
 */
export function describeFailure(error: unknown): string {
  if (error instanceof RangeError)
    return error.message === 'Invalid string length'
      ? 'a text grows too long'
      : `${WORDS['D1011'] ?? ''} [D1011]`
  // The parser compiles regular expressions by itself.
  if (error instanceof SyntaxError) return 'a regular expression is malformed'
  if (typeof error !== 'object' || error === null) return describeCode('unknown')
  const code: unknown = 'code' in error ? error.code : undefined
  const position: unknown = 'position' in error ? error.position : undefined
  return (
    describeCode(typeof code === 'string' ? code : 'unknown') +
    (typeof position === 'number' ? ` (character ${position})` : '')
  )
}

function describeCode(code: string): string {
  const words = own(WORDS, code) ?? FAMILIES.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 'it failed'
  return `${words} [${code}]`
}
