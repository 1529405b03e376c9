import type { BlockDecision } from '../../../core/blocks/period.ts'
import { BLOCKED, type HrEvent, isBlockType } from '../../../core/model.ts'
import type { Sql } from '../driver/sql.ts'
import { planAtOnce } from '../tables/employees.ts'
import { applyBlocks } from './marks.ts'

/**
 * Applies the blocks and unblocks of new events. The caller has locked their employees. The later
 * outcome of the events changes no block.
 */
export async function blockByEvents(sql: Sql, fresh: readonly HrEvent[], now: number): Promise<void> {
  const deciding = fresh.filter(({ type }) => isBlockType(type))
  if (deciding.length === 0) return
  const changed = await applyBlocks(
    sql,
    deciding.map((event) => ({
      employee: event.employeeId.toWellFormed(),
      actor: event.source,
      justification: null,
      eventId: event.id,
      decision: decisionOf(event, now),
    })),
  )
  await planAtOnce(sql, changed, now)
}

/** A clock that is ahead must not win over later decisions. */
function decisionOf(event: HrEvent, now: number): BlockDecision {
  const decidedAt = Math.min(event.recordedAt, now)
  const at = event.effectiveRaw === null ? decidedAt : event.effectiveAt
  return event.type === BLOCKED
    ? { kind: 'block', since: at, until: event.blockUntil ?? null, decidedAt }
    : { kind: 'unblock', at, decidedAt }
}
