import type { ShapeRules } from '../shape.ts'

/**
 * Webhooks (developer.personio.de, "Webhooks"): notices without data and without an id.
 * `employment.terminated` is sent on the day it takes effect. It is enough to deactivate the
 * employee without a read; so is `person.deleted`.
 */
export const personio: ShapeRules = {
  fields: {
    event_name: 'text',
    occurred_at: 'instant',
    'payload.person.id | payload.person_id | payload.id': 'id',
  },
  id: ['company_id', 'event_name', 'occurred_at', 'payload'],
  event: `(
    $person := $exists(payload.person.id) ? payload.person.id : payload.person_id;
    $about := $exists($person) ? $person : $contains(event_name, /^person\\./) ? payload.id : $nothing;
    $subject := $exists($about) ? $string($about) : $nothing;
    event_name in ['employment.terminated', 'person.deleted']
      ? {
          'type': event_name = 'person.deleted' ? 'worker.deleted' : 'worker.terminated',
          'subject': $subject,
          'time': occurred_at,
          'data': { 'worker': { 'active': false } }
        }
      : {
          'type': $contains(event_name, /^(person|employment)\\./) ? 'worker.updated' : event_name,
          'subject': $subject,
          'time': occurred_at,
          'data': { 'mode': 'notice' }
        }
  )`,
}
