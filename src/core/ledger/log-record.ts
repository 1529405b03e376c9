/**
 * One provisioning-log record, reduced to what correlation needs. It identifies the employee only
 * by the key that HR gave.
 */
export interface LogRecord {
  readonly id: string
  readonly jobId: string
  /** The `externalId` it is about. */
  readonly employeeId: string
  /** Epoch milliseconds; the log has whole seconds. */
  readonly activityAt: number
  readonly changeId: string
  readonly cycleId: string
  readonly action: string
  readonly status: 'success' | 'failure' | 'skipped' | 'warning' | 'unknown'
  /** Error code or skip reason. */
  readonly code: string | null
  readonly reason: string | null
  /** Entra object id, when there is an object. */
  readonly objectId: string | null
  /**
   * The values that the import step repeats from the record that was sent, as text; empty for a
   * record without an import step. `null` marks a value that is present but redacted, or not a
   * text, number or boolean: it cannot be compared.
   */
  readonly echo: Readonly<Record<string, string | null>>
  /** What the record shows of `active`, by its strongest evidence; `null` when it shows nothing. */
  readonly active: boolean | null
  /**
   * Has an import step or no steps at all: it is about something that was sent, and neither a
   * follow-up nor a retry of an old failure.
   */
  readonly imported: boolean
  /** The service retries an earlier failure: the record is about an older submission. */
  readonly escrowRetry: boolean
  /** Of a retry: when the service escrowed the entry, if the record says so. */
  readonly escrowedAt?: number | null
  /** A failure that the service will retry itself. */
  readonly willRetry: boolean
  /** A reference (the manager) could not be resolved yet. */
  readonly unresolved: boolean
}

/** What the ledger is asked about a record by: all that crosses to its thread. */
export type LogRecordKeys = Pick<LogRecord, 'id' | 'jobId' | 'employeeId' | 'changeId'>
