import type { ShapeRules } from '../shape.ts'

/**
 * Event notifications (help.sap.com, SAP SuccessFactors Intelligent Services: ExternalEvent), the
 * SOAP message, converted to JSON before it was sent to the bus, with or without the envelope,
 * prefixes and the elements around lists. The id of the inner event counts, because the outer one
 * changes with every repost. Terminations need no read; every other event is a notice for the day
 * it takes effect. `seqNumber` orders rows of one day.
 */
export const successfactors: ShapeRules = {
  xml: true,
  body: {
    'ExternalEvent | externalEventMeta': 'object',
    'ExternalEvent.externalEventMeta.type | externalEventMeta.type': 'text',
    'ExternalEvent.events | events': 'any',
  },
  items: `(
    $top := $exists(ExternalEvent) ? ExternalEvent : $;
    $top.events.($exists(event) ? event : $).{
      'type': $top.externalEventMeta.type,
      'eventId': eventId,
      'entityType': entityType,
      'effectiveStartDate': effectiveStartDate,
      'publishedAt': $exists(publishedAt) ? publishedAt : $top.externalEventMeta.publishedAt,
      'entityKeys': $merge(entityKeys.($exists(entityKey) ? entityKey : $).{ $string(name): value })
    }
  )`,
  fields: {
    type: 'text',
    eventId: 'text',
    publishedAt: 'id',
    effectiveStartDate: 'text?',
    'entityKeys.userId': 'id',
    'entityKeys.seqNumber': 'id?',
  },
  event: `(
    $leaves := $contains(type, /\\.Termination$/);
    {
      'id': eventId,
      'type': $leaves ? 'worker.terminated' : 'worker.updated',
      'subject': $string(entityKeys.userId),
      'time': $contains($string(publishedAt), /^\\d+$/) ? $fromMillis($number(publishedAt)) : publishedAt,
      'data': {
        'mode': $leaves ? 'delta' : 'notice',
        'effectiveDate': $replace(effectiveStartDate, /^([0-9]{4}-[0-9]{2}-[0-9]{2})(Z|[-+][0-9]{2}:[0-9]{2})$/, '$1'),
        'version': $exists(entityKeys.seqNumber) ? $number(entityKeys.seqNumber) : $nothing,
        'changedFields': $leaves ? $nothing : entityType[],
        'worker': $leaves ? { 'active': false } : $nothing
      }
    }
  )`,
}
