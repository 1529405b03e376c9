/**
 * The link that a provisioning job keeps between an employee and an account of the directory
 * (https://learn.microsoft.com/en-us/graph/api/resources/synchronization-objectconnection?view=graph-rest-beta).
 */
export interface ObjectConnection {
  /** The employee, as the source names it. */
  readonly sourceAnchor: string
  /** The account, as the directory names it: its object id. */
  readonly targetAnchor: string
  readonly objectTypeName: string
  /** Personal. */
  readonly displayName: string | null
}

/** What the service answers about one id. */
export type ConnectionAnswer =
  | { readonly kind: 'found'; readonly connection: ObjectConnection }
  /** 404: no connection with this id, no such job, or none that offers connections. */
  | { readonly kind: 'none' }
  /** 401 or 403: the permission is missing. */
  | { readonly kind: 'forbidden' }
  /** 429; `retryAfterMs` is `null` when the answer names no time. */
  | { readonly kind: 'throttled'; readonly retryAfterMs: number | null }
  /** Any other answer, or none: then `status` is `null`. */
  | { readonly kind: 'unavailable'; readonly status: number | null }

/** The service does not say, and would not say it about another id either. */
export type ConnectionRefusal = Exclude<ConnectionAnswer, { readonly kind: 'found' | 'none' }>

export const isRefusal = (answer: ConnectionAnswer): answer is ConnectionRefusal =>
  answer.kind !== 'found' && answer.kind !== 'none'

/** Reads object connections. Nothing is ever written or cleared there. */
export interface ObjectConnections {
  /**
   * The connection with this id, which may be that of the employee or of the account. One request,
   * bounded in time. Never throws for what the network or the service does.
   */
  find(id: string, signal: AbortSignal): Promise<ConnectionAnswer>
}

/**
 * What an answer proves about an employee.
 *
 * - `linked`: the job has carried out some record of the employee, and knows the account. A
 *   connection has no date and no values, so the record may be an old one or another sender's. It
 *   never confirms an operation, and never shows that a leaver's account is disabled.
 * - `unlinked`: the job knows no account of the employee, so none of its records has arrived there,
 *   or what the job knew was cleared since. That the directory already holds a record is then not to
 *   be assumed.
 * - `unknown`: neither.
 */
export type Link = 'linked' | 'unlinked' | 'unknown'

/**
 * Microsoft does not say that the source anchor of an API-driven job is the `externalId`, and the
 * same 404 means that the job offers no connections. `answersByEmployeeId` says that another
 * employee's connection was found by the employee id; without it, a 404 proves nothing.
 */
export function linkOf(answer: ConnectionAnswer, employeeId: string, answersByEmployeeId: boolean): Link {
  switch (answer.kind) {
    case 'found':
      return isFoundBy(answer, employeeId) ? 'linked' : 'unknown'
    case 'none':
      return answersByEmployeeId ? 'unlinked' : 'unknown'
    case 'forbidden':
    case 'throttled':
    case 'unavailable':
      return 'unknown'
  }
}

/** Whether the id is that of the source: the service also finds a connection by its account. */
export function isFoundBy(answer: ConnectionAnswer, employeeId: string): boolean {
  return answer.kind === 'found' && answer.connection.sourceAnchor === employeeId
}

/** An employee that a person asks about, and where the account is; `null`: not known. */
export interface AskedFor {
  readonly id: string
  readonly destination: string | null
}
