import type { ShapeRules } from '../shape.ts'

/**
 * UKG Webhooks of UKG Pro (developer.ukg.com/hcm/docs/ukg-webhooks-events-catalog): notices that
 * name the kind of change and the employee, and carry no values. `EventTime` has no offset, so the
 * zone of the source applies. None of them decides access: the employee is read.
 */
export const ukgPro: ShapeRules = {
  fields: {
    EventId: 'id',
    EventTime: 'instant',
    EventType: 'text',
    'Payload.EeId': 'id',
    'Payload.CoId': 'id?',
    Tenant: 'text?',
  },
  id: ['Tenant', 'EventId'],
  event: `{
    'type': $contains(EventType, /^Employee/) ? 'worker.updated' : EventType,
    'subject': $string(Payload.EeId),
    'time': EventTime,
    'data': { 'mode': 'notice', 'changedFields': [EventType] }
  }`,
}
