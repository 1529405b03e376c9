import type { ShapeRules } from '../shape.ts'

/**
 * New hire, employee change and termination webhooks
 * (developer.paylocity.com/integrations/reference/webhooks-overview). They have no name, id or
 * time: a termination date makes a termination, a hire date a hire, and anything else is a notice.
 * Dates come as midnight in UTC and are meant as plain dates, in the zone of the source.
 */
export const paylocity: ShapeRules = {
  fields: {
    companyId: 'id',
    employeeId: 'id',
    employeeTerminationDate: 'date?',
    employeeHireDate: 'date?',
  },
  id: ['companyId', 'employeeId', 'employeeTerminationDate', 'employeeHireDate', '$message.enqueuedTime'],
  event: `(
    $filled := function($text) { $type($text) = 'string' and $text != '' ? $text : $nothing };
    $day := function($date) { $contains($date, /T00:00:00(\\.0+)?(Z|[+]00:00)?$/) ? $substring($date, 0, 10) : $date };
    $leaves := $type(employeeTerminationDate) = 'string';
    $joins := $not($leaves) and $type(employeeHireDate) = 'string';
    {
      'type': $leaves ? 'worker.terminated' : $joins ? 'worker.hired' : 'worker.updated',
      'subject': $string(employeeId),
      'data': $leaves
        ? { 'effectiveDate': $day(employeeTerminationDate), 'worker': { 'active': false } }
        : $joins
          ? {
              'effectiveDate': $day(employeeHireDate),
              'worker': {
                'name': {
                  'givenName': $filled(employeeFirstName),
                  'middleName': $filled(employeeMiddleInitial),
                  'familyName': $filled(employeeLastName)
                },
                'title': $filled(employeeJobTitle),
                'organization': $filled(companyName),
                'costCenter': $filled(employeeCostCenter1),
                'managerId': $filled(employeeSupervisorId),
                'userType': $filled(employeeType),
                'emails': { 'work': $filled(employeeWorkEMailAddress) },
                'phones': { 'work': $filled(employeeWorkPhone) },
                'hireDate': $day(employeeHireDate),
                'active': true
              }
            }
          : { 'mode': 'notice' }
    }
  )`,
}
