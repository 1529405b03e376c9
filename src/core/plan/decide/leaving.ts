import type { Decided } from '../../ledger/decision.ts'
import type { Planning } from './planning.ts'

/**
 * Names the event because of which an operation disables the employee, and notes an open leaver
 * case, a block, and that the state is inactive. An employee who is announced ahead, disabled, does
 * not leave.
 */
export function nameLeaving(
  decision: Decided,
  { employee, now, state, isInactive, place }: Planning,
): Decided {
  if (!isInactive && !employee.leaver && !state.isBlocked) return decision
  const notes = {
    ...(isInactive ? ({ inactive: true } as const) : {}),
    ...(employee.leaver ? ({ leaver: true } as const) : {}),
    ...(state.isBlocked ? ({ blocked: true } as const) : {}),
  }
  const active = state.attributes.get('active')
  const event =
    decision.operation && !decision.operation.active && active?.value === false
      ? employee.events.find(({ seq }) => seq === active.by)
      : undefined
  if (!event || state.effects.get(event.seq)?.kind === 'announced') return { ...decision, ...notes }
  const { seq, source, id, effectiveAt, recordedAt } = event
  return {
    ...decision,
    ...notes,
    leaving: decision.leaving ?? {
      seq,
      source,
      id,
      effectiveAt: Math.min(effectiveAt, now),
      recordedAt,
      ...(place?.kind === 'leaves' ? { moves: true } : {}),
    },
  }
}
