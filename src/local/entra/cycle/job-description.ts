import type { Settings } from '../settings.ts'
import type { Execution, JobState, Quarantine } from './job-state.ts'

type Json = Readonly<Record<string, unknown>>

const NEVER = '0001-01-01T00:00:00Z'
const iso = (at: number): string => new Date(at).toISOString()

/** The job as Microsoft Graph gives it. Source: the synchronizationJob resource and real jobs. */
export function describeJob(state: JobState, settings: Settings, users: number): Json {
  const { code, isDisabled, last } = state
  const isScheduled = code === 'Active' || (code === 'Quarantine' && !isDisabled)
  const thresholds = settings.deletionThreshold === undefined ? [] : [String(settings.deletionThreshold)]
  return {
    id: settings.jobId,
    templateId: settings.kind === 'entra' ? 'API2AAD' : 'API2AD',
    schedule: {
      expiration: null,
      interval: `PT${Math.max(1, Math.round(settings.cycleMs / 1000))}S`,
      state: isScheduled ? 'Active' : 'Disabled',
    },
    status: {
      countSuccessiveCompleteFailures: 0,
      escrowsPruned: false,
      code,
      lastExecution: describeExecution(last),
      lastSuccessfulExecution: describeExecution(last),
      lastSuccessfulExecutionWithExports: describeExecution(state.lastWithExports),
      progress: [],
      quarantine: describeQuarantine(state.quarantine),
      steadyStateFirstAchievedTime: state.steadySince === null ? NEVER : iso(state.steadySince),
      steadyStateLastAchievedTime: last === null ? NEVER : iso(last.ended),
      synchronizedEntryCountByType: [{ key: 'User', value: users }],
      troubleshootingUrl: null,
    },
    synchronizationJobSettings: thresholds.map((value) => ({
      name: 'QuarantineTooManyDeletesThreshold',
      value,
    })),
  }
}

function describeExecution(execution: Execution | null): Json | null {
  if (execution === null) return null
  return {
    activityIdentifier: execution.id,
    countEntitled: execution.imported,
    countEntitledForProvisioning: execution.imported,
    countEscrowed: execution.escrowed,
    countEscrowedRaw: execution.escrowed + execution.unresolved,
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
}

function describeQuarantine(quarantine: Quarantine | null): Json | null {
  if (quarantine === null) return null
  const { began, nextAttempt, reason, count, error } = quarantine
  return {
    currentBegan: iso(began),
    nextAttempt: iso(nextAttempt),
    reason,
    seriesBegan: iso(began),
    seriesCount: count,
    error: { ...error, tenantActionable: true },
  }
}
