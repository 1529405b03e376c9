import type { ReadAnswer } from '../../src/core/intake/hydrate/loop.ts'
import type { SourceMessage } from '../../src/core/ports.ts'
import { DAY_MS } from '../../src/core/runtime.ts'
import { impure, type Impurity } from './impurities.ts'
import {
  type Chance,
  chanceOf,
  FORMED,
  PLAIN,
  type Pick,
  type PlainEvent,
  type Says,
  VENDOR,
} from './plain-event.ts'

/** What happens to one employee in truth, and the messages that tell it. */
export interface ImpureStory {
  /** The id in the form that the ledger and the directory hold it. */
  readonly employeeId: string
  /** HR has hired the employee, whatever became of the message. */
  readonly started: boolean
  /** The employee has left by the last message. */
  readonly hasLeft: boolean
  /** No message is impure, and none takes the id of an event of the story. */
  pure: boolean
  readonly told: readonly Told[]
  /** What HR answers when the employee is read. */
  readonly answer: ReadAnswer
}

/** One message of a story, as HR means it and as it arrives. */
export interface Told {
  readonly at: number
  readonly says: Says
  readonly impurity: Impurity | null
  readonly message: SourceMessage
}

interface Step {
  readonly says: Says
  readonly type: string
  readonly worker: Readonly<Record<string, unknown>>
}

const HIRE = (name: string): Step => ({
  says: 'start',
  type: 'worker.hired',
  worker: { userName: `${name}@contoso.com`, displayName: `Worker ${name}`, active: true },
})
const CHANGE = (title: string): Step => ({ says: 'change', type: 'worker.updated', worker: { title } })
const LEAVE: Step = { says: 'leave', type: 'worker.terminated', worker: {} }
const RETURN: Step = { says: 'return', type: 'worker.rehired', worker: { active: true } }
const TITLES = ['Engineer', 'Head', 'Clerk'] as const

/**
 * `employees` stories that happen between `from` and `from + spanMs`. Three in five employees
 * leave, and every second message of a leaving is impure.
 */
export function impureStories(
  random: () => number,
  employees: number,
  from: number,
  spanMs: number,
): readonly ImpureStory[] {
  const chance = chanceOf(random)
  const stories: ImpureStory[] = []
  const delivered: PlainEvent[] = []
  let sequence = 0
  for (let number = 0; number < employees; number++) {
    const teller = tellerOf(number, chance)
    const steps = stepsOf(teller.name, chance)
    const isPure = chance.oneIn(4)
    const told: Told[] = []
    let at = from + chance.below(spanMs / 4)
    // Changes of one day differ by their order, and those of other days by their dates.
    let day = Math.floor(from / DAY_MS) - 400 + chance.below(200)
    for (const [index, step] of steps.entries()) {
      const event = teller.event(step, { at, day, order: index + 1, number })
      const isImpure = !isPure && (step.says === 'leave' ? !chance.oneIn(4) : chance.oneIn(5))
      const arrivesAt = at + (chance.oneIn(6) ? chance.below(spanMs / 8) : chance.below(5_000))
      const context = { event, says: step.says, delivered, own: told.length > 0, chance, at: arrivesAt }
      const arrival = impure(context, isImpure)
      const place = { enqueuedAt: arrivesAt, sequence: String(++sequence) }
      told.push({
        at: arrivesAt,
        says: step.says,
        impurity: arrival.impurity,
        message: { ...arrival.message, ...place },
      })
      delivered.push(event)
      if (chance.oneIn(25)) {
        const again = arrivesAt + chance.below(spanMs / 8)
        const message = { ...arrival.message, enqueuedAt: again, sequence: String(++sequence) }
        told.push({ at: again, says: step.says, impurity: arrival.impurity, message })
      }
      at += 60_000 + chance.below(spanMs / 8)
      day += chance.oneIn(4) ? 0 : 1 + chance.below(30)
    }
    const last = steps.findLast(({ says }) => says !== 'change')?.says
    stories.push({
      employeeId: teller.employeeId,
      started: steps.some(({ says }) => says === 'start'),
      hasLeft: last === 'leave',
      pure: told.every(({ impurity }) => impurity === null),
      told,
      answer: answerOf(teller.name, last === 'leave', told, chance),
    })
  }
  markTaken(stories)
  return stories
}

/** A pure event whose id an impure one took first is refused: its story is not pure any more. */
function markTaken(stories: readonly ImpureStory[]): void {
  const byPrefix = new Map(stories.map((story) => [idPrefix(story), story]))
  for (const { told } of stories)
    for (const { impurity } of told) {
      const robbed = impurity?.takesIdOf === undefined ? undefined : byPrefix.get(impurity.takesIdOf)
      if (robbed) robbed.pure = false
    }
}
const idPrefix = ({ employeeId }: ImpureStory): string => employeeId

function stepsOf(name: string, { pick, below, oneIn }: Chance): readonly Step[] {
  const changes = (): readonly Step[] => Array.from({ length: below(3) }, () => CHANGE(pick(TITLES)))
  const hire = HIRE(name)
  switch (pick(['stays', 'leaves', 'leaves', 'leaves', 'returns', 'leaves again', 'never started'])) {
    case 'stays':
      return [hire, ...changes()]
    case 'leaves':
      return [hire, ...changes(), LEAVE, ...(oneIn(3) ? changes() : [])]
    case 'returns':
      return [hire, ...changes(), LEAVE, RETURN, ...changes()]
    case 'leaves again':
      return [hire, LEAVE, RETURN, ...changes(), LEAVE]
    default:
      return oneIn(2) ? [LEAVE] : [CHANGE('Clerk'), LEAVE]
  }
}

interface When {
  readonly at: number
  readonly day: number
  readonly order: number
  readonly number: number
}
interface Teller {
  readonly name: string
  readonly employeeId: string
  event(step: Step, when: When): PlainEvent
}

const dateOf = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)

/** A source, and how it writes the id of this employee. */
function tellerOf(number: number, { pick }: Chance): Teller {
  const source = pick([PLAIN, PLAIN, FORMED, VENDOR])
  const [subject, employeeId] = idsOf(source, number, pick)
  return {
    name: employeeId.toLowerCase(),
    employeeId,
    event: ({ type, worker }, { at, day, order }) => ({
      id: `${employeeId}/${order}`,
      source,
      type,
      subject,
      time: new Date(at).toISOString(),
      sequence: String(order),
      data: { effectiveDate: dateOf(day), version: order, worker },
    }),
  }
}

function idsOf(source: string, number: number, pick: Pick): readonly [subject: string, employeeId: string] {
  if (source === FORMED)
    return pick<readonly [string, string]>([
      [String(number + 500_000), `00${number + 500_000}`],
      [`x-${number}`, `X-${number}`],
    ])
  return pick<readonly [string, string]>([
    [`00${10_000 + number}`, `00${10_000 + number}`],
    [`Ab-${number}`, `Ab-${number}`],
    // Beyond what a double holds: its neighbours differ in the last digit.
    [`90071992547${10_000 + number}`, `90071992547${10_000 + number}`],
  ])
}

/** HR knows the truth, where it can be read. */
function answerOf(name: string, hasLeft: boolean, told: readonly Told[], { pick }: Chance): ReadAnswer {
  const record = { userName: `${name}@contoso.com`, displayName: `Worker ${name}` }
  const notices = told.filter(({ impurity }) => impurity?.name.includes('notice'))
  // What HR answers to a notice of anything else is what counts, even if it is wrong.
  const isOfLeaving = notices.every(({ says }) => says === 'leave') && told[0]?.says === 'start'
  const answers: readonly [ReadAnswer, ...ReadAnswer[]] = [
    { kind: 'record', worker: { ...record, active: !hasLeft }, at: null },
    { kind: 'gone' },
    { kind: 'later', code: '503', afterMs: null },
    { kind: 'unusable', code: 'AnswerInvalid' },
    { kind: 'record', worker: record, at: null },
    ...(isOfLeaving
      ? ([
          // A replica that lags, and says so or not.
          { kind: 'record', worker: { ...record, active: true }, at: 0 },
          { kind: 'record', worker: { ...record, active: true }, at: null },
        ] as const)
      : []),
  ]
  return pick(answers)
}
