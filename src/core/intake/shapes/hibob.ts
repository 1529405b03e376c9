import type { ShapeRules } from '../shape.ts'

/**
 * Webhooks v2 (apidocs.hibob.com/reference/employee-data-webhooks): notices. `triggeredAt` has no
 * offset, so the zone of the source applies. `employee.left` is sent at midnight of the day it
 * takes effect. It is enough to deactivate the employee without a read; so is `employee.deleted`.
 */
export const hibob: ShapeRules = {
  fields: {
    type: 'text',
    triggeredAt: 'instant',
    'data.employeeId': 'id',
    'data.effectiveDate': 'date?',
    'data.fieldUpdates': 'list?',
  },
  id: ['companyId', 'type', 'triggeredAt', 'data'],
  event: `(
    $subject := $string(data.employeeId);
    type in ['employee.left', 'employee.deleted']
      ? {
          'type': type = 'employee.left' ? 'worker.terminated' : 'worker.deleted',
          'subject': $subject,
          'time': triggeredAt,
          'data': { 'effectiveDate': data.effectiveDate, 'worker': { 'active': false } }
        }
      : {
          'type': $contains(type, /^(employee|table\\.entry)\\./) ? 'worker.updated' : type,
          'subject': $subject,
          'time': triggeredAt,
          'data': {
            'mode': 'notice',
            'effectiveDate': data.effectiveDate,
            'changedFields': $exists(data.fieldUpdates) ? data.fieldUpdates.id[] : data.tableId[]
          }
        }
  )`,
}
