import type { ShapeRules } from '../shape.ts'

/**
 * Event notifications (developers.adp.com, Worker Event Notifications): a list of events, sent when
 * they are issued and not when they take effect, each with the part of the worker that changed.
 * Hires, rehires and changes with known attributes are deltas. All others are notices, also those
 * that may concern access without giving it (leaves, cancellations, the end of a secondary
 * assignment). Employees and managers are identified by their associate id. A published hire may
 * lack a time; the time of the bus replaces it.
 */
export const adp: ShapeRules = {
  items: 'events',
  fields: {
    'eventNameCode.codeValue': 'text',
    'data.output.worker.associateOID | data.eventContext.worker.associateOID': 'id',
    'creationDateTime | recordDateTime': 'instant?',
    effectiveDateTime: 'date?',
  },
  // Events that were requested through the API have no id.
  id: [
    'eventNameCode.codeValue',
    'data.output.worker.associateOID | data.eventContext.worker.associateOID',
    'creationDateTime | recordDateTime',
    'effectiveDateTime',
    'data.output',
  ],
  access: {
    from: 'data.output.worker.workerStatus.statusCode.codeValue',
    active: ['Active', 'A'],
    inactive: ['Inactive', 'Terminated', 'T', 'Retired', 'Deceased'],
    notice: ['Leave', 'L'],
  },
  event: `(
    $name := eventNameCode.codeValue;
    $out := data.output.worker;
    $job := $out.workAssignment;
    $assigned := $job.assignmentStatus.statusCode.codeValue;
    $business := $out.businessCommunication;
    $place := $exists($job.homeWorkLocation.address)
      ? $job.homeWorkLocation.address
      : $job.assignedWorkLocations[0].address;
    $worker := {
      'name': {
        'givenName': $out.person.legalName.givenName,
        'middleName': $out.person.legalName.middleName,
        'familyName': $out.person.legalName.familyName1,
        'formatted': $exists($out.person.legalName.familyName1) ? $nothing : $out.person.legalName.formattedName
      },
      'employeeNumber': $out.workerID.idValue,
      'title': $exists($job.jobTitle) ? $job.jobTitle : $job.jobCode.longName,
      'department': $job.assignedOrganizationalUnits[typeCode.codeValue = 'DEPTID'][0].nameCode.longName,
      'managerId': $job.reportsTo[0].associateOID,
      'emails': { 'work': $exists($business.email) ? $business.email.emailUri : $business.emails[0].emailUri },
      'phones': {
        'work': $exists($business.landline) ? $business.landline.formattedNumber : $business.landlines[0].formattedNumber
      },
      'address': {
        'work': {
          'streetAddress': $place.lineOne,
          'locality': $place.cityName,
          'region': $place.countrySubdivisionLevel1.codeValue,
          'postalCode': $place.postalCode,
          'country': $place.countryCode
        }
      },
      'hireDate': $exists($job.hireDate) ? $job.hireDate : $out.workerDates.originalHireDate,
      'active': $active
    };
    $says := $exists($active) or $count($worker.**[$type($) = 'string']) > 0;
    $secondary := $contains($name, /assignment/i) and $job.primaryIndicator = false;
    $leaves := $contains($name, /^worker\\.(.*\\.)?(terminate|retire)$/) and $not($secondary);
    $unclear := $contains($name, /terminat|retire|resign|dismiss|separat|deceas|death|suspend|activ|cancel|rescind|leave|remove|delete/i)
      or ($exists($assigned) and $not($assigned in ['A', 'Active', 'active']));
    $type := $leaves ? 'worker.terminated' : $lookup({ 'worker.hire': 'worker.hired', 'worker.rehire': 'worker.rehired' }, $name);
    {
      'id': eventID,
      'type': $exists($type) ? $type : $contains($name, /^worker\\./) ? 'worker.updated' : $name,
      'subject': $string($exists($out.associateOID) ? $out.associateOID : data.eventContext.worker.associateOID),
      'time': $exists(creationDateTime) ? creationDateTime : recordDateTime,
      'data': $leaves
        ? { 'effectiveDate': effectiveDateTime, 'worker': { 'active': false } }
        : $exists($type) or $active = false or ($says and $not($unclear))
          ? { 'effectiveDate': effectiveDateTime, 'worker': $worker }
          : { 'mode': 'notice', 'effectiveDate': effectiveDateTime, 'changedFields': [$name] }
    }
  )`,
}
