import type { Settings } from '../settings.ts'

export type JobCode = Settings['jobState'] | 'Quarantine'

/** What a cycle did. */
export interface Execution {
  readonly id: string
  readonly began: number
  readonly ended: number
  readonly imported: number
  readonly exported: number
  readonly failed: number
  readonly escrowed: number
}

interface Quarantine {
  readonly reason: string
  readonly error: { readonly code: string; readonly message: string }
  readonly began: number
  readonly nextAttempt: number
  readonly count: number
}

/** The synchronization job's own state. */
export interface Job {
  readonly code: JobCode
  /** Whether the timer may start a cycle now: not while paused, and only daily in quarantine. */
  isDue(now: number): boolean
  /** Whether a cycle can run at all. */
  readonly canRun: boolean
  start(): void
  pause(): void
  quarantine(reason: string, error: { readonly code: string; readonly message: string }, now: number): void
  release(): void
  /** The next cycle is the first of a new steady state. */
  restarted(): void
  /** Notes a cycle, and begins, prolongs or ends the quarantine by what it did. */
  executed(execution: Execution): void
  /** The job as Microsoft Graph gives it. */
  describe(): Readonly<Record<string, unknown>>
}

const iso = (at: number): string => new Date(at).toISOString()

export function createJob(settings: Settings, synchronized: () => number): Job {
  const limits = settings.quarantine
  let code: JobCode = settings.jobState
  let isDisabled = false
  let quarantined: Quarantine | undefined
  let last: Execution | undefined
  let steadySince: number | undefined
  let lastWithExports: Execution | undefined

  function quarantine(reason: string, error: Quarantine['error'], now: number): void {
    const began = quarantined?.began ?? now
    quarantined = {
      reason,
      error,
      began,
      nextAttempt: now + limits.cycleMs,
      count: (quarantined?.count ?? 0) + 1,
    }
    code = 'Quarantine'
    if (now - began < limits.disableAfterMs) return
    code = 'Paused'
    isDisabled = true
  }

  function release(): void {
    quarantined = undefined
    if (code === 'Quarantine') code = 'Active'
  }

  function tooManyFailures({ imported, failed, escrowed }: Execution): string | undefined {
    if (escrowed > limits.escrowed) return 'EncounteredTotalEscrowThreshold'
    const isHigh = failed >= limits.failures && failed * 100 > imported * limits.percent
    return isHigh ? 'EncounteredEscrowProportionThreshold' : undefined
  }

  const describeExecution = (execution: Execution | undefined): unknown =>
    execution === undefined
      ? null
      : {
          activityIdentifier: execution.id,
          countEntitled: execution.imported,
          countEntitledForProvisioning: execution.imported,
          countEscrowed: execution.escrowed,
          countEscrowedRaw: execution.escrowed,
          countExported: execution.exported,
          countExports: execution.exported,
          countImported: execution.imported,
          countImportedDeltas: execution.imported,
          countImportedReferenceDeltas: 0,
          state: execution.failed === 0 ? 'Succeeded' : 'EntryLevelErrors',
          error: null,
          timeBegan: iso(execution.began),
          timeEnded: iso(execution.ended),
        }

  return {
    get code() {
      return code
    },
    get canRun() {
      return code === 'Active' || code === 'Quarantine'
    },
    isDue(now) {
      return (
        code === 'Active' ||
        (code === 'Quarantine' && quarantined !== undefined && now >= quarantined.nextAttempt)
      )
    },
    start() {
      isDisabled = false
      code = 'Active'
      quarantined = undefined
    },
    pause() {
      code = 'Paused'
    },
    quarantine,
    release,
    restarted() {
      steadySince = undefined
    },
    executed(execution) {
      last = execution
      steadySince ??= execution.ended
      if (execution.exported > 0) lastWithExports = execution
      const reason = tooManyFailures(execution)
      if (reason !== undefined)
        quarantine(reason, { code: reason, message: 'Too many operations failed.' }, execution.ended)
      // Only a quarantine that began because of failures ends when a cycle has few of them.
      else if (
        quarantined?.reason.startsWith('EncounteredTotal') === true ||
        quarantined?.reason.startsWith('EncounteredEscrow') === true
      )
        release()
    },
    describe() {
      const settingsOfJob =
        settings.deletionThreshold === undefined ? [] : [String(settings.deletionThreshold)]
      return {
        id: settings.jobId,
        templateId: settings.kind === 'entra' ? 'API2AAD' : 'API2AD',
        schedule: {
          expiration: null,
          interval: `PT${Math.max(1, Math.round(settings.cycleMs / 1000))}S`,
          state: code === 'Active' || (code === 'Quarantine' && !isDisabled) ? 'Active' : 'Disabled',
        },
        status: {
          countSuccessiveCompleteFailures: 0,
          escrowsPruned: false,
          code,
          lastExecution: describeExecution(last),
          lastSuccessfulExecution: describeExecution(last),
          lastSuccessfulExecutionWithExports: describeExecution(lastWithExports),
          progress: [],
          quarantine:
            quarantined === undefined
              ? null
              : {
                  currentBegan: iso(quarantined.began),
                  nextAttempt: iso(quarantined.nextAttempt),
                  reason: quarantined.reason,
                  seriesBegan: iso(quarantined.began),
                  seriesCount: quarantined.count,
                  error: { ...quarantined.error, tenantActionable: true },
                },
          steadyStateFirstAchievedTime: steadySince === undefined ? '0001-01-01T00:00:00Z' : iso(steadySince),
          steadyStateLastAchievedTime: last === undefined ? '0001-01-01T00:00:00Z' : iso(last.ended),
          synchronizedEntryCountByType: [{ key: 'User', value: synchronized() }],
          troubleshootingUrl: null,
        },
        synchronizationJobSettings: settingsOfJob.map((value) => ({
          name: 'QuarantineTooManyDeletesThreshold',
          value,
        })),
      }
    },
  }
}
