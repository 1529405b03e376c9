import type { OutcomeRow } from '../ledger/port.ts'
import type { OutboxMessage } from '../ports.ts'

/** What is told of one event: a CloudEvent with an id that is the same every time it is told. */
export function outcomeMessage(row: OutcomeRow, digest: (text: string) => string): OutboxMessage {
  const idOf = (revision: number): string => digest(`${row.source}\n${row.eventId}\n${revision}`)
  const id = idOf(row.revision)
  return {
    id,
    subject: row.employee,
    contentType: 'application/cloudevents+json',
    properties: { state: row.state, ...(row.reason === null ? {} : { reason: row.reason }) },
    body: {
      specversion: '1.0',
      id,
      source: '/rollcall',
      type: `rollcall.event.${row.state}`,
      subject: row.employee,
      time: new Date(row.at).toISOString(),
      datacontenttype: 'application/json',
      causationid: row.eventId,
      ...(row.traceparent === null ? {} : { traceparent: row.traceparent }),
      data: {
        event: { source: row.source, id: row.eventId, type: row.type },
        revision: row.revision,
        revises: row.revision > 1 ? idOf(row.revision - 1) : null,
        state: row.state,
        reason: row.reason,
        detail: row.detail,
        attributes: row.attributes,
        by: row.by,
        operation: row.operation,
        objectId: row.objectId,
      },
    },
  }
}
