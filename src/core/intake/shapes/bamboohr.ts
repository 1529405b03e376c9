import type { ShapeRules } from '../shape.ts'

/**
 * Event-based webhooks (documentation.bamboohr.com/docs/event-based-webhooks): they name what
 * changed, without values and without an id. A hire arrives as created and then updated; both are
 * notices, and the record that is read says whether the employee is active.
 */
export const bamboohr: ShapeRules = {
  fields: { type: 'text', timestamp: 'instant', 'data.employeeId': 'id', 'data.changedFields': 'list?' },
  id: ['data.companyId', 'data.employeeId', 'type', 'timestamp', 'data.changedFields'],
  event: `
    type = 'employee.deleted'
      ? { 'type': 'worker.deleted', 'subject': $string(data.employeeId), 'time': timestamp, 'data': { 'worker': { 'active': false } } }
      : {
          'type': type in ['employee.created', 'employee.updated'] ? 'worker.updated' : type,
          'subject': $string(data.employeeId),
          'time': timestamp,
          'data': { 'mode': 'notice', 'changedFields': data.changedFields[] }
        }`,
}

/**
 * Field-based webhooks (documentation.bamboohr.com/docs/field-based-webhooks): several employees
 * per message, with the new values under English names or the API's own. They are sent when a
 * change takes effect. An empty value clears. All fields are also available to mappings under
 * `bamboohr`. The status gives access; an employment status ends it or says nothing about it.
 */
export const bamboohrFields: ShapeRules = {
  items: 'employees',
  fields: { id: 'id', action: 'text', timestamp: 'instant', changedFields: 'list?', fields: 'object?' },
  id: ['id', 'action', 'timestamp', 'changedFields'],
  access: {
    from: 'fields.Status | fields.status | fields.Employment Status | fields.employmentStatus | fields.employmentHistoryStatus',
    active: ['Active'],
    inactive: ['Inactive', 'Terminated'],
    neutral: ['Full-Time', 'Part-Time', 'Contractor'],
    notice: ['Furloughed'],
  },
  event: `(
    $field := function($name, $alias) {(
      $value := $lookup(fields, $name);
      $found := $exists($value) ? $value : $lookup(fields, $alias);
      $found = '' ? null : $found
    )};
    $action := $lowercase(action);
    $last := $field('Termination Date', 'terminationDate');
    $unclear := $type($last) = 'string' and $not($exists($active));
    $action = 'deleted'
      ? { 'type': 'worker.deleted', 'subject': $string(id), 'time': timestamp, 'data': { 'worker': { 'active': false } } }
      : {
          'type': $action in ['created', 'updated'] ? 'worker.updated' : action,
          'subject': $string(id),
          'time': timestamp,
          'data': $unclear ? { 'mode': 'notice', 'changedFields': changedFields[] } : {
            'worker': {
              'name': {
                'givenName': $field('First Name', 'firstName'),
                'middleName': $field('Middle Name', 'middleName'),
                'familyName': $field('Last Name', 'lastName')
              },
              'displayName': $field('Display name', 'displayName'),
              'nickName': $field('Preferred Name', 'preferredName'),
              'employeeNumber': $field('Employee #', 'employeeNumber'),
              'title': $field('Job Title', 'jobTitle'),
              'department': $field('Department', 'department'),
              'division': $field('Division', 'division'),
              'managerId': $field('Supervisor EID', 'supervisorEId'),
              'emails': { 'work': $field('Work Email', 'workEmail') },
              'phones': { 'work': $field('Work Phone', 'workPhone') },
              'hireDate': $field('Hire Date', 'hireDate'),
              'terminationDate': $last,
              'active': $active,
              'bamboohr': $type(fields) = 'object' ? fields : $nothing
            }
          }
        }
  )`,
}
