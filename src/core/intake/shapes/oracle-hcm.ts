import type { ShapeRules } from '../shape.ts'

/**
 * Entries of the employee Atom feeds (docs.oracle.com/en/cloud/saas/human-resources/farws, Employee
 * Feeds), each with its JSON content as an object or as text. The collection is part of the entry's
 * id (`atomservlet:termination:EMP…`). A hire of an employee or contingent worker, and a
 * termination of the primary work relationship, need no read; every other entry is a notice.
 * `published` is when it was recorded: `updated` is moved to the effective date.
 */
export const oracleHcm: ShapeRules = {
  xml: true,
  items: `(
    $entries := $exists(feed.entry) ? feed.entry : $exists(entry) ? entry : $;
    $entries.(
      $content := $parse(content);
      {
        'id': id,
        'collection': $exists(collection) ? collection : $split(id, ':')[1],
        'published': published,
        'context': $count($content.Context) = 1 ? $content.Context[0] : $content.Context,
        'changed': $content.\`Changed Attributes\`
      }
    )
  )`,
  fields: {
    id: 'text',
    collection: 'text',
    published: 'instant?',
    context: 'object',
    'context.PersonNumber': 'id',
    'context.EffectiveDate': 'date?',
  },
  event: `(
    $undone := $uppercase($string(context.DMLOperation)) = 'DELETE';
    $secondary := $lowercase($string(context.PrimaryFlag)) in ['n', 'no', 'false'];
    $leaves := collection = 'termination' and $not($undone) and $not($secondary);
    $joins := collection = 'newhire' and $not($undone) and context.WorkerType in ['EMP', 'CWK'];
    $filled := function($text) { $type($text) = 'string' and $text != '' ? $text : $nothing };
    {
      'id': id,
      'type': $leaves ? 'worker.terminated' : $joins ? 'worker.hired' : 'worker.updated',
      'subject': $string(context.PersonNumber),
      'time': published,
      'data': {
        'mode': $leaves or $joins ? 'delta' : 'notice',
        'effectiveDate': context.EffectiveDate,
        'changedFields': $leaves or $joins ? $nothing : $append([collection], $keys(changed)),
        'worker': $leaves
          ? { 'active': false }
          : $joins
            ? {
                'displayName': $filled(context.PersonName),
                'employeeNumber': $string(context.PersonNumber),
                'emails': { 'work': $filled(context.WorkEmail) },
                'phones': { 'work': $filled(context.PrimaryPhoneNumber) },
                'hireDate': context.EffectiveStartDate,
                'active': true
              }
            : $nothing
      }
    }
  )`,
}
