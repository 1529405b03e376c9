import type { LogRecord } from '../../ledger/log-record.ts'
import type { Candidate, Interim } from '../../ledger/port/report.ts'
import { isCode } from '../outcomes/reason-catalogue.ts'
import { NOT_ENTITLED } from './log-record.ts'
import { REDUNDANT_EXPORT } from './settle.ts'

/**
 * A creation fails with these when attributes are missing. For a leaver it means that the directory
 * has no such user.
 */
const MANDATORY_MISSING = ['MandatoryFieldsMissing', 'MissingValues']
/**
 * The service checks values after matching, so on a creation this means that no directory user
 * matched.
 */
const INVALID = ['AttributeValidationFailed']
/**
 * Skips because of a fault in the record: none of it was accepted, and its values must be
 * corrected.
 */
const FAULTY = [...INVALID, 'JoiningPropertyValueIsMissing', 'ImportSkipped']

/** The interim outcome that a record gives to its operation; `null` when its status is unknown. */
export function interimOf(
  { status, code, willRetry, action, objectId }: LogRecord,
  operation: Candidate,
): Interim | null {
  switch (status) {
    case 'success':
    case 'warning':
      // An employee outside the scope is disabled, which is what a deactivation asks for.
      return code === NOT_ENTITLED && operation.active ? 'skipped' : 'confirmed'
    case 'skipped':
      if (code === REDUNDANT_EXPORT) return 'unchanged'
      if (code === null || !isCode(code, FAULTY)) return 'skipped'
      return !operation.active && isCode(code, INVALID) && action === 'create' && objectId === null
        ? 'unchanged'
        : 'failed'
    case 'failure':
      if (willRetry) return 'escrowed'
      return !operation.active && code !== null && isCode(code, MANDATORY_MISSING) ? 'unchanged' : 'failed'
    case 'unknown':
      return null
  }
}
