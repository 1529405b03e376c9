import type { Row } from '../directory/row.ts'
import { unreachable } from '../support/unreachable.ts'

/** Where an operation came from; none of it appears in a log record. */
export interface Origin {
  readonly bulkId: string
  readonly requestId: string
  readonly clientRequestId: string
}

export type ExportAction = 'create' | 'update' | 'disable'

/** Why an operation had no effect, as the record's last step says it. */
export type SkipReason = 'RedundantExport' | 'NotEffectivelyEntitled' | 'EntrySynchronizationSkipped'

/** The result of an operation. */
export type Result =
  | { readonly kind: 'exported'; readonly action: ExportAction; readonly unresolved?: string }
  | { readonly kind: 'skipped'; readonly skipReason: SkipReason; readonly unresolved?: string }
  /** A manager found later: the record with only an export step, of the same change. */
  | { readonly kind: 'resolved' }
  | {
      readonly kind: 'failed'
      readonly action: ExportAction
      readonly code: string
      /** Without one, the record has the text of the code. */
      readonly reason: string | null
    }

/** One more try of an operation that failed. */
export interface Retry {
  /** Tries after the first. */
  readonly count: number
  readonly createdAt: number
  readonly dueAt: number
  /** When it is tried again if this one fails; missing when it is given up. */
  readonly nextAt: number | undefined
}

/**
 * One entry of the provisioning log, with just enough to write the record when it is requested.
 * Rows are shared with the directory: half a million of these fit into memory, half a million
 * written records would not.
 */
export interface Fact {
  readonly id: string
  /** Whole seconds, in epoch ms: the log has second precision. */
  readonly at: number
  /** When the record appears in the log. */
  readonly visibleAt: number
  readonly durationMs: number
  readonly cycleId: string
  readonly changeId: string
  readonly externalId: string
  /** Empty when nothing was created. */
  readonly objectId: string
  readonly active: boolean
  /** The operation as imported; missing when the record has no import step. */
  readonly imported: Row | undefined
  readonly before: Row | undefined
  readonly after: Row | undefined
  readonly result: Result
  readonly retry: Retry | undefined
  readonly origin: Origin
}

export type Action = ExportAction | 'other'
export type Status = 'success' | 'failure' | 'skipped'

export function actionOf(result: Result): Action {
  switch (result.kind) {
    case 'exported':
    case 'failed':
      return result.action
    case 'resolved':
      return 'update'
    case 'skipped':
      return 'other'
    default:
      return unreachable(result)
  }
}

export function statusOf(result: Result): Status {
  switch (result.kind) {
    case 'exported':
    case 'resolved':
      return 'success'
    case 'failed':
      return 'failure'
    case 'skipped':
      return 'skipped'
    default:
      return unreachable(result)
  }
}
