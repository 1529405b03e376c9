import { type LedgerAddress, mayBeThere, openLedger } from '../../adapters/ledger-sql/open.ts'
import { isPostgresUrl } from '../../adapters/ledger-sql/driver/postgres/address.ts'
import { rewriteTables } from '../../adapters/ledger-sql/driver/postgres/rewrite.ts'
import { ledgerAddress } from '../../compose/connector.ts'
import { readConfig } from '../../compose/config.ts'
import { RollcallError } from '../../core/errors.ts'
import { masked } from '../../core/mask.ts'
import { type Format, printJson, printLines, progress, say } from '../support/output.ts'

export interface EraseOptions {
  readonly actor: string
  readonly justification: string
  /** PostgreSQL: writes the tables anew, so that nothing is left in their files. */
  readonly vacuum: boolean
  readonly output: Format
}

/** Takes everything the ledger holds of one person out of it, for good. What the directory holds is untouched. 0 done, 4 nobody of that name. */
export async function erase(
  employeeId: string,
  options: EraseOptions,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const place = ledgerAddress(readConfig(environment))
  if (!mayBeThere(place))
    throw new RollcallError(
      'LedgerMissing',
      `there is no ledger at ${masked(place.location)}; name another with LEDGER`,
    )
  const shared = isPostgresUrl(place.location)
  const ledger = await openLedger(place, { kind: 'own' }, Date.now)
  try {
    const result = await ledger.eraseEmployee(
      { employeeId, actor: options.actor, justification: options.justification },
      Date.now(),
    )
    if (!result) {
      say('the ledger holds no employee of that name')
      return 4
    }
    const filesClean = result.filesClean || (shared && options.vacuum && (await rewritten(place)))
    if (options.output === 'json') printJson({ ...result, filesClean })
    else
      printLines(
        `erased: ${result.events} events, ${result.operations} operations; ${result.outcomesWithheld} outcomes will not be told`,
      )
    say(REASONS)
    if (!filesClean) say(shared ? DEAD_ROWS : READER)
    return 0
  } finally {
    await ledger.close()
  }
}

const REASONS =
  'Reasons that people gave to commands are free text: rollcall audit lists them, and they stay as they were written.'
const DEAD_ROWS =
  'The values stay in the files of PostgreSQL until it writes over them. --vacuum writes the tables anew at once; instances wait meanwhile. Its log, replicas and backups keep them for as long as those are kept.'
const READER =
  'A reader was in the way, so the log beside the file (-wal) still has the values. They leave it when the last process closes the ledger.'

async function rewritten(place: LedgerAddress): Promise<true> {
  const line = progress()
  try {
    await rewriteTables(place, (name) => line.show(`writes ${name} anew`))
  } finally {
    line.end()
  }
  return true
}
