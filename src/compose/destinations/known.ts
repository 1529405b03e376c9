import type { Config } from '../../config/load.ts'
import { RollcallError } from '../../core/errors.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import { destinationNames } from './list.ts'

/**
 * Throws `ConfigInvalid` when employees have their account at a destination that the configuration
 * does not name: it could not be disabled there.
 */
export async function expectKnownDestinations(
  ledger: Pick<Ledger, 'countElsewhere'>,
  config: Config,
): Promise<void> {
  const names = destinationNames(config).map(({ name }) => name)
  const [elsewhere] = await ledger.countElsewhere(names)
  if (!elsewhere) return
  const { destination, employees } = elsewhere
  throw new RollcallError(
    'ConfigInvalid',
    `the ledger has ${employees} employees at the destination "${destination}", which the configuration does not name; add it under destinations, with a where that fits no employee if they are to move`,
  )
}
