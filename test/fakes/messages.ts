import type { InboxMessage } from '../../src/core/ports.ts'

/** A message as it stands on the bus. A body that is no text is written as JSON. */
export function inboxMessage(body: unknown, more: Partial<InboxMessage> = {}): InboxMessage {
  return {
    entity: 'hr-events',
    sequence: '1',
    enqueuedAt: Date.UTC(2026, 0, 1, 12),
    contentType: 'application/json',
    text: typeof body === 'string' ? body : JSON.stringify(body),
    properties: {},
    ...more,
  }
}
