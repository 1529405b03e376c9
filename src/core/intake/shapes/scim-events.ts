import type { ShapeRules } from '../shape.ts'

/**
 * Security event tokens of SCIM (RFC 9967, www.rfc-editor.org/rfc/rfc9967), as their claims: what
 * receives them verifies the signature. Drafts wrote `SCIM` in the event's name, the RFC `scim`. A
 * full create or put is a snapshot; a full patch counts if it sets `active`, and is a notice
 * otherwise. The employee is the `externalId` of the subject.
 */
export const scimEvents: ShapeRules = {
  fields: {
    jti: 'text',
    iat: 'number',
    toe: 'number?',
    'sub_id.externalId': 'id',
    events: 'object',
  },
  id: 'jti',
  event: `(
    $top := $;
    $typed := function($list) { ($list[type = 'work'] ~> $append($list[primary = true]) ~> $append($list))[0] };
    $booleanOf := function($value) {(
      $known := $lookup({ 'true': true, 'false': false }, $lowercase($string($value)));
      $exists($known) ? $known : $value
    )};
    $workerOf := function($user) {(
      $more := $user.\`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\`;
      $place := $typed($user.addresses);
      {
        'userName': $user.userName, 'displayName': $user.displayName, 'nickName': $user.nickName,
        'name': $user.name, 'title': $user.title, 'userType': $user.userType,
        'preferredLanguage': $user.preferredLanguage, 'locale': $user.locale, 'timezone': $user.timezone,
        'emails': { 'work': $typed($user.emails).value }, 'phones': { 'work': $typed($user.phoneNumbers).value },
        'address': { 'work': $sift($place, function($value, $key) {
          $key in ['streetAddress', 'locality', 'region', 'postalCode', 'country'] }) },
        'employeeNumber': $more.employeeNumber, 'costCenter': $more.costCenter, 'organization': $more.organization,
        'division': $more.division, 'department': $more.department, 'managerId': $more.manager.value,
        'active': $booleanOf($user.active)
      }
    )};
    $activeOf := function($operation) {
      $contains($string($operation.path), /(^|:)active$/i) ? $operation.value : $operation.value.active };
    [$each(events, function($event, $urn) {(
      $name := $replace($urn, /^urn:ietf:params:scim:event:/i, '');
      $out := $name = 'prov:deactivate' or false in $event.data.Operations.$booleanOf($activeOf($));
      $made := $name in ['prov:create:full', 'prov:put:full']
        ? { 'type': 'worker.snapshot', 'data': { 'mode': 'snapshot', 'worker': $workerOf($event.data) } }
        : $name = 'prov:delete' ? { 'type': 'worker.deleted', 'data': { 'worker': { 'active': false } } }
        : $out ? { 'type': 'worker.terminated', 'data': { 'worker': { 'active': false } } }
        : $name = 'prov:activate' ? { 'type': 'worker.updated', 'data': { 'worker': { 'active': true } } }
        : { 'type': $contains($name, /^(prov:(create|put|patch):|feed:(add|remove)$)/) ? 'worker.updated' : $name,
            'data': { 'mode': 'notice', 'changedFields': $append([$name], $event.attributes) } };
      $name = 'feed:add' and $count($keys($top.events)) > 1 ? $nothing : $merge([$made, {
        'subject': $string($top.sub_id.externalId),
        'time': $fromMillis(1000 * ($exists($top.toe) ? $top.toe : $top.iat))
      }])
    )})]
  )`,
}
