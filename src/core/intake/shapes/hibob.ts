import type { ShapeRules } from '../shape.ts'

/**
 * Webhooks v2 (apidocs.hibob.com/reference/employee-data-webhooks): notices. `triggeredAt` names no zone, so the source's counts. `employee.left`
 * fires at midnight of the day it takes effect and by itself says enough to put somebody out; so does `employee.deleted`.
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
