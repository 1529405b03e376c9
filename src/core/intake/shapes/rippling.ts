import type { ShapeRules } from '../shape.ts'

/**
 * Partner webhooks (developer.rippling.com/documentation/developer-portal/v2-guides/webhooks): form
 * posts that name the event and the employee, without an id, a time or values. `employee.deleted`
 * says that access was removed. A termination does not say when it takes effect, so the employee is
 * read. Events of groups, leave requests and similar objects are skipped.
 */
export const rippling: ShapeRules = {
  form: true,
  fields: { event_name: 'text', id: 'id', company_id: 'id' },
  id: ['event_name', 'id', 'company_id', '$message.enqueuedTime'],
  event: `(
    $about := $split(event_name, '.')[0];
    $about in ['group', 'custom_info_field', '401_deductions', 'leave_request'] or event_name = 'company.updated'
      ? []
      : {
          'type': event_name = 'employee.deleted' ? 'worker.deleted'
            : event_name = 'employee.terminated' ? 'worker.terminated'
            : event_name in ['employee.created', 'employee.updated', 'employee.hired'] ? 'worker.updated'
            : event_name,
          'subject': $string(id),
          'data': event_name = 'employee.deleted'
            ? { 'worker': { 'active': false } }
            : { 'mode': 'notice', 'changedFields': [event_name] }
        }
  )`,
}
