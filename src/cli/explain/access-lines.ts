import type { AccessAnswer } from '../../core/explain/access.ts'
import { nextCommand } from '../../core/explain/next.ts'
import { directoryInWords, hrInWords, obstacleInWords, sentenceOf } from '../../core/explain/words.ts'
import { iso } from '../support/instants.ts'
import { when } from '../support/screen/when.ts'

/** The answer as lines: one sentence, and then each of its parts. */
export function accessLines(answer: AccessAnswer): readonly string[] {
  const seen = (at: number): string => when(at, answer.at)
  const object = answer.objectId === null ? '' : `, Entra object ${answer.objectId}`
  const [first, ...others] = answer.between.map((obstacle) => obstacleInWords(obstacle, seen))
  return [
    sentenceOf(answer, iso),
    `  directory  ${directoryInWords(answer.directory, seen)}${object}`,
    `  HR         ${hrInWords(answer.hr, seen)}`,
    `  between    ${first ?? 'nothing'}`,
    ...others.map((line) => `             ${line}`),
    `  next       ${nextCommand(answer) ?? 'nothing to do'}`,
    '',
  ]
}

/** The same for programs: the sentence, and every part with its kind. */
export function accessJson(answer: AccessAnswer): object {
  const { canSignIn, wanted, directory, hr, between } = answer
  return {
    sentence: sentenceOf(answer, iso),
    canSignIn,
    wanted,
    directory: withInstants(directory),
    hr: withInstants(hr),
    between: between.map((one) => ({ ...withInstants(one), text: obstacleInWords(one, iso) })),
    next: nextCommand(answer),
  }
}

/** Instants of these types are named by what they mean, not by the ending `At`. */
const INSTANTS = new Set(['at', 'since', 'until', 'notBefore', 'effectiveAt', 'nextAt'])

function withInstants(value: object): object {
  return Object.fromEntries(
    Object.entries(value).map(([name, one]: [string, unknown]) => {
      if (typeof one === 'number' && INSTANTS.has(name)) return [name, iso(one)]
      return [name, typeof one === 'object' && one !== null ? withInstants(one) : one]
    }),
  )
}
