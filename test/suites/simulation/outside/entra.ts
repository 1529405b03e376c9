import { RollcallError } from '../../../../src/core/errors.ts'
import type {
  JobState,
  Provisioning,
  ProvisioningJob,
  ProvisioningLog,
  UploadAnswer,
} from '../../../../src/core/ports.ts'
import { foreignName, type SimulatedLog, simulatedLog } from './log.ts'
import type { Chance } from '../../../fakes/plain-event.ts'
import type { Clock, Instance } from '../clock.ts'
import type { Holding } from '../judge/oracle.ts'
import { response } from '../../../fakes/upload-answer.ts'
import { ENTERPRISE, merged, naming, REFUSALS, type Sent, sentIn } from './records.ts'
import { FAILING, HOUR, MINUTE, REFUSED } from '../story.ts'

/** How the next call ends instead of with a 202. */
export const CALL_FAULTS = [
  'answer lost', // taken, and the connector never learns it
  'lost', // never arrives
  'late', // taken a while after the connector has given up waiting
  'too large', // unless it has one operation
  'busy',
  'down',
  'gateway',
  'full',
  'garbage',
  'forbidden',
  'unauthorized',
  'not found',
  'odd',
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

/** What another program or an administrator does to an account. */
export const FOREIGN_CHANGES = ['disabled', 'enabled', 'retitled'] as const
export type ForeignChange = (typeof FOREIGN_CHANGES)[number]
const FOREIGN_TITLE = 'Elsewhere'

export interface Limits {
  readonly perWindow: number
  readonly windowMs: number
  readonly perDay: number
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
  /** The directory refuses every operation of this employee for this long. */
  breakAccount(employee: string, ms: number): void
  /** Another system changes the account, once nothing of this employee is under way. */
  changeElsewhere(employee: string, change: ForeignChange): void
  /** Nothing can be read of the log for this long. */
  hideLog: SimulatedLog['hide']
  failLog: SimulatedLog['fail']
  /** The state of the job cannot be read for this long, or may not be. */
  hideJob(ms: number, why: 'away' | 'forbidden'): void
  /** Everything staged is lost. */
  restart(): void
  quarantine(ms: number): void
  readonly directory: ReadonlyMap<string, Holding>
  /** Nothing is staged, put aside or on its way into the log. */
  readonly isQuiet: boolean
  /** Operations that were taken, and no log record of theirs was handed out yet. */
  isUnanswered(operation: string): boolean
  /** Whether the account is active by the newest log record of a change that the ledger has committed; `null` before the first. */
  shows(employee: string): boolean | null
  /** Log records of accounts that another system disabled, by employee: when, and whether the ledger has committed it. */
  disabledElsewhere(employee: string): { readonly at: number; readonly isKnown: boolean } | null
  /** Somebody else enabled the account at some time. */
  wasEnabledElsewhere(employee: string): boolean
  disabledBy: SimulatedLog['disabledBy']
  committed: SimulatedLog['committed']
  looksLikeAnswer: SimulatedLog['looksLikeAnswer']
}

const ESCROW_MS = 40 * MINUTE
/** The longest that a call is on its way. */
const ARRIVES_MS = 3 * MINUTE
const MOST_TRIES = 4

const isRefusal = (fault: CallFault | undefined): fault is keyof typeof REFUSALS =>
  fault !== undefined && fault in REFUSALS

interface Staged extends Sent {
  readonly after: number
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
  const log = simulatedLog(clock, chance)
  const { write } = log
  const calls: { readonly at: number; readonly aheadMs: number }[] = []
  const faults: CallFault[] = []
  const operationFaults = new Map<string, OperationFault>()
  const silenced = new Set<string>()
  const broken = new Map<string, number>()
  /** Sent, and not arrived yet. */
  const arriving = new Set<readonly Sent[]>()
  const foreign = new Map<string, { at: number; operation: string }>()
  const enabled = new Set<string>()
  let startedAt = clock.now() - 24 * HOUR
  let stoppedUntil = 0
  let hidden = { until: 0, why: 'away' }
  let changes = 0

  const countCall = (aheadMs: number): void => {
    const now = clock.now()
    calls.push({ at: now, aheadMs })
    // A clock that is ahead of the one that made a call shortens the window by the difference.
    const inWindow = calls.filter(
      (call) => call.at > now - limits.windowMs + Math.max(0, aheadMs - call.aheadMs),
    ).length
    const inDay = calls.filter(({ at }) => at > now - 24 * HOUR).length
    if (inWindow > limits.perWindow) onViolation(`${inWindow} calls in one window`)
    if (inDay > limits.perDay) onViolation(`${inDay} calls in one day`)
  }
  const refuses = (operations: readonly Sent[]): boolean =>
    operations.some(({ record }) => record['title'] === REFUSED)
  const take = (operations: readonly Sent[]): void => {
    if (refuses(operations)) return
    for (const one of operations) staged.push({ ...one, after: clock.now() })
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
    if (fault === 'failed' || clock.now() < (broken.get(sent.employee) ?? 0))
      return write(sent, { status: 'failure', errorCode: 'InvalidDomain' })
    if (fault === 'escrowed') {
      const changeId = `change-${++changes}`
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

  const isBusy = (name: string): boolean =>
    escrowed.has(name) ||
    [...staged, ...[...arriving].flat()].some(({ employee }) => employee === name) ||
    log.isOpen(name)
  const changeElsewhere = (employee: string, change: ForeignChange, tries: number): void => {
    const before = directory.get(employee)
    if (!before || tries === 0) return
    if (isBusy(employee))
      return clock.at(clock.now() + ESCROW_MS, () => changeElsewhere(employee, change, tries - 1))
    const active = change === 'retitled' ? before['active'] === true : change === 'enabled'
    const holding = { ...before, active, ...(change === 'retitled' ? { title: FOREIGN_TITLE } : {}) }
    if (JSON.stringify(before) === JSON.stringify(holding)) return
    directory.set(employee, holding)
    const { department, ...plain } = holding as Holding & { department?: string }
    const id = foreignName(++changes)
    write(
      { id, employee, active, record: { ...plain, ...(department ? { [ENTERPRISE]: { department } } : {}) } },
      {},
    )
    // The log counts whole seconds.
    if (change === 'disabled')
      foreign.set(employee, { at: Math.floor(clock.now() / 1_000) * 1_000, operation: id })
    if (change !== 'enabled') return
    foreign.delete(employee)
    enabled.add(employee)
  }

  const upload = async (body: string, aheadMs: number): Promise<UploadAnswer> => {
    const fault = faults.shift()
    const operations = sentIn(body)
    if (operations.length === 0) onViolation('a call has no operations')
    arriving.add(operations)
    clock.at(clock.now() + ARRIVES_MS, () => void arriving.delete(operations))
    await clock.sleep(100)
    if (fault === 'lost') return { kind: 'network', code: 'ECONNRESET' }
    countCall(aheadMs)
    if (isRefusal(fault)) return REFUSALS[fault]
    switch (fault) {
      case 'answer lost':
        take(operations)
        return { kind: 'network', code: 'ECONNRESET' }
      case 'late':
        clock.at(clock.now() + 2 * MINUTE, () => take(operations))
        await clock.sleep(20_000)
        return { kind: 'network', code: 'ETIMEDOUT' }
      case 'too large':
        return operations.length > 1 ? response(413) : REFUSALS.down
      case undefined: {
        if (refuses(operations)) return response(400, { code: 'InvalidRequest' })
        take(operations)
        await clock.sleep(chance.below(400))
        return response(202, { serverAt: clock.now() })
      }
    }
  }

  return {
    provisioningOf: (instance) => ({
      upload: (body) => instance.through(() => upload(body, instance.aheadMs)),
    }),
    logOf: (instance) => ({ page: (query) => instance.through(() => log.page(query)) }),
    jobOf: (instance) => ({
      state: () =>
        instance.through(async (): Promise<JobState> => {
          const isHidden = clock.now() < hidden.until
          if (isHidden && hidden.why === 'forbidden') return { kind: 'forbidden' }
          if (isHidden) throw new RollcallError('JobUnavailable', 'the job is away')
          const report = { quarantine: null, failures: null }
          if (clock.now() >= stoppedUntil)
            return { kind: 'running', startedAt, report: { code: 'Active', ...report } }
          return { kind: 'stopped', startedAt, report: { code: 'quarantine', ...report } }
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
    breakAccount: (employee, ms) => void broken.set(employee, clock.now() + ms),
    changeElsewhere: (employee, change) => changeElsewhere(employee, change, MOST_TRIES),
    hideLog: log.hide,
    failLog: log.fail,
    hideJob: (ms, why) => (hidden = { until: clock.now() + ms, why }),
    restart: () => {
      staged.length = 0
      startedAt = clock.now()
    },
    quarantine: (ms) => (stoppedUntil = clock.now() + ms),
    directory,
    get isQuiet() {
      return staged.length === 0 && escrowed.size === 0 && log.isQuiet()
    },
    isUnanswered: (operation) => !log.wasHandedOut(operation),
    shows: log.shows,
    disabledElsewhere: (employee) => {
      const one = foreign.get(employee)
      return one ? { at: one.at, isKnown: log.wasCommitted(one.operation) } : null
    },
    wasEnabledElsewhere: (employee) => enabled.has(employee),
    disabledBy: log.disabledBy,
    committed: log.committed,
    looksLikeAnswer: log.looksLikeAnswer,
  }
}
