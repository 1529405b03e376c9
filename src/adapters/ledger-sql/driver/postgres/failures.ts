import { DatabaseError } from 'pg'
import { RollcallError } from '../../../../core/errors.ts'
import type { Access } from '../sql.ts'

/**
 * - `conflict`: another transaction was in the way; a repetition succeeds
 * - `connection`: the server is away or ended the connection; a new connection may reach it
 * - `refused`: a repetition would be refused again
 */
type Kind = 'conflict' | 'connection' | 'refused'

/**
 * SQLSTATEs and network codes of failures that pass without a change.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const PASSING: Readonly<Record<string, Kind>> = {
  '40000': 'conflict', // transaction_rollback
  '40001': 'conflict', // serialization_failure
  '40P01': 'conflict', // deadlock_detected
  '55P03': 'conflict', // lock_not_available
  '08000': 'connection', // connection_exception
  '08001': 'connection', // sqlclient_unable_to_establish_sqlconnection
  '08003': 'connection', // connection_does_not_exist
  '08004': 'connection', // sqlserver_rejected_establishment_of_sqlconnection
  '08006': 'connection', // connection_failure
  '08007': 'connection', // transaction_resolution_unknown
  '08P01': 'connection', // protocol_violation: how a pooler says that it or the server lets go
  '25006': 'connection', // read_only_sql_transaction: a server that was failed over from, or is recovering, or full
  '25P03': 'connection', // idle_in_transaction_session_timeout: we stood still for too long
  '25P04': 'connection', // transaction_timeout
  '40003': 'connection', // statement_completion_unknown
  '53000': 'connection', // insufficient_resources
  '53200': 'connection', // out_of_memory
  '53300': 'connection', // too_many_connections
  '57P01': 'connection', // admin_shutdown
  '57P02': 'connection', // crash_shutdown
  '57P03': 'connection', // cannot_connect_now
  '57P05': 'connection', // idle_session_timeout
  ECONNREFUSED: 'connection',
  ECONNRESET: 'connection',
  EHOSTUNREACH: 'connection',
  ENETUNREACH: 'connection',
  ENOENT: 'connection', // the socket of a server that is starting
  ENOTFOUND: 'connection',
  EAI_AGAIN: 'connection',
  EPIPE: 'connection',
  ETIMEDOUT: 'connection',
}

/**
 * An error of the client or the database about a statement or a connection. Its message can quote
 * values, so only its code is shown.
 */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly kind: Kind
  readonly code: string
  constructor(cause: unknown, access: Access) {
    const code = codeOf(cause)
    super(code, { cause })
    this.code = code
    // A write in a transaction that is declared as read-only is a mistake in the code.
    if (access === 'read' && code === '25006') this.kind = 'refused'
    // Errors of the client itself have no code. All of them are about a connection that is lost or
    // cannot be made.
    else this.kind = PASSING[code] ?? (cause instanceof DatabaseError ? 'refused' : 'connection')
  }
}

function codeOf(cause: unknown): string {
  const code: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (typeof code === 'string') return code
  return cause instanceof Error && /SSL/.test(cause.message) ? 'no TLS there' : 'no answer'
}

/** Refusals that the operator can resolve, and how. */
const ADVICE: Readonly<Record<string, string>> = {
  '26000': 'a pooler in between forgets prepared statements: PgBouncer takes max_prepared_statements',
  '28000': 'it does not let us in: check user, password or LEDGER_AUTH',
  '28P01': 'it does not let us in: check user, password or LEDGER_AUTH',
  '3D000': 'it has no database of that name: make it first',
  '3F000': 'it has no schema to make tables in: CREATE SCHEMA public',
  '42501':
    'the user lacks a right: making tables takes GRANT CREATE ON SCHEMA public TO …; using those of another role takes rollcall ledger migrate --grant-to …, run as that role',
  '42P05': 'a pooler in between mixes up prepared statements: PgBouncer takes max_prepared_statements',
}

/** As the ledger's callers see it. */
export function told(failure: Failure, where: string): RollcallError {
  const { kind, code, cause } = failure
  // An error of the identity, which is a `RollcallError` already.
  if (cause instanceof RollcallError) return cause
  const advice = ADVICE[code]
  if (advice !== undefined)
    return new RollcallError('LedgerRefused', `${where} (${code}): ${advice}`, { cause: failure })
  if (code === '53100')
    return new RollcallError(
      'LedgerFull',
      `${where} has no room left on its disk (${code}): make room; what is committed is kept, and work then resumes without a restart`,
      { cause: failure },
    )
  if (code === '57014')
    return new RollcallError(
      'LedgerFailed',
      `${where}: a statement took longer than LEDGER_STATEMENT_MS (${code})`,
      { cause: failure },
    )
  if (kind === 'refused')
    return new RollcallError('LedgerFailed', `${where} refused a statement (SQLSTATE ${code})`, {
      cause: failure,
    })
  if (kind === 'conflict')
    return new RollcallError(
      'LedgerBusy',
      `${where}: other transactions were in the way again and again (SQLSTATE ${code})`,
      {
        cause: failure,
      },
    )
  return new RollcallError('LedgerUnavailable', `${where} cannot be reached (${code})`, { cause: failure })
}
