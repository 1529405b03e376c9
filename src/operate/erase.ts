import { mayBeThere, openLedger } from '../adapters/ledger-sql/open.ts'
import { ledgerPlace } from '../compose.ts'
import { readConfig } from '../config.ts'
import { RollcallError } from '../core/errors.ts'
import { masked } from '../core/mask.ts'
import { type Format, printJson, printLines, say } from './output.ts'

export interface EraseOptions {
  readonly actor: string
  readonly reason: string
  readonly output: Format
}

/** Takes everything the ledger holds of one person out of it, for good. What the directory holds is untouched. 0 done, 4 nobody of that name. */
export async function erase(
  employee: string,
  options: EraseOptions,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const place = ledgerPlace(readConfig(environment))
  if (!mayBeThere(place))
    throw new RollcallError(
      'LedgerMissing',
      `there is no ledger at ${masked(place.location)}; name another with LEDGER`,
    )
  const ledger = await openLedger(place, { kind: 'own' }, Date.now)
  try {
    const result = await ledger.erase({ employee, actor: options.actor, reason: options.reason }, Date.now())
    if (!result) {
      say('the ledger holds no employee of that name')
      return 4
    }
    if (options.output === 'json') printJson(result)
    else
      printLines(
        `erased: ${result.events} events, ${result.operations} operations; ${result.outcomesWithheld} outcomes will not be told`,
      )
    return 0
  } finally {
    await ledger.close()
  }
}
