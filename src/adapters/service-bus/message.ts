import type { ServiceBusReceivedMessage } from '@azure/service-bus'
import type { SourceMessage } from '../../core/ports.ts'

/** A message as it arrived, with what settles it. */
export interface BusMessage extends SourceMessage {
  readonly native: ServiceBusReceivedMessage
}

const strictText = new TextDecoder('utf-8', { fatal: true })

export function toMessage(entity: string, native: ServiceBusReceivedMessage): BusMessage {
  return {
    native,
    entity,
    sequence: String(native.sequenceNumber ?? native.messageId ?? ''),
    enqueuedAt: native.enqueuedTimeUtc?.getTime() ?? 0,
    messageId: native.messageId === undefined ? null : String(native.messageId),
    sessionId: native.sessionId ?? null,
    contentType: native.contentType ?? null,
    text: textOf(native.body),
    properties: native.applicationProperties ?? {},
  }
}

/** A data section arrives as bytes; a value section as whatever it held. */
function textOf(body: unknown): string | null {
  if (typeof body === 'string') return body
  if (!(body instanceof Uint8Array))
    return body === undefined || body === null ? null : (JSON.stringify(body) ?? null)
  try {
    return strictText.decode(body)
  } catch {
    return null
  }
}
