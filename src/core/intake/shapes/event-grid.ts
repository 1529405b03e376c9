import type { ShapeRules } from '../shape.ts'

/**
 * The schema of Event Grid around canonical data (learn.microsoft.com/azure/event-grid/event-schema). The topic is the source, and of a subject that
 * is a path the last part is the employee. Event Grid's other schema is CloudEvents, which needs no shape.
 */
export const eventGrid: ShapeRules = {
  fields: {
    id: 'text',
    eventType: 'text',
    subject: 'text',
    eventTime: 'instant',
    topic: 'text?',
    data: 'object?',
  },
  id: 'id',
  event: `{
    'source': topic,
    'type': eventType,
    'subject': $split(subject, '/')[-1],
    'time': eventTime,
    'data': data
  }`,
}
