import { RollcallError } from '../../../src/core/errors.ts'
import type {
  JobState,
  Provisioning,
  ProvisioningJob,
  ProvisioningLog,
  UploadAnswer,
} from '../../../src/core/ports.ts'
import type { Json, JsonObject } from '../../../src/core/model.ts'
import { rawLogRecord } from '../../fakes/log.ts'
import type { Chance } from '../../fakes/plain-event.ts'
import type { Clock, Instance } from './clock.ts'
import type { Holding } from './oracle.ts'
import { FAILING, HOUR, MINUTE, REFUSED } from './story.ts'

/** How the next call ends instead of with a 202. */
export const CALL_FAULTS = [
  'answer lost', // taken, and the connector never learns it
  'lost', // never arrives
  'late', // taken a while after the connector has given up waiting
  'busy',
  'down',
  'full',
  'garbage',
  'forbidden',
] as const
export type CallFault = (typeof CALL_FAULTS)[number]
/** What happens to one operation in its cycle. */
export const OPERATION_FAULTS = [
  'silent',
  'unspoken',
  'escrowed',
  'failed',
  'delayed',
  'late record',
] as const
export type OperationFault = (typeof OPERATION_FAULTS)[number]

export interface Limits {
  readonly perWindow: number
  readonly windowMs: number
  readonly perDay: number
}

/** An operation as the service was sent it. */
export interface Sent {
  readonly id: string
  readonly employee: string
  readonly active: boolean
  readonly record: JsonObject
}

/** The provisioning service, its job, its log and its directory. */
export interface SimulatedEntra {
  provisioningOf(instance: Instance): Provisioning
  logOf(instance: Instance): ProvisioningLog
  jobOf(instance: Instance): ProvisioningJob
  cycle(): void
  failCall(fault: CallFault): void
  /**
   * Of the next operation of this employee. At most one operation of an employee is met with
   * silence.
   */
  failOperation(employee: string, fault: OperationFault): void
  /** Nothing can be read of the log for this long. */
  hideLog(ms: number): void
  /** Everything staged is lost. */
  restart(): void
  quarantine(ms: number): void
  readonly directory: ReadonlyMap<string, Holding>
  /** Nothing is staged, put aside or on its way into the log. */
  readonly isQuiet: boolean
  /** Operations that were taken, and no log record of theirs was handed out yet. */
  isUnanswered(operation: string): boolean
}

const CYCLE_LAG_MS = 8 * MINUTE
const ESCROW_MS = 40 * MINUTE
const PAGE_SIZE = 4

interface Staged extends Sent {
  readonly after: number
}
interface Recorded {
  readonly raw: JsonObject
  readonly operation: string
  readonly employee: string
  readonly at: number
  readonly visibleAt: number
}
interface Escrowed extends Sent {
  readonly dueAt: number
  readonly failedAt: number
  readonly changeId: string
}

export function entraOn(
  clock: Clock,
  chance: Chance,
  limits: Limits,
  onViolation: (what: string) => void,
): SimulatedEntra {
  const directory = new Map<string, Holding>()
  const staged: Staged[] = []
  const escrowed = new Map<string, Escrowed>()
  const log: Recorded[] = []
  const calls: number[] = []
  const faults: CallFault[] = []
  const operationFaults = new Map<string, OperationFault>()
  const silenced = new Set<string>()
  const handedOut = new Set<string>()
  let records = 0
  let startedAt = clock.now() - 24 * HOUR
  let stoppedUntil = 0
  let hiddenUntil = 0

  const countCall = (): void => {
    const now = clock.now()
    calls.push(now)
    const within = (ms: number): number => calls.filter((at) => at > now - ms).length
    if (within(limits.windowMs) > limits.perWindow)
      onViolation(`${within(limits.windowMs)} calls in one window`)
    if (within(24 * HOUR) > limits.perDay) onViolation(`${within(24 * HOUR)} calls in one day`)
  }
  const refuses = (operations: readonly Sent[]): boolean =>
    operations.some(({ record }) => record['title'] === REFUSED)
  const take = (operations: readonly Sent[]): void => {
    if (refuses(operations)) return
    for (const one of operations) staged.push({ ...one, after: clock.now() })
  }
  const write = (
    sent: Sent,
    more: Parameters<typeof rawLogRecord>[1] & { readonly changeId?: string },
    lagMs = chance.below(CYCLE_LAG_MS),
  ): void => {
    const id = `record-${++records}`
    const at = clock.now()
    const raw = rawLogRecord(id, {
      employee: sent.employee,
      at,
      scoping: sent.active ? 'True' : 'False',
      echo: echoOf(sent.record),
      ...more,
    })
    log.push({ raw, operation: sent.id, employee: sent.employee, at, visibleAt: at + lagMs })
  }
  const apply = (sent: Sent): boolean => {
    const before = directory.get(sent.employee)
    const userName = sent.record['userName'] ?? before?.['userName']
    if (before === undefined && typeof userName !== 'string') return false
    directory.set(sent.employee, merged(before ?? {}, sent.record))
    return true
  }
  const carryOut = (sent: Sent): void => {
    const fault = operationFaults.get(sent.employee)
    operationFaults.delete(sent.employee)
    const newer = (): void => void escrowed.delete(sent.employee)
    if (fault === 'silent') return
    if (fault === 'unspoken') return void (newer(), apply(sent))
    if (fault === 'delayed') return void staged.push({ ...sent, after: clock.now() + 25 * MINUTE })
    newer()
    if (sent.record['title'] === FAILING)
      return write(sent, { status: 'failure', errorCode: 'InvalidValue', more: naming(chance.oneIn(2)) })
    if (fault === 'failed') return write(sent, { status: 'failure', errorCode: 'InvalidDomain' })
    if (fault === 'escrowed') {
      const changeId = `change-${records}`
      write(sent, { status: 'failure', errorCode: 'InternalServerError', changeId })
      const dueAt = clock.now() + ESCROW_MS
      return void escrowed.set(sent.employee, { ...sent, changeId, dueAt, failedAt: clock.now() })
    }
    if (!apply(sent)) return write(sent, { status: 'failure', errorCode: 'MandatoryFieldsMissing' })
    write(sent, {}, fault === 'late record' ? 2 * HOUR : undefined)
  }
  const retry = ({ failedAt, changeId, ...sent }: Escrowed): void => {
    escrowed.delete(sent.employee)
    if (!apply(sent)) return
    write(sent, {
      changeId,
      importStep: 'EntryEscrowRetry',
      importDetails: { TypeName: 'EscrowedEntryDefault', CreationTime: new Date(failedAt).toISOString() },
    })
  }

  const upload = async (body: string): Promise<UploadAnswer> => {
    const fault = faults.shift()
    await clock.sleep(100)
    const operations = sentIn(body)
    if (fault === 'lost') return { kind: 'network', code: 'ECONNRESET' }
    countCall()
    switch (fault) {
      case 'answer lost':
        take(operations)
        return { kind: 'network', code: 'ECONNRESET' }
      case 'late':
        clock.at(clock.now() + 2 * MINUTE, () => take(operations))
        await clock.sleep(20_000)
        return { kind: 'network', code: 'ETIMEDOUT' }
      case 'busy':
        return response(429, { retryAfter: '7' })
      case 'down':
        return response(503)
      case 'full':
        return response(500, { message: 'The bucket that stores the ingested data is full' })
      case 'garbage':
        return response(200)
      case 'forbidden':
        return response(403, { code: 'Forbidden' })
      case undefined: {
        if (refuses(operations)) return response(400, { code: 'InvalidRequest' })
        take(operations)
        await clock.sleep(chance.below(400))
        return response(202, { serverAt: clock.now() })
      }
    }
  }

  return {
    provisioningOf: (instance) => ({ upload: (body) => instance.through(() => upload(body)) }),
    logOf: (instance) => ({
      page: ({ since, until, about, next }) =>
        instance.through(async () => {
          await clock.sleep(50)
          const now = clock.now()
          if (now < hiddenUntil) throw new RollcallError('LogUnavailable', 'the log is away')
          const found = log.filter(
            ({ at, visibleAt, employee }) =>
              at > since &&
              visibleAt <= now &&
              (until === null || at <= until) &&
              (about === null || employee === about),
          )
          const from = Number(next ?? 0)
          const page = found.slice(from, from + PAGE_SIZE)
          for (const { operation } of page) handedOut.add(operation)
          const repeated: readonly Json[] = chance.oneIn(3) ? page.slice(0, 1).map(({ raw }) => raw) : []
          const garbage: readonly Json[] = chance.oneIn(10) ? [{ id: '', activityDateTime: 'never' }] : []
          const records = [...page.map(({ raw }) => raw), ...repeated, ...garbage]
          return {
            records: chance.oneIn(2) ? records.toReversed() : records,
            next: from + PAGE_SIZE < found.length ? String(from + PAGE_SIZE) : null,
            serverAt: now,
          }
        }),
    }),
    jobOf: (instance) => ({
      state: () =>
        instance.through(async (): Promise<JobState> => {
          if (clock.now() >= stoppedUntil) return { kind: 'running', startedAt }
          return { kind: 'stopped', code: 'quarantine', reason: null, startedAt }
        }),
    }),
    cycle: () => {
      if (clock.now() < stoppedUntil) return
      const now = clock.now()
      const due = staged.filter(({ after }) => after <= now)
      for (const one of due) staged.splice(staged.indexOf(one), 1)
      for (const one of escrowed.values()) if (one.dueAt <= now) retry(one)
      // The service documents no order.
      if (chance.oneIn(2)) due.reverse()
      for (const one of due) carryOut(one)
    },
    failCall: (fault) => void faults.push(fault),
    failOperation: (employee, fault) => {
      const isSilent = fault === 'silent' || fault === 'unspoken' || fault === 'late record'
      if (isSilent && silenced.has(employee)) return
      if (isSilent) silenced.add(employee)
      operationFaults.set(employee, fault)
    },
    hideLog: (ms) => (hiddenUntil = clock.now() + ms),
    restart: () => {
      staged.length = 0
      startedAt = clock.now()
    },
    quarantine: (ms) => (stoppedUntil = clock.now() + ms),
    directory,
    get isQuiet() {
      return (
        staged.length === 0 && escrowed.size === 0 && log.every(({ visibleAt }) => visibleAt <= clock.now())
      )
    },
    isUnanswered: (operation) => !handedOut.has(operation),
  }
}

function response(
  status: number,
  more: Partial<Extract<UploadAnswer, { kind: 'response' }>> = {},
): UploadAnswer {
  const none = { retryAfter: null, requestId: 'request', serverAt: null, code: null, message: null }
  return { kind: 'response', status, ...none, ...more }
}

/** Half of the failures name the attribute. */
function naming(isNamed: boolean): JsonObject {
  const reason = isNamed ? "the attribute 'title' is not valid" : 'it was not possible'
  return {
    provisioningStatusInfo: { status: 'failure', errorInformation: { errorCode: 'InvalidValue', reason } },
  }
}

/** The operations of a call, by what is in its body. */
export function sentIn(body: string): readonly Sent[] {
  const { Operations } = JSON.parse(body) as {
    readonly Operations: readonly { readonly bulkId: string; readonly data: JsonObject }[]
  }
  return Operations.map(({ bulkId, data }) => ({
    id: bulkId,
    employee: typeof data['externalId'] === 'string' ? data['externalId'] : '',
    active: data['active'] === true,
    record: data,
  }))
}

/** The log repeats what was imported, with keys that have neither dots nor colons. */
function echoOf(record: JsonObject): Readonly<Record<string, string>> {
  const { userName, title } = record
  const shown = [
    ['userName', userName],
    ['title', title],
    ['urnietfparamsscimschemasextensionenterprise20Userdepartment', departmentOf(record)],
  ] as const
  return Object.fromEntries(
    shown.flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])),
  )
}

function departmentOf(record: JsonObject): Json | undefined {
  const enterprise = record['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User']
  return typeof enterprise === 'object' && enterprise !== null && !Array.isArray(enterprise)
    ? (enterprise as JsonObject)['department']
    : undefined
}

/** A whole record: what it does not name stays, and `null` clears. */
function merged(before: Holding, record: JsonObject): Holding {
  const values = new Map<string, string | boolean>(Object.entries(before))
  const set = (name: string, value: Json | undefined): void => {
    if (value === null) values.delete(name)
    else if (typeof value === 'string' || typeof value === 'boolean') values.set(name, value)
  }
  for (const name of ['userName', 'title', 'active']) set(name, record[name])
  set('department', departmentOf(record))
  return Object.fromEntries([...values].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
