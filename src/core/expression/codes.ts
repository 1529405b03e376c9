import { own } from '../own.ts'

/** What a JSONata error code means, in words that quote nothing (codes of jsonata 2.2.2). */
const WORDS: Readonly<Record<string, string>> = {
  D1001: 'a number is out of range',
  D1002: 'something that is no number is negated',
  D1009: 'two keys of one object are the same',
  D1011: 'it calls itself too deeply',
  D1012: 'it takes too long',
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

export function describeCode(code: string): string {
  const words = own(WORDS, code) ?? FAMILIES.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 'it failed'
  return `${words} [${code}]`
}
