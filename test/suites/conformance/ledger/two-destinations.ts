import { ledgerOf } from '../../../../src/core/destinations/ledger-of.ts'
import { routingOf } from '../../../../src/core/destinations/routing.ts'
import { RELEASED_BRAKE } from '../../../../src/core/plan/decide/brake.ts'
import { planEmployee } from '../../../../src/core/plan/decide/plan.ts'
import { compileMapping } from '../../../../src/core/plan/mapping/mapping.ts'
import { parseRecord } from '../../../../src/core/plan/mapping/record.ts'
import { digest, hrEvent, joiner, type Sent, World } from './world.ts'

export const mapping = compileMapping()
export const HOUR_MS = 3_600_000
export const routing = routingOf({ name: 'north', where: { organization: 'North' }, mapping }, [
  { name: 'south', where: { organization: 'South' }, mapping },
])

/** The same ledger and moment as the loops of this destination see them. */
export function at(world: World, name: string, quota = 'tenant'): World {
  const there = new World({ ...world.ledger, ...ledgerOf(world.ledger, { name, quota }) })
  there.now = world.now
  return there
}

export async function plan(world: World, by = routing): Promise<void> {
  const due = await world.due()
  const decisions = due.map((one) => planEmployee(one, world.now, { mapping, routing: by, digest }))
  await world.ledger.commitPlan(decisions, RELEASED_BRAKE, world.now)
}

/** Sends what waits at this destination. */
export async function sendAt(world: World, name: string): Promise<Sent> {
  const there = at(world, name)
  return there.accept(await there.needBatch())
}

/** What is waiting at a destination: each employee, and whether the record is active. */
export async function waitingAt(world: World, name: string): Promise<Readonly<Record<string, unknown>>> {
  const batch = await at(world, name).next()
  return Object.fromEntries(
    (batch?.operations ?? []).map(({ employeeId, record }) => [employeeId, parseRecord(record)['active']]),
  )
}

export async function confirmAt(world: World, name: string, by = routing): Promise<Sent> {
  const sent = await sendAt(world, name)
  await at(world, name).answerEach(sent, (employee) => `${employee} at ${name}`)
  await world.finalize()
  await plan(world, by)
  return sent
}

export const inNorth = (id: string, employee = 'p1') => joiner(id, employee, { organization: 'North' })
export const toSouth = (id: string, employee = 'p1', order = 10) =>
  hrEvent(id, employee, { organization: 'South' }, { order })

export async function joinedInNorth(world: World): Promise<void> {
  await world.record(inNorth('e1'))
  await plan(world)
  await confirmAt(world, 'north')
}

/** Joined in the north at 08:00, and moved to the south by event e2 a minute later. */
export async function movedToSouth(world: World): Promise<void> {
  await joinedInNorth(world)
  world.now += 60_000
  await world.record(toSouth('e2'))
  await plan(world)
  await confirmAt(world, 'north')
  await confirmAt(world, 'south')
}
