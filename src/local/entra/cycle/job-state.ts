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
  /** Managers that were not found, which are escrowed too. */
  readonly unresolved: number
}

export interface QuarantineError {
  readonly code: string
  readonly message: string
}

export interface Quarantine {
  readonly reason: string
  readonly error: QuarantineError
  readonly began: number
  readonly nextAttempt: number
  readonly count: number
}

/** Everything about the job that changes. */
export interface JobState {
  code: JobCode
  /** The service disables a job that stays in quarantine for too long. */
  isDisabled: boolean
  quarantine: Quarantine | null
  last: Execution | null
  lastWithExports: Execution | null
  steadySince: number | null
}
