import { DatabaseError } from 'pg'
import { RollcallError } from '../../../core/errors.ts'

/**
 * - `conflict`: another transaction was in the way; the same again gets through
 * - `connection`: nobody there, or not any more; a new connection may find somebody
 * - `refused`: the same again would be refused again
 */
type Kind = 'conflict' | 'connection' | 'refused'

/** SQLSTATEs and network codes that pass by themselves. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const PASSING: Readonly<Record<string, Kind>> = {
  '40001': 'conflict', // serialization_failure
  '40P01': 'conflict', // deadlock_detected
  '55P03': 'conflict', // lock_not_available
  '08000': 'connection', // connection_exception
  '08001': 'connection', // sqlclient_unable_to_establish_sqlconnection
  '08003': 'connection', // connection_does_not_exist
  '08004': 'connection', // sqlserver_rejected_establishment_of_sqlconnection
  '08006': 'connection', // connection_failure
  '25P03': 'connection', // idle_in_transaction_session_timeout: we stood still for too long
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

/** What the client or the database said of a statement or a connection. Its own words can quote values, so only its code is told. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly kind: Kind
  readonly code: string
  constructor(cause: unknown) {
    const code = codeOf(cause)
    super(code, { cause })
    this.code = code
    // The client's own complaints have no code, and all of them are about a connection that is gone or does not come.
    this.kind = PASSING[code] ?? (cause instanceof DatabaseError ? 'refused' : 'connection')
  }
}

function codeOf(cause: unknown): string {
  const code: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' ? code : 'no answer'
}

/** As the ledger's callers see it. */
export function told(failure: Failure, where: string): RollcallError {
  const { kind, code } = failure
  if (code === '28P01' || code === '28000')
    return new RollcallError('LedgerRefused', `${where} does not let us in (${code}): check user, password or LEDGER_AUTH`, {
      cause: failure,
    })
  if (code === '3D000')
    return new RollcallError('LedgerRefused', `${where} has no database of that name (${code}): make it first`, { cause: failure })
  if (kind === 'refused') return new RollcallError('LedgerFailed', `${where} refused a statement (SQLSTATE ${code})`, { cause: failure })
  if (kind === 'conflict')
    return new RollcallError('LedgerBusy', `${where}: other transactions were in the way again and again (SQLSTATE ${code})`, {
      cause: failure,
    })
  return new RollcallError('LedgerUnavailable', `${where} cannot be reached (${code})`, { cause: failure })
}
