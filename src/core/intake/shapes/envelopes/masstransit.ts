import type { ShapeRules } from '../../shape.ts'
import { canonicalInside } from './canonical-inside.ts'

/**
 * The JSON envelope of MassTransit (masstransit.io/architecture/interoperability) around a
 * canonical event. Its message is the event, or only the event's data; what it omits comes from the
 * envelope: the id, the time it was sent, and the type from the name of the message type
 * (`urn:message:Contoso.Hr:WorkerHired` is `WorkerHired`, for `types` of the source).
 */
export const masstransit: ShapeRules = {
  fields: { messageId: 'text', messageType: 'list', message: 'object', sentTime: 'instant?' },
  id: 'messageId',
  event: canonicalInside({
    event: 'message',
    id: 'messageId',
    time: 'sentTime',
    type: '$split(messageType[0], /[:.+]/)[-1]',
  }),
}
