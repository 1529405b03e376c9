import { own } from '../own.ts'

/** Descriptions of JSONata error codes that quote no value (codes of jsonata 2.2.2). */
const WORDS: Readonly<Record<string, string>> = {
  D1001: 'a number is out of range',
  D1002: 'a value that is not a number is negated',
  D1009: 'two keys of one object are the same',
  D1011: 'the recursion is too deep',
  D1004: 'a regular expression matches the empty text',
  D2014: 'a range is too large',
  D2015: 'a list becomes too long',
  D3030: 'a value cannot be converted to a number',
  D3110: 'a value is not an ISO 8601 date-time',
  D3138: '$single finds more than one value',
  D3139: '$single finds no value',
  R1001: 'a text that $parse is given is not JSON',
  R1002: 'a text that $parse is given is too long',
  R1003: 'a text that $parse is given is nested too deeply',
  R1004: 'a text that $parse is given has a key twice in one object',
  T0410: 'an argument of a function has the wrong type',
  T0411: 'the context of a function has the wrong type',
  T0412: 'an argument of a function is not a list of the right type',
  T1003: 'the key of an object is not text',
  T1005: 'a value that is not a function is called; function names begin with $',
  T1006: 'a value that is not a function is called',
  T2001: 'the left side of an arithmetic operator is not a number',
  T2002: 'the right side of an arithmetic operator is not a number',
  T2009: 'two values of different types are compared',
  T2010: 'a value that is neither a number nor text is compared',
}
const FAMILIES: readonly (readonly [prefix: string, words: string])[] = [
  ['S01', 'a literal is not closed or out of range'],
  ['S02', 'the syntax is wrong'],
  ['S03', 'a regular expression is not closed or empty'],
  ['S', 'the syntax is wrong'],
  ['T', 'a value has the wrong type'],
  ['D', 'it cannot be computed'],
]

/**
 * Describes the failure and its place in the expression. The library's messages quote values, so
 * only its codes and positions are used.
 */
export function describeFailure(error: unknown): string {
  if (error instanceof RangeError)
    return error.message === 'Invalid string length'
      ? 'a text becomes too long'
      : `${WORDS['D1011'] ?? ''} [D1011]`
  // The parser compiles regular expressions while it parses.
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
