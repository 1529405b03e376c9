import type { JoinedRecord } from '../ledger/port/report.ts'
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
export function joinedRecordOf(
  { id: operation, employeeId }: Pick<BatchOperation, 'id' | 'employeeId'>,
  verdict: FinalVerdict,
  write: RecordToWrite,
  { destination, batch, call, at }: AnswerSource,
): JoinedRecord {
  const id = `${destination}:${operation}:${call}`
  const { interim, ...result } = resultOf(verdict)
  return {
    operation,
    interim,
    record: {
      id,
      jobId: destination,
      employeeId,
      activityAt: at,
      changeId: id,
      cycleId: batch,
      action: verdict.kind === 'done' ? verdict.did : 'update',
      ...result,
      echo: {},
      active: isActive(write),
      imported: true,
      escrowRetry: false,
      willRetry: false,
      unresolved: lacksManager(write),
    },
  }
}

type Result = Pick<JoinedRecord, 'interim'> &
  Pick<JoinedRecord['record'], 'status' | 'code' | 'reason' | 'objectId'>

function resultOf(verdict: FinalVerdict): Result {
  switch (verdict.kind) {
    case 'done': {
      const { objectId } = verdict
      return { interim: 'confirmed', status: 'success', code: null, reason: null, objectId }
    }
    case 'no-account':
      return { interim: 'unchanged', status: 'skipped', code: NO_ACCOUNT, reason: null, objectId: null }
    case 'failed': {
      const { code, reason, objectId } = verdict
      return { interim: 'failed', status: 'failure', code, reason, objectId }
    }
  }
}
