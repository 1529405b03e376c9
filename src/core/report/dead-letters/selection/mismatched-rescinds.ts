import { EVENT_REASONS } from '../../../ledger/event-reason.ts'
import { nameKey } from '../dead-letter.ts'
import type { Selected } from './selected.ts'
import type { Stores } from '../stores.ts'

/**
 * Refuses rescinds that name an event of another employee. Intake accepts them and the ledger does
 * not, so they would become dead letters again.
 */
export async function refuseMismatchedRescinds(
  selected: readonly Selected[],
  knownEvents: Stores['knownEvents'],
): Promise<readonly Selected[]> {
  const ownerOf = await ownersOfRescinded(selected, knownEvents)
  return selected.map((one) =>
    isUneditedMismatch(one) || rescindsAnotherEmployee(one, ownerOf)
      ? { ...one, events: null, refused: one.refused ?? EVENT_REASONS.rescindMismatch }
      : one,
  )
}

/** The employee of each rescinded event and of each rescind that the ledger knows, by `nameKey`. */
async function ownersOfRescinded(
  selected: readonly Selected[],
  knownEvents: Stores['knownEvents'],
): Promise<ReadonlyMap<string, string>> {
  const names = selected.flatMap(({ events }) =>
    (events ?? []).flatMap((event) => (event.rescinds ? [event.rescinds, event] : [])),
  )
  if (names.length === 0 || knownEvents === null) return new Map()
  return new Map((await knownEvents(names)).map((known) => [nameKey(known), known.employeeId]))
}

function isUneditedMismatch({ dead, events }: Selected): boolean {
  return dead.store === 'ledger' && events === null && dead.letter.code === EVENT_REASONS.rescindMismatch
}

/**
 * A message on the bus whose event the ledger already knows is a duplicate; its rescind is not
 * evaluated again.
 */
function rescindsAnotherEmployee({ dead, events }: Selected, ownerOf: ReadonlyMap<string, string>): boolean {
  return (events ?? []).some((event) => {
    const owner = event.rescinds ? ownerOf.get(nameKey(event.rescinds)) : undefined
    const isNew = dead.store === 'ledger' || !ownerOf.has(nameKey(event))
    return owner !== undefined && owner !== event.employeeId && isNew
  })
}
