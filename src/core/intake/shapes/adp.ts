import type { ShapeRules } from '../shape.ts'

/**
 * Event notifications (developers.adp.com, Worker Event Notifications): a list of events, fired when they are issued and not when they take
 * effect, each with the part of the worker that changed. Hires, rehires and terminations, and changes that carry something known, are deltas; any
 * other is a notice. The employee is the associate, and so is a manager.
 */
export const adp: ShapeRules = {
  items: 'events',
  fields: {
    'eventNameCode.codeValue': 'text',
    'data.output.worker.associateOID | data.eventContext.worker.associateOID': 'id',
    'creationDateTime | recordDateTime': 'instant',
    effectiveDateTime: 'instant?',
  },
  // What is requested through the API comes back without an id.
  id: [
    'eventNameCode.codeValue',
    'data.output.worker.associateOID | data.eventContext.worker.associateOID',
    'creationDateTime | recordDateTime',
    'effectiveDateTime',
    'data.output',
  ],
  event: `(
    $name := eventNameCode.codeValue;
    $out := data.output.worker;
    $job := $out.workAssignment;
    $business := $out.businessCommunication;
    $place := $exists($job.homeWorkLocation.address) ? $job.homeWorkLocation.address : $job.assignedWorkLocations[0].address;
    $worker := {
      'name': {
        'givenName': $out.person.legalName.givenName,
        'middleName': $out.person.legalName.middleName,
        'familyName': $out.person.legalName.familyName1
      },
      'employeeNumber': $out.workerID.idValue,
      'title': $exists($job.jobTitle) ? $job.jobTitle : $job.jobCode.longName,
      'department': $job.assignedOrganizationalUnits[typeCode.codeValue = 'DEPTID'][0].nameCode.longName,
      'managerId': $job.reportsTo[0].associateOID,
      'emails': { 'work': $exists($business.email.emailUri) ? $business.email.emailUri : $business.emails[0].emailUri },
      'phones': { 'work': $exists($business.landline.formattedNumber) ? $business.landline.formattedNumber : $business.landlines[0].formattedNumber },
      'address': {
        'work': {
          'streetAddress': $place.lineOne,
          'locality': $place.cityName,
          'region': $place.countrySubdivisionLevel1.codeValue,
          'postalCode': $place.postalCode,
          'country': $place.countryCode
        }
      },
      'hireDate': $exists($job.hireDate) ? $job.hireDate : $out.workerDates.originalHireDate
    };
    $says := $count($worker.**[$type($) = 'string']) > 0;
    $type := $lookup({ 'worker.hire': 'worker.hired', 'worker.rehire': 'worker.rehired', 'worker.terminate': 'worker.terminated' }, $name);
    {
      'id': eventID,
      'type': $exists($type) ? $type : $contains($name, /^worker\\./) ? 'worker.updated' : $name,
      'subject': $string($exists($out.associateOID) ? $out.associateOID : data.eventContext.worker.associateOID),
      'time': $exists(creationDateTime) ? creationDateTime : recordDateTime,
      'data': $exists($type) or $says
        ? { 'effectiveDate': effectiveDateTime, 'worker': $type = 'worker.terminated' ? { 'active': false } : $worker }
        : { 'mode': 'notice', 'effectiveDate': effectiveDateTime, 'changedFields': [$name] }
    }
  )`,
}
