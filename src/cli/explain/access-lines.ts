import type { AccessAnswer } from '../../core/explain/access.ts'
import { leftInWords } from '../../core/explain/moves.ts'
import { nextCommand } from '../../core/explain/next.ts'
import { directoryInWords, hrInWords, obstacleInWords, sentenceOf } from '../../core/explain/words.ts'
import { iso } from '../support/instants.ts'
import { when } from '../support/screen/when.ts'

/** The answer as lines: one sentence, and then each of its parts. */
export function accessLines(answer: AccessAnswer): readonly string[] {
  const seen = (at: number): string => when(at, answer.at)
  const { place } = answer
  const object = answer.objectId === null ? '' : `, Entra object ${answer.objectId}`
  const [first, ...others] = answer.between.map((obstacle) => obstacleInWords(obstacle, seen, place))
  return [
    sentenceOf(answer, iso),
    `  directory  ${directoryInWords(answer.directory, seen, place)}${object}`,
    ...(place?.left ?? []).map((account) => `  left       ${leftInWords(account, seen)}`),
    `  HR         ${hrInWords(answer.hr, seen)}`,
    `  between    ${first ?? 'nothing'}`,
    ...others.map((line) => `             ${line}`),
    `  next       ${nextCommand(answer) ?? 'nothing to do'}`,
    '',
  ]
}

/** The same for programs: the sentence, and every part with its kind. */
export function accessJson(answer: AccessAnswer): object {
  const { canSignIn, wanted, directory, hr, between, place } = answer
  return {
    sentence: sentenceOf(answer, iso),
    canSignIn,
    wanted,
    ...(place ? { destination: place.destination, left: place.left.map(withInstants) } : {}),
    directory: withInstants(directory),
    hr: withInstants(hr),
    between: between.map((one) => ({ ...withInstants(one), text: obstacleInWords(one, iso, place) })),
    next: nextCommand(answer),
  }
}

/** Instants of these types are named by what they mean, not by the ending `At`. */
const INSTANTS = new Set(['at', 'since', 'until', 'notBefore', 'effectiveAt', 'nextAt', 'leftAt'])

function withInstants(value: object): object {
  return Object.fromEntries(
    Object.entries(value).map(([name, one]: [string, unknown]) => {
      if (typeof one === 'number' && INSTANTS.has(name)) return [name, iso(one)]
      return [name, typeof one === 'object' && one !== null ? withInstants(one) : one]
    }),
  )
}
