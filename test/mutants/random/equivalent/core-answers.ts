import { type Known, ONLY_SPARES_WORK } from './known.ts'

export const CORE_ANSWERS: readonly Known[] = [
  [
    'history/series.ts',
    'at < (steps[0] ?? 0)',
    'at < (steps[0] ?? 1)',
    'without steps there is nothing to return',
  ],
  [
    'explain/answer.ts',
    'facts.holds.find(',
    'facts.holds.findLast(',
    'a destination has one hold of each name',
  ],
  ['explain/timeline.ts', 'steps[0]?.at ?? 0', 'steps[0]?.at ?? 1', 'a chapter begins with a step'],
  ['evidence/totals.ts', 'one < other', 'one <= other', 'a key is there once'],
  ['evidence/totals.ts', 'one < other ? -1 : 1', 'one < other ? -1 : 2', 'only the sign counts'],
  ['display/holdings.ts', 'value > 0 && INSTANT', 'value > 1 && INSTANT', 'no instant is 1'],
  ['display/visible.ts', 'code > 0xff_ff', 'code >= 0xff_ff', 'U+FFFF is none of the characters'],
  ['display/visible.ts', 'codePointAt(0) ?? 0', 'codePointAt(0) ?? 1', 'a match is never empty'],
  ['findings/codes.ts', 'kinds.find(', 'kinds.findLast(', 'each code is in the table once'],
  [
    'expression/direct.ts',
    '!node || levels === 0',
    '!node || levels === 1',
    'JSONata gives the same answer where this gives none',
  ],
  ['expression/names.ts', '    seen.add(node)', '', ONLY_SPARES_WORK],
  [
    'expression/evaluate.ts',
    'answer.length > LONGEST_JSON',
    'answer.length >= LONGEST_JSON',
    'its JSON is longer by two quotes',
  ],
  [
    'expression/evaluate.ts',
    "if (typeof answer === 'string' && answer",
    "if (false && typeof answer === 'string' && answer",
    'it only spares making the JSON of a text that is too long',
  ],
  ['expression/evaluate.ts', 'value?.length ?? 0', 'value?.length ?? 1', 'both are below the limit'],
  [
    'expression/linear-regex.ts',
    'at < source.length',
    'at <= source.length',
    'nothing stands behind the end',
  ],
  ['expression/linear-regex.ts', 'if (there) return', 'if (false && there) return', ONLY_SPARES_WORK],
  ['expression/linear-regex.ts', '    known.set(String(native), made)', '', ONLY_SPARES_WORK],
]
