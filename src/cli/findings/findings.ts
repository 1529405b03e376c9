import { FINDING_CODES, findingKind, type FindingCode } from '../../core/findings/codes.ts'
import { RollcallError } from '../../core/errors.ts'
import type { Finding } from '../../core/ledger/port/findings.ts'
import { type Format, printJson, printTable, say } from '../support/output.ts'
import { type Column, iso, type RowFormat, rowWriter } from '../support/rows.ts'
import { withLedger } from '../commands/status.ts'

export interface FindingsOptions {
  /** Settled and acknowledged ones as well. */
  readonly all: boolean
  readonly code?: string
  readonly employee?: string
  readonly output: RowFormat
}

/** One transaction reads so many, and memory holds no more. */
const PAGE = 1_000

/** Lists findings, the oldest first. 0 when there are any, 4 when there are none. */
export function listFindings(
  environment: NodeJS.ProcessEnv,
  { all, code, employee: employeeId, output }: FindingsOptions,
): Promise<number> {
  const query = {
    open: !all,
    code: code === undefined ? null : codeOf(code),
    employeeId: employeeId ?? null,
    limit: PAGE,
  }
  return withLedger(environment, async (ledger) => {
    const write = rowWriter(output, COLUMNS, readable)
    let next: number | null = null
    let found = 0
    do {
      const page = await ledger.listFindings({ ...query, next })
      for (const finding of page.findings) await write.row(finding)
      found += page.findings.length
      next = page.next
    } while (next !== null)
    await write.end()
    if (found > 0) return 0
    say('there are no such findings')
    return 4
  })
}

/** One finding with its cause and what to do. 4 when there is none of that name. */
export function showFinding(environment: NodeJS.ProcessEnv, name: string, output: Format): Promise<number> {
  const seq = seqOf(name)
  return withLedger(environment, async (ledger) => {
    const finding = await ledger.findFinding(seq)
    if (!finding) {
      say(`there is no finding ${name}`)
      return 4
    }
    const { cause, fix, owner, waitingHelps, acknowledging } = findingKind(finding.code)
    if (output === 'json') {
      printJson({ ...readable(finding), cause, fix, owner, waitingHelps, acknowledging })
      return 0
    }
    printTable(
      ['finding', nameOf(finding)],
      [
        ['code', finding.code],
        ['employee', finding.employeeId ?? ''],
        ['event', finding.event?.id ?? ''],
        ['raised', iso(finding.raisedAt)],
        ['detail', finding.detail ?? ''],
        ['state', stateOf(finding)],
        ['acknowledged by', finding.acknowledged?.by ?? ''],
        ['justification', finding.acknowledged?.justification ?? ''],
        ['cause', cause],
        ['what to do', fix],
        ['owner', owner],
        ['waiting helps', waitingHelps ? 'yes' : 'no'],
        ...(acknowledging === null ? [] : [['acknowledging it', acknowledging]]),
      ],
    )
    return 0
  })
}

export interface AcknowledgeOptions {
  readonly actor: string
  readonly justification: string
  readonly output: Format
}

/** 0 when all of them are acknowledged now, 7 when some were already, 4 when there is none of a name. */
export function acknowledgeFindings(
  environment: NodeJS.ProcessEnv,
  names: readonly string[],
  { actor, justification, output }: AcknowledgeOptions,
): Promise<number> {
  const seqs = names.map(seqOf)
  return withLedger(
    environment,
    async (ledger) => {
      const results: { finding: string; result: 'acknowledged' | 'already acknowledged' | 'unknown' }[] = []
      for (const seq of seqs) {
        const finding = await ledger.findFinding(seq)
        if (finding && findingKind(finding.code).acknowledging === null)
          throw new RollcallError(
            'FindingNeedsMore',
            `finding-${seq} is not acknowledged: ${findingKind(finding.code).fix}`,
          )
        const done =
          finding !== null && (await ledger.acknowledgeFinding({ seq, actor, justification }, Date.now()))
        const result = finding === null ? 'unknown' : done ? 'acknowledged' : 'already acknowledged'
        results.push({ finding: `finding-${seq}`, result })
      }
      if (output === 'json') printJson(results)
      else for (const { finding, result } of results) say(`${finding}: ${result}`)
      if (results.some(({ result }) => result === 'unknown')) return 4
      return results.every(({ result }) => result === 'acknowledged') ? 0 : 7
    },
    'write',
  )
}

const nameOf = ({ seq }: Pick<Finding, 'seq'>): string => `finding-${seq}`

function stateOf({ acknowledged, settledAt }: Finding): 'open' | 'settled' | 'acknowledged' {
  return acknowledged !== null ? 'acknowledged' : settledAt !== null ? 'settled' : 'open'
}

function readable(finding: Finding): object {
  const { code, employeeId, event, raisedAt, detail, settledAt, acknowledged } = finding
  return {
    finding: nameOf(finding),
    code,
    state: stateOf(finding),
    employee: employeeId,
    event,
    raisedAt: iso(raisedAt),
    detail,
    settledAt: iso(settledAt),
    acknowledged: acknowledged && { ...acknowledged, at: iso(acknowledged.at) },
  }
}

const COLUMNS: readonly Column<Finding>[] = [
  ['finding', 14, nameOf],
  ['code', 26, ({ code }) => code],
  ['state', 13, stateOf],
  ['employee', 20, ({ employeeId }) => employeeId ?? ''],
  ['raised', 25, ({ raisedAt }) => iso(raisedAt)],
  ['detail', 0, ({ detail }) => detail ?? ''],
]

function codeOf(text: string): FindingCode {
  const code = FINDING_CODES.find((one) => one === text)
  if (code === undefined)
    throw new RollcallError('ArgumentInvalid', `--code takes one of ${FINDING_CODES.join(', ')}`)
  return code
}

function seqOf(name: string): number {
  const [, number] = /^(?:finding-)?(\d{1,15})$/.exec(name) ?? []
  if (number === undefined)
    throw new RollcallError('ArgumentInvalid', 'a finding is named as rollcall findings lists it: finding-12')
  return Number(number)
}
