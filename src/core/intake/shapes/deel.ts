import type { ShapeRules } from '../shape.ts'

/**
 * Deel webhooks (developer.deel.com/api/webhooks/events). Events of contracts are about the worker
 * of the contract, events of worker profiles about the profile; the two have different ids.
 * Simulated events are skipped.
 */
export const deel: ShapeRules = {
  body: { 'data.meta.event_type': 'text', 'data.resource': 'any', timestamp: 'instant' },
  items: `(
    $top := $;
    $type := data.meta.event_type;
    data.resource.{
      'event': $type,
      'tracking': $top.data.meta.tracking_id,
      'simulated': $string($top.is_simulation) = 'true' or $string($top.data.meta.is_simulation) = 'true',
      'timestamp': $top.timestamp,
      'resource': $,
      'status': $type = 'contract.status.updated' ? status : $nothing,
      'worker': { 'id': $contains($type, /^contract\\./) ? worker.id : id }
    }
  )`,
  fields: { event: 'text', 'worker.id': 'id', 'resource.completion_date': 'date?' },
  id: ['event', 'tracking', 'timestamp', 'resource'],
  access: {
    from: 'status',
    active: ['in_progress', 'onboarded'],
    inactive: ['completed', 'cancelled', 'user_cancelled', 'rejected'],
    // The contract does not run yet.
    neutral: [
      'new',
      'under_review',
      'onboarding',
      'awaiting_deposit_payment',
      'processing_payment',
      'waiting_for_approval',
      'waiting_for_client_payment',
      'waiting_for_client_sign',
      'waiting_for_contractor_sign',
      'waiting_for_employee_contract',
      'waiting_for_employee_sign',
      'waiting_for_eor_sign',
    ],
  },
  event: `(
    $leaves := event = 'contract.terminated' or $active = false;
    $deleted := $contains(event, /^worker.*[._-]deleted$/);
    $known := $contains(event, /^(contract\\.|worker.*[._-](created|updated)$)/);
    simulated ? [] : {
      'type': $leaves ? 'worker.terminated' : $deleted ? 'worker.deleted' : $known ? 'worker.updated' : event,
      'subject': $string(worker.id),
      'time': timestamp,
      'data': $leaves or $deleted
        ? { 'effectiveDate': resource.completion_date, 'worker': { 'active': false } }
        : event = 'contract.status.updated'
          ? { 'worker': { 'displayName': resource.worker.full_name, 'active': $active, 'deel': resource } }
          : { 'mode': 'notice', 'changedFields': [event] }
    }
  )`,
}
