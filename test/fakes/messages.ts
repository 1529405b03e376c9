import type { Json } from '../../src/core/model.ts'
import type { SourceMessage } from '../../src/core/ports.ts'
import { day } from './events.ts'

/** A message as the bus hands it over. */
export function message(body: Json, more: Partial<SourceMessage> = {}): SourceMessage {
  return {
    entity: 'hr-events',
    sequence: '1',
    enqueuedAt: day(1),
    messageId: null,
    sessionId: null,
    contentType: 'application/cloudevents+json; charset=utf-8',
    text: JSON.stringify(body),
    properties: {},
    ...more,
  }
}

/** A CloudEvent with nothing wrong. */
export const cloudEvent = {
  specversion: '1.0',
  id: 'e-1',
  source: '/hr/acme',
  type: 'worker.updated',
  subject: '10001',
  time: '2026-01-01T12:00:00Z',
  data: { effectiveDate: '2026-01-01', version: 7, worker: { title: 'Engineer' } },
} as const

/** A message as it is on the bus. A body that is not text is written as JSON. */
export function inboxMessage(body: unknown, more: Partial<SourceMessage> = {}): SourceMessage {
  return {
    entity: 'hr-events',
    sequence: '1',
    enqueuedAt: Date.UTC(2026, 0, 1, 12),
    messageId: null,
    sessionId: null,
    contentType: 'application/json',
    text: typeof body === 'string' ? body : JSON.stringify(body),
    properties: {},
    ...more,
  }
}
