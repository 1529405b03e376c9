import type { Settings } from '../settings.ts'
import { describeJob } from './job-description.ts'
import type { Execution, JobCode, JobState, QuarantineError } from './job-state.ts'

/** The synchronization job's own state. */
export interface Job {
  readonly code: JobCode
  /** Whether the timer may start a cycle now: not while paused, and only daily in quarantine. */
  isDue(now: number): boolean
  /** Whether a cycle can run at all. */
  readonly canRun: boolean
  start(): void
  pause(): void
  quarantine(reason: string, error: QuarantineError, now: number): void
  release(): void
  /** The next cycle is the first of a new steady state. */
  restarted(): void
  /** Notes a cycle, and begins, prolongs or ends the quarantine by what it did. */
  executed(execution: Execution): void
  /** The job as Microsoft Graph gives it. */
  describe(): Readonly<Record<string, unknown>>
}

export function createJob(settings: Settings, countUsers: () => number): Job {
  const state: JobState = {
    code: settings.jobState,
    isDisabled: false,
    quarantine: null,
    last: null,
    lastWithExports: null,
    steadySince: null,
  }
  return {
    get code() {
      return state.code
    },
    get canRun() {
      return state.code === 'Active' || state.code === 'Quarantine'
    },
    isDue: (now) =>
      state.code === 'Active' ||
      (state.code === 'Quarantine' && state.quarantine !== null && now >= state.quarantine.nextAttempt),
    start() {
      state.isDisabled = false
      state.code = 'Active'
      state.quarantine = null
    },
    pause() {
      state.code = 'Paused'
    },
    quarantine: (reason, error, now) => quarantine(state, settings.quarantine, { reason, error, now }),
    release: () => release(state),
    restarted() {
      state.steadySince = null
    },
    executed: (execution) => noteExecution(state, settings.quarantine, execution),
    describe: () => describeJob(state, settings, countUsers()),
  }
}

type Limits = Settings['quarantine']

function quarantine(
  state: JobState,
  limits: Limits,
  { reason, error, now }: { readonly reason: string; readonly error: QuarantineError; readonly now: number },
): void {
  const began = state.quarantine?.began ?? now
  const count = (state.quarantine?.count ?? 0) + 1
  state.quarantine = { reason, error, began, nextAttempt: now + limits.cycleMs, count }
  const isTooLong = now - began >= limits.disableAfterMs
  if (isTooLong) state.isDisabled = true
  state.code = isTooLong ? 'Paused' : 'Quarantine'
}

function release(state: JobState): void {
  state.quarantine = null
  if (state.code === 'Quarantine') state.code = 'Active'
}

function noteExecution(state: JobState, limits: Limits, execution: Execution): void {
  state.last = execution
  state.steadySince ??= execution.ended
  if (execution.exported > 0) state.lastWithExports = execution
  const reason = tooManyFailures(limits, execution)
  if (reason !== null) {
    const error = { code: reason, message: 'Too many operations failed.' }
    quarantine(state, limits, { reason, error, now: execution.ended })
    return
  }
  // Only a quarantine that began because of failures ends when a cycle has few of them.
  const { reason: former = '' } = state.quarantine ?? {}
  if (former.startsWith('EncounteredTotal') || former.startsWith('EncounteredEscrow')) release(state)
}

function tooManyFailures(limits: Limits, execution: Execution): string | null {
  const { imported, failed, escrowed, unresolved } = execution
  if (escrowed > limits.escrowed) return 'EncounteredTotalEscrowThreshold'
  if (escrowed + unresolved > limits.withReferences) return 'EncounteredTotalEscrowThreshold'
  const isHigh = failed >= limits.failures && failed * 100 > imported * limits.percent
  return isHigh ? 'EncounteredEscrowProportionThreshold' : null
}
