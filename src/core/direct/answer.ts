import type { Interim, JoinedRecord } from '../ledger/port/report.ts'
import type { BatchOperation } from '../ledger/port/submit.ts'
import { isActive, lacksManager, type RecordToWrite } from './user.ts'
import type { WriteVerdict } from './verdict.ts'

export type FinalVerdict = Extract<WriteVerdict, { readonly kind: 'done' | 'no-account' | 'failed' }>

/** The code of an operation that found no account to disable. */
const NO_ACCOUNT = 'ResourceNotFound'

/** Which call of which destination was answered. */
export interface AnswerSource {
  readonly destination: string
  readonly batch: string
  readonly call: number
  readonly at: number
}

/**
 * The answer as the provisioning log would have it. The id follows from the operation and the call,
 * so an answer that is recorded twice is one record.
 */
export function answerOf(
  { id: operation, employeeId }: Pick<BatchOperation, 'id' | 'employeeId'>,
  verdict: FinalVerdict,
  write: RecordToWrite,
  { destination, batch, call, at }: AnswerSource,
): JoinedRecord {
  const id = `${destination}:${operation}:${call}`
  return {
    operation,
    interim: interimOf(verdict),
    record: {
      id,
      jobId: destination,
      employeeId,
      activityAt: at,
      changeId: id,
      cycleId: batch,
      action: verdict.kind === 'done' ? verdict.did : 'update',
      ...resultOf(verdict),
      echo: {},
      active: isActive(write),
      imported: true,
      escrowRetry: false,
      willRetry: false,
      unresolved: lacksManager(write),
    },
  }
}

function interimOf({ kind }: FinalVerdict): Interim {
  switch (kind) {
    case 'done':
      return 'confirmed'
    case 'no-account':
      return 'unchanged'
    case 'failed':
      return 'failed'
  }
}

type Result = Pick<JoinedRecord['record'], 'status' | 'code' | 'reason' | 'objectId'>

function resultOf(verdict: FinalVerdict): Result {
  switch (verdict.kind) {
    case 'done':
      return { status: 'success', code: null, reason: null, objectId: verdict.objectId }
    case 'no-account':
      return { status: 'skipped', code: NO_ACCOUNT, reason: null, objectId: null }
    case 'failed': {
      const { code, reason, objectId } = verdict
      return { status: 'failure', code, reason, objectId }
    }
  }
}
