import { type AccountField, OUTCOME_DATA, type Outcome, WITH_VALUES } from '../../contracts/outcome.ts'
import { destinationField } from '../../destinations/destination.ts'
import type { OutcomeRow } from '../../ledger/port/report.ts'
import type { AccountNames, OutboxMessage } from '../../ports.ts'

export interface OutcomeSettings {
  /**
   * Attributes whose values are published, with all below them; `*` is every one. Of the others
   * only the name is.
   */
  readonly values: readonly string[]
  /** What outcomes say about the account that Entra holds; nothing when empty. */
  readonly account: readonly AccountField[]
  /** Whether the outcomes of one employee share a Service Bus session. */
  readonly sessions: boolean
}

/**
 * The longest session id that the bus accepts
 * (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-quotas).
 */
const LONGEST_SESSION = 128

/**
 * The outcome of one event as a CloudEvent. Its id is the same each time it is published. `names` are
 * those of the account, if they are known.
 */
export function outcomeMessage(
  row: OutcomeRow,
  { values, account, sessions }: OutcomeSettings,
  digest: (text: string) => string,
  names: AccountNames | null = null,
): OutboxMessage {
  const idOf = (revision: number): string => digest(`${row.source}\n${row.eventId}\n${revision}`)
  const id = idOf(row.revision)
  const publishable = row.attributes.filter(([path]) =>
    values.some((allowed) => allowed === '*' || path === allowed || path.startsWith(`${allowed}.`)),
  )
  const isNamed = names !== null && account.length > 0
  const destination = destinationField(row.destination)
  return {
    id,
    subject: row.employeeId,
    ...inSessionOf(row.employeeId, sessions, digest),
    contentType: 'application/cloudevents+json',
    properties: { state: row.state, ...(row.reason === null ? {} : { reason: row.reason }), ...destination },
    body: {
      specversion: '1.0',
      id,
      source: '/rollcall',
      type: `rollcall.event.${row.state}` as const,
      subject: row.employeeId,
      time: new Date(row.at).toISOString(),
      datacontenttype: 'application/json',
      dataschema: OUTCOME_DATA,
      partitionkey: row.employeeId,
      ...(publishable.length === 0 && !isNamed ? {} : { dataclassification: WITH_VALUES }),
      causationid: row.eventId,
      ...(row.traceparent === null ? {} : { traceparent: row.traceparent }),
      data: {
        event: { source: row.source, id: row.eventId, type: row.type },
        revision: row.revision,
        revises: row.revision > 1 ? idOf(row.revision - 1) : null,
        state: row.state,
        reason: row.reason,
        detail: row.detail,
        attributes: row.attributes.map(([path]) => path),
        ...(publishable.length === 0 ? {} : { values: Object.fromEntries(publishable) }),
        by: row.by,
        operation: row.operation,
        findings: [...row.findings],
        objectId: row.objectId,
        ...destination,
        ...(account.length === 0 ? {} : { account: isNamed ? accountFields(account, names) : null }),
      },
    } satisfies Outcome,
  }
}

/** The session of what is sent about an employee; none without sessions. */
export function inSessionOf(
  employeeId: string,
  sessions: boolean,
  digest: (text: string) => string,
): { readonly sessionId?: string } {
  if (!sessions) return {}
  return { sessionId: employeeId.length > LONGEST_SESSION ? digest(employeeId) : employeeId }
}

/** Of the names of an account, only these. */
export function accountFields(
  fields: readonly AccountField[],
  names: AccountNames,
): Readonly<Record<string, string | null>> {
  return Object.fromEntries(fields.map((field) => [field, names[field]]))
}
