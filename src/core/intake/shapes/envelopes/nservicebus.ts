import type { ShapeRules } from '../../shape.ts'
import { canonicalInside } from './canonical-inside.ts'

/**
 * Messages of NServiceBus over Azure Service Bus
 * (docs.particular.net/nservicebus/messaging/headers): the body is the message, and its headers are
 * application properties. The body is a canonical event, or only the event's data; what it omits
 * comes from the headers: the id, the time it was sent (a form of its own, `2026-11-20
 * 10:00:00:123456 Z`), and the type from the first of the enclosed message types
 * (`Contoso.Hr.WorkerHired, …` is `WorkerHired`, for `types` of the source).
 */
export const nservicebus: ShapeRules = {
  id: '$message.messageId',
  event: canonicalInside({
    event: '$',
    id: '$message.messageId',
    time: `$replace($message.properties.\`NServiceBus.TimeSent\`,
      /^([-0-9]{10}) ([0-9:]{8}):([0-9]{3})[0-9]* Z$/, '$1T$2.$3Z')`,
    type: `$split($split($message.properties.\`NServiceBus.EnclosedMessageTypes\`, /[,;]/)[0], /[.+]/)[-1]`,
  }),
}
