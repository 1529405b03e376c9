import { cutOf } from '../../../../src/core/plan/retain/retain.ts'
import { DAY_MS } from '../../../../src/core/runtime.ts'
import type { World } from './world.ts'

/**
 * Publishes everything, lets more than a year pass, and folds what is older than a year. Returns how
 * many events were folded.
 */
export async function retain(world: World): Promise<number> {
  await world.publishAll()
  world.now += 400 * DAY_MS
  const settledBefore = world.now - 365 * DAY_MS
  const { employees } = await world.ledger.listRetention({ after: null, limit: 100, settledBefore })
  const cuts = employees.flatMap(({ employee, settled }) => {
    const cut = cutOf(employee.events, new Set(settled), world.now)
    return cut ? [{ employeeId: employee.employeeId, revision: employee.revision, ...cut }] : []
  })
  return (await world.ledger.foldEvents(cuts, settledBefore, world.now)).folded
}
