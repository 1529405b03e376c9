import { createHash } from 'node:crypto'
import { readConfig } from '../../compose/config.ts'
import { RollcallError } from '../../core/errors.ts'
import { type Assessment, assessLeaver } from '../../core/leavers/assess.ts'
import { LEAVER_CAUSES, type LeaverCause } from '../../core/leavers/causes.ts'
import type { LeaverCase } from '../../core/ledger/port/leavers.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import type { FoldRules } from '../../core/plan/fold/rules.ts'
import { DAY_MS } from '../../core/runtime.ts'
import { planRules } from '../../compose/rules.ts'
import { type Format, printJson, say } from '../support/output.ts'
import { type Column, iso, keepSmall, type RowFormat, rowWriter } from '../support/rows.ts'
import { withLedger } from '../commands/status.ts'

/** One transaction reads so many, and memory holds no more. */
const PAGE = 200

export interface ListOptions {
  readonly cause?: string
  readonly output: RowFormat
}
export interface AcknowledgeOptions {
  readonly cause?: string
  readonly actor: string
  readonly justification: string
  readonly output: Format
}
interface OpenCase {
  readonly leaverCase: LeaverCase
  readonly assessment: Extract<Assessment, { kind: 'open' }>
}

/** The open leaver cases, oldest first, as they are at this moment. 0, also when there are none. */
export function listLeavers(environment: NodeJS.ProcessEnv, options: ListOptions): Promise<number> {
  keepSmall()
  return withLedger(environment, async (ledger) => {
    const now = Date.now()
    const write = rowWriter(options.output, columns(now), (one: OpenCase) => toJson(one, now))
    for await (const one of openCases(ledger, now, foldRules(environment), null))
      if (options.cause === undefined || one.assessment.cause === options.cause) await write.row(one)
    await write.end()
    return 0
  })
}

/** Closes open cases on a person's word. 0 done, 4 when none of them is open, 7 when some are not. */
export function acknowledgeLeavers(
  environment: NodeJS.ProcessEnv,
  named: readonly string[],
  { cause, actor, justification, output }: AcknowledgeOptions,
): Promise<number> {
  if ((named.length === 0) === (cause === undefined))
    throw new RollcallError(
      'ArgumentInvalid',
      'name employees or cases, or give --cause for all with that cause',
    )
  saidWhy(actor, justification)
  return withLedger(
    environment,
    async (ledger) => {
      const now = Date.now()
      const rules = foldRules(environment)
      const ids: number[] = []
      const missing: string[] = []
      if (cause !== undefined)
        for await (const { leaverCase, assessment } of openCases(ledger, now, rules, null))
          if (assessment.cause === cause) ids.push(leaverCase.id)
      for (const name of named) {
        const found = await idsOf(ledger, now, rules, name)
        if (found.length === 0) missing.push(name)
        ids.push(...found)
      }
      const acknowledged = await ledger.acknowledgeLeavers({ ids, actor, justification }, now)
      if (output === 'json')
        printJson({ acknowledged: acknowledged.map(nameOf), notOpen: missing, actor, justification })
      else {
        say(`${acknowledged.length} leaver cases acknowledged by ${actor}: ${justification}`)
        if (missing.length > 0)
          say(`${missing.length} of those named have no open case; see rollcall leavers`)
      }
      return missing.length === 0 ? (acknowledged.length === 0 ? 4 : 0) : acknowledged.length === 0 ? 4 : 7
    },
    'write',
  )
}

/** Has what else leavers' events said sent again. 0 done, 4 when nothing of these employees is left over. */
export function resendRest(
  environment: NodeJS.ProcessEnv,
  employees: readonly string[],
  { actor, justification, output }: Omit<AcknowledgeOptions, 'cause'>,
): Promise<number> {
  saidWhy(actor, justification)
  return withLedger(
    environment,
    async (ledger) => {
      const events = await ledger.resendLeaverRest({ employees, actor, justification }, Date.now())
      if (output === 'json') printJson({ events, actor, justification })
      else say(`${events} events go out whole once more, asked for by ${actor}: ${justification}`)
      return events === 0 ? 4 : 0
    },
    'write',
  )
}

function saidWhy(actor: string, justification: string): void {
  for (const [option, text] of Object.entries({ actor, justification }))
    if (text.trim() === '') throw new RollcallError('ArgumentInvalid', `--${option} takes a text`)
}

async function idsOf(
  ledger: Ledger,
  now: number,
  rules: FoldRules | undefined,
  name: string,
): Promise<readonly number[]> {
  const number = /^leaver-(\d{1,15})$/.exec(name)?.[1]
  if (number !== undefined) return [Number(number)]
  const ids: number[] = []
  for await (const { leaverCase } of openCases(ledger, now, rules, name)) ids.push(leaverCase.id)
  return ids
}

/** Cases that are open now; what has ended since it was looked at last is left out. */
async function* openCases(
  ledger: Ledger,
  now: number,
  rules: FoldRules | undefined,
  employeeId: string | null,
): AsyncGenerator<OpenCase> {
  let next: number | null = null
  do {
    const page = await ledger.listOpenLeavers({ dueBy: null, employeeId, next, limit: PAGE })
    for (const view of page.leavers) {
      const assessment = assessLeaver(view, now, rules)
      if (assessment.kind === 'open') yield { leaverCase: view.leaverCase, assessment }
    }
    next = page.next
  } while (next !== null)
}

function foldRules(environment: NodeJS.ProcessEnv): FoldRules | undefined {
  const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
  return planRules(readConfig(environment), digest).fold
}

const nameOf = (id: number): string => `leaver-${id}`

function toJson({ leaverCase, assessment }: OpenCase, now: number): object {
  const { id, employeeId, event, resends } = leaverCase
  const { cause, detail, nextAt } = assessment
  return {
    id: nameOf(id),
    employee: employeeId,
    cause,
    detail,
    ageMs: now - leaverCase.openedAt,
    event,
    effectiveAt: iso(leaverCase.effectiveAt),
    recordedAt: iso(leaverCase.recordedAt),
    receivedAt: iso(leaverCase.receivedAt),
    openedAt: iso(leaverCase.openedAt),
    resends,
    nextAt: iso(nextAt),
    ...textOf(cause),
  }
}

function textOf(cause: LeaverCause): {
  readonly meaning: string
  readonly fix: string
  readonly waits: boolean
} {
  return LEAVER_CAUSES[cause]
}

function columns(now: number): readonly Column<OpenCase>[] {
  return [
    ['case', 12, ({ leaverCase }) => nameOf(leaverCase.id)],
    ['employee', 20, ({ leaverCase }) => leaverCase.employeeId],
    ['cause', 34, ({ assessment: { cause, detail } }) => (detail === null ? cause : `${cause} (${detail})`)],
    ['age', 8, ({ leaverCase }) => ageOf(now - leaverCase.openedAt)],
    ['effective', 25, ({ leaverCase }) => iso(leaverCase.effectiveAt)],
    ['resends', 8, ({ leaverCase }) => String(leaverCase.resends)],
    ['next', 25, ({ assessment }) => iso(assessment.nextAt) ?? ''],
    ['what to do', 0, ({ assessment }) => textOf(assessment.cause).fix],
  ]
}

function ageOf(ms: number): string {
  const hours = Math.max(0, Math.floor((ms * 24) / DAY_MS))
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`
}
