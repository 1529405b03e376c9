import type { ShapeRules } from '../shape.ts'

/**
 * The output of Core Connector: Worker (`urn:com.workday/workersync`), converted to JSON before it
 * was sent to the bus: one `Worker_Sync` with its workers, or one `Worker` per message. It has
 * neither an id nor a time of its own. The staffing event (`HIR`, `TRM`) says what happened;
 * without one the status does. A termination date alone does not end access: the connector of
 * Workday reports the end itself.
 */
export const workday: ShapeRules = {
  xml: true,
  body: { 'Worker_Sync | Worker': 'object' },
  items: '$exists(Worker_Sync) ? Worker_Sync.Worker : Worker',
  fields: {
    'Summary.Employee_ID': 'id',
    'Status.Staffing_Event': 'text?',
    'Status.Staffing_Event_Date': 'text?',
    'Status.Hire_Date': 'text?',
    'Status.Termination_Date': 'text?',
  },
  id: ['Summary.Employee_ID', 'Status', 'Personal', 'Position', '$message.enqueuedTime'],
  access: {
    from: 'Status.Employee_Status | Status.Active',
    active: ['Active', 'true', '1'],
    inactive: ['Terminated', 'false', '0'],
    neutral: ['OnLeave'],
  },
  event: `(
    $status := Status;
    $leaves := $status.Staffing_Event = 'TRM' or $active = false or $string($status.Terminated) in ['true', '1'];
    $day := function($date) { $replace($date, /^([0-9]{4}-[0-9]{2}-[0-9]{2})(Z|[-+][0-9]{2}:[0-9]{2})$/, '$1') };
    $joins := $status.Staffing_Event = 'HIR' and $not($leaves);
    $name := Personal.Name_Data[$not($exists(Name_Type)) or Name_Type = 'Legal'][0];
    $job := $count(Position) = 1 ? Position : $nothing;
    $place := Personal.Address_Data[Address_Type = 'WORK'][0];
    $organisation := function($kind) { $job.Organization_Data[Organization_Type = $kind][0].Organization };
    {
      'type': $leaves ? 'worker.terminated' : $joins ? 'worker.hired' : 'worker.updated',
      'subject': $string(Summary.Employee_ID),
      'data': {
        'effectiveDate': $day(
          $leaves and $exists($status.Termination_Date)
            ? $status.Termination_Date
            : $exists($status.Staffing_Event_Date) ? $status.Staffing_Event_Date : $joins ? $status.Hire_Date : $nothing
        ),
        'worker': {
          'name': {
            'givenName': $name.First_Name,
            'middleName': $name.Middle_Name,
            'familyName': $name.Last_Name,
            'formatted': $name.Formatted_Name
          },
          'displayName': Summary.Name,
          'title': $exists($job.Business_Title) ? $job.Business_Title : $job.Position_Title,
          'organization': $organisation('Company'),
          'costCenter': $organisation('Cost_Center'),
          'emails': { 'work': Personal.Email_Data[Email_Type = 'WORK'][0].Email_Address },
          'phones': { 'work': Personal.Phone_Data[Phone_Type = 'WORK'][0].Formatted_Phone_Number },
          'address': {
            'work': {
              'locality': $place.Municipality,
              'region': $place.Region,
              'postalCode': $place.Postal_Code,
              'country': $place.Country
            }
          },
          'hireDate': $day($status.Hire_Date),
          'terminationDate': $day($status.Termination_Date),
          'active': $leaves ? false : $joins ? true : $active
        }
      }
    }
  )`,
}
