import type { ShapeRules } from '../shape.ts'

/**
 * Event notifications (help.sap.com, SAP SuccessFactors Intelligent Services: ExternalEvent), the SOAP message written as JSON by whatever put it on
 * the bus, with or without the elements around lists. The inner event's id counts: the outer one is another at every repost. Terminations say
 * enough by themselves; everything else is a notice for the day it takes effect. `seqNumber` orders rows of one day.
 */
export const successfactors: ShapeRules = {
  items: `(
    $message := $exists(ExternalEvent) ? ExternalEvent : $;
    $type := $message.externalEventMeta.type;
    $message.events.($exists(event) ? event : $).{
      'type': $type,
      'eventId': eventId,
      'entityType': entityType,
      'effectiveStartDate': effectiveStartDate,
      'publishedAt': publishedAt,
      'entityKeys': $merge(entityKeys.($exists(entityKey) ? entityKey : $).{ $string(name): value })
    }
  )`,
  fields: {
    type: 'text',
    eventId: 'text',
    publishedAt: 'id',
    effectiveStartDate: 'date?',
    'entityKeys.userId': 'id',
    'entityKeys.seqNumber': 'id?',
  },
  event: `(
    $leaves := $contains(type, /\\.Termination$/);
    {
      'id': eventId,
      'type': $leaves ? 'worker.terminated' : 'worker.updated',
      'subject': $string(entityKeys.userId),
      'time': $fromMillis($number(publishedAt)),
      'data': {
        'mode': $leaves ? 'delta' : 'notice',
        'effectiveDate': effectiveStartDate,
        'version': $exists(entityKeys.seqNumber) ? $number(entityKeys.seqNumber) : $nothing,
        'changedFields': $leaves ? $nothing : entityType[],
        'worker': $leaves ? { 'active': false } : $nothing
      }
    }
  )`,
}
