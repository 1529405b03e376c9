import type { LogRecord } from '../../ledger/log-record.ts'
import type { Candidate, Candidates, JoinedRecord } from '../../ledger/port/report.ts'
import { type Sent, sentBy } from './evidence.ts'
import { interimOf } from './interim.ts'
import { type Change, type JoinContext, mayBeReported, nextPair, reportedOnce } from './pairing.ts'
import { type Failure, mayBeRetried, retriedBy } from './retried.ts'

/**
 * Joins new log records to the operations they answer. The log names no request, so the join goes
 * by employee, time and what the record shows of the values:
 *
 * - Records of one change (`changeId`) belong together, in whichever order they come.
 * - A record can only answer an operation that was submitted before it, awaited or not: a late
 *   record answers what was given up, and does not settle what replaced it.
 * - No value that the record echoes, and nothing it shows of `active`, may contradict what was
 *   sent.
 * - A value that was sent, and that this job echoes for others, must be in the record.
 * - When operations of different content remain, none is settled until there are as many changes as
 *   operations. Then they pair in order of time.
 *
 * A record that answers no operation of Rollcall stays without one. Names are never compared.
 */
export function joinRecords(
  records: readonly LogRecord[],
  found: Candidates,
  context: JoinContext,
): JoinedRecord[] {
  const fresh = records.filter((record) => !found.known.has(record.id))
  const byEmployee = Map.groupBy(unique([...found.unjoined, ...fresh]), ({ employeeId }) => employeeId)
  const operations = Map.groupBy(found.operations, ({ employeeId }) => employeeId)
  return [...byEmployee].flatMap(([employeeId, theirs]) => {
    const sent = (operations.get(employeeId) ?? []).map(sentBy)
    return joinEmployee(theirs, sent, found.byChange, context)
  })
}

function joinEmployee(
  records: readonly LogRecord[],
  operations: readonly Sent[],
  byChange: ReadonlyMap<string, string>,
  context: JoinContext,
): JoinedRecord[] {
  const joins: JoinedRecord[] = []
  const changes: Change[] = []
  for (const [changeId, group] of Map.groupBy(records, (record) => record.changeId)) {
    const known = byChange.get(changeId)
    if (known === undefined) changes.push(changeOf(group))
    else joins.push(...followUps(group, known, operations))
  }
  changes.sort((a, b) => timeOf(a) - timeOf(b))

  const left = new Set(operations)
  const first = joinFirstAnswers(
    changes.filter(({ retry }) => !retry),
    left,
    context,
  )
  joins.push(...first.joins)
  for (const change of changes.filter(({ retry }) => retry)) {
    const sent = retriedBy(change, [...left], first.failures, context.skewMs)
    const joined = sent ? answered(change, sent.operation) : unanswered(change)
    joins.push(...joined)
    // An operation that failed again may be retried again.
    if (sent && joined.some(({ interim }) => interim !== null && interim !== 'escrowed')) left.delete(sent)
  }
  return joins.map((join) => (isDecisive(join, joins) ? join : { ...join, interim: null }))
}

function changeOf(records: readonly LogRecord[]): Change {
  const primary = records.find(({ imported }) => imported) ?? records.find(({ escrowRetry }) => escrowRetry)
  return { records, primary: primary ?? null, retry: primary?.escrowRetry ?? false }
}

/**
 * More records of a change that is joined already. Only a retry of a failed operation settles it
 * again.
 */
function followUps(
  records: readonly LogRecord[],
  known: string,
  operations: readonly Sent[],
): JoinedRecord[] {
  const operation = operations.find(
    (sent) => sent.operation.id === known && mayBeRetried(sent.operation),
  )?.operation
  const retry = operation ? latest(records.filter(({ escrowRetry }) => escrowRetry)) : null
  return records.map((record) => ({
    record,
    operation: known,
    interim: operation && record === retry ? interimOf(record, operation) : null,
  }))
}

/**
 * Pairs changes with operations as long as a pair is certain. Takes the paired operations out of
 * `left`.
 */
function joinFirstAnswers(
  changes: readonly Change[],
  left: Set<Sent>,
  context: JoinContext,
): { readonly joins: readonly JoinedRecord[]; readonly failures: readonly Failure[] } {
  const joins: JoinedRecord[] = []
  const failures: Failure[] = []
  const pending = new Set(changes)
  const join = (change: Change, sent: Sent | null): void => {
    if (change.primary?.status === 'failure') failures.push({ at: change.primary.activityAt, sent })
    // The upload of a batched operation is not answered yet: the record is looked at again after
    // that.
    const settles = sent !== null && sent.operation.state !== 'batched'
    joins.push(...(settles ? answered(change, sent.operation) : unanswered(change)))
  }
  for (let pair = nextPair(pending, left, context); pair; pair = nextPair(pending, left, context)) {
    const { change, sent } = pair
    left.delete(sent)
    const reported = reportedOnce(sent)
    if (mayBeReported(reported)) left.add(reported)
    pending.delete(change)
    join(change, sent)
  }
  for (const change of pending) join(change, null)
  return { joins, failures }
}

/**
 * Whether this record decides the interim outcome of its operation. Of an operation that was
 * carried out more than once, a success stands before a failure, and otherwise the first.
 */
function isDecisive(join: JoinedRecord, joins: readonly JoinedRecord[]): boolean {
  const rivals = joins.filter(({ operation, interim }) => operation === join.operation && interim !== null)
  const success = rivals.find(({ interim }) => interim !== 'failed' && interim !== 'escrowed')
  return join.interim !== null && join === (success ?? rivals[0])
}

function unanswered({ records }: Change): JoinedRecord[] {
  return records.map((record) => ({ record, operation: null, interim: null }))
}

/** When a change failed and was retried before the first look, the last attempt counts. */
function answered({ records, primary }: Change, operation: Candidate): JoinedRecord[] {
  const decisive = latest(records.filter((record) => record === primary || record.escrowRetry))
  return records.map((record) => ({
    record,
    operation: operation.id,
    interim: record === decisive ? interimOf(record, operation) : null,
  }))
}

function latest(records: readonly LogRecord[]): LogRecord | null {
  return records.toSorted((a, b) => b.activityAt - a.activityAt)[0] ?? null
}

function timeOf({ records, primary }: Change): number {
  return primary?.activityAt ?? records[0]?.activityAt ?? 0
}

function unique(records: readonly LogRecord[]): LogRecord[] {
  return [...new Map(records.map((record) => [record.id, record])).values()]
}
