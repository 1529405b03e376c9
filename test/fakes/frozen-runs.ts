import { openFileLedger } from '../adapters/support/file-ledger.ts'
import type { Ledger } from '../../src/core/ledger/ledger.ts'
import { failAll } from '../suites/conformance/ledger/dead-letters.ts'
import { hrEvent, joiner, World } from '../suites/conformance/ledger/world.ts'

/** The employees of the dead letters. */
const EMPLOYEES = ['p1', 'p2']

/**
 * A ledger with two dead letters and a frozen run of each, which was never carried out; `more` adds
 * to it.
 */
export async function ledgerWithFrozenRuns(
  path: string,
  more: (world: World) => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  const ledger: Ledger = await openFileLedger(path)
  const world = new World(ledger)
  for (const employeeId of EMPLOYEES) {
    await world.record(joiner(`hire-${employeeId}`, employeeId))
    await world.confirmAll()
    await world.record(hrEvent(`bad-${employeeId}`, employeeId, { title: 'x' }, { order: 1 }))
    await failAll(world)
  }
  await more(world)
  const filter = { code: null, type: null, employeeId: null, since: null, until: null }
  const { deadLetters } = await ledger.listDeadLetters({ filter, archived: true, next: null, limit: 10 })
  const by = { actor: 'ada', justification: 'domain was added' }
  for (const { seq, revision } of deadLetters)
    await ledger.freezeReplay(
      { name: `run-${seq}`, selection: `${seq}`, ...by, targets: [{ store: 'ledger', seq, revision }] },
      Date.now(),
    )
  await ledger.close()
}
