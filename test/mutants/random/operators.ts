import { stripTypeScriptTypes } from 'node:module'
import { maskOf } from './code-mask.ts'

/** One small change of a source: `to` instead of what stands from `start` to `end`. */
export interface Change {
  readonly start: number
  readonly end: number
  readonly to: string
  /** The name of the operator that made it. */
  readonly operator: string
}

interface Operator {
  readonly name: string
  readonly find: RegExp
  readonly to: (found: string) => string
}

const swap = (name: string, find: RegExp, to: string): Operator => ({ name, find, to: () => to })

/** `find(({ seq }) => seq === by)`: a key finds one at most, from either end. */
const BY_KEY = String.raw`(?:\(\{ (?:seq|id|name) \}\)|\(?\w+\)?) => (?:\w+\.)?(?:seq|id|name) === [\w.?]+\)`

/** Changes of code. The patterns rely on the formatter: a binary operator stands between blanks. */
const CODE: readonly Operator[] = [
  swap('equal', /(?<= )===(?= )/g, '!=='),
  swap('unequal', /(?<= )!==(?= )/g, '==='),
  swap('less', /(?<= )<(?= )/g, '<='),
  swap('at most', /(?<= )<=(?= )/g, '<'),
  swap('more', /(?<= )>(?= )/g, '>='),
  swap('at least', /(?<= )>=(?= )/g, '>'),
  swap('and', /(?<=\s)&&(?=\s)/g, '||'),
  swap('or', /(?<=\s)\|\|(?=\s)/g, '&&'),
  swap('plus', /(?<= )\+(?= )/g, '-'),
  swap('minus', /(?<= )-(?= )/g, '+'),
  swap('true', /\btrue\b/g, 'false'),
  swap('false', /\bfalse\b/g, 'true'),
  swap('not', /(?<=[\s(])!(?=[\w(])/g, ''),
  swap('some', /\.some\(/g, '.every('),
  swap('every', /\.every\(/g, '.some('),
  swap('min', /\bMath\.min\(/g, 'Math.max('),
  swap('max', /\bMath\.max\(/g, 'Math.min('),
  swap('first', /(?<=\.at\()0(?=\))/g, '-1'),
  swap('last', /(?<=\.at\()-1(?=\))/g, '0'),
  swap('zero', /(?<= )0\b(?![.\w])/g, '1'),
  swap('one', /(?<= )1\b(?![.\w])/g, '2'),
  swap('earliest', new RegExp(String.raw`(?<=\.)find\((?!${BY_KEY})`, 'g'), 'findLast('),
  swap('guard', /\bif \((?=\S)/g, 'if (false && '),
  { name: 'statement', find: /(?<=\n) +(?:await )?[a-z]\w*(?:\.\w+)+\([^\n{]*\)(?=\n)/g, to: () => '' },
]

const SQL: readonly Operator[] = [
  swap('SQL and', /(?<= )AND(?= )/g, 'OR'),
  swap('SQL or', /(?<= )OR(?= )(?! (?:IGNORE|REPLACE))/g, 'AND'),
  swap('SQL null', /\bIS NULL\b/g, 'IS NOT NULL'),
  swap('SQL not null', /\bIS NOT NULL\b/g, 'IS NULL'),
  swap('SQL equal', /(?<=[\w)] )=(?= [^?])/g, '<>'),
  swap('SQL at most', /(?<= )<=(?= )/g, '<'),
  swap('SQL less', /(?<= )<(?= )/g, '<='),
  swap('SQL at least', /(?<= )>=(?= )/g, '>'),
  swap('SQL more', /(?<= )>(?= )/g, '>='),
  swap('SQL descending', / DESC\b/g, ''),
  swap('SQL plus', /(?<= )\+ 1\b/g, '+ 0'),
  swap('SQL not', /\bNOT EXISTS\b/g, 'EXISTS'),
]

/**
 * Every small change of a TypeScript source that an operator makes. Types, comments and texts that
 * are not SQL stay.
 */
export function changesOf(source: string): readonly Change[] {
  const plain = stripTypeScriptTypes(source)
  // Places in the plain text are only those of the source when nothing was added.
  if (plain.length !== source.length) return []
  const { code, sql } = maskOf(plain)
  return [
    ...CODE.flatMap((operator) => changesBy(operator, code)),
    ...SQL.flatMap((operator) => changesBy(operator, sql)),
  ]
}

function changesBy({ name, find, to }: Operator, text: string): readonly Change[] {
  return [...text.matchAll(find)].map((found) => ({
    start: found.index,
    end: found.index + found[0].length,
    to: to(found[0]),
    operator: name,
  }))
}
