import type { ShapeRules } from '../shape.ts'

/**
 * Event Grid around canonical data, in both of its schemas: its own
 * (learn.microsoft.com/azure/event-grid/event-schema), whose topic is the source, and CloudEvents.
 * If the subject is a path, such as `employees/31004`, its last part is the employee id.
 */
export const eventGrid: ShapeRules = {
  fields: {
    id: 'text',
    'eventType | type': 'text',
    subject: 'text',
    'eventTime | time': 'instant?',
    'topic | source': 'text?',
    data: 'any?',
  },
  id: 'id',
  event: `(
    $cloud := $exists(specversion);
    {
      'source': $cloud ? source : topic,
      'type': $cloud ? type : eventType,
      'subject': $split(subject, '/')[$ != ''][-1],
      'time': $cloud ? time : eventTime,
      'sequence': sequence,
      'traceparent': traceparent,
      'data': $exists(data_base64) ? data_base64 : $parse(data)
    }
  )`,
}
