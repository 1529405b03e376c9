import { deadLetterContext, replaySettings } from '../../compose/dead-letters/replay.ts'
import { openExisting } from '../../compose/ledger/open.ts'
import { stopSignal } from '../../compose/process.ts'
import type { Store } from '../../compose/dead-letters/stores.ts'
import type { Config } from '../../config/load.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import type { ReplayContext } from '../../core/report/replay/replay.ts'
import { say } from '../support/output.ts'
import { inForce } from '../support/running/in-force.ts'

const REFUSAL =
  'What is replayed is decided by its rules, so a cause that was fixed in the file only would come back. Restart the connector first, or add --own-config to replay all the same'

export interface OpenReplayOptions {
  readonly ownConfig: boolean
  readonly rate?: number
  readonly access?: 'read' | 'write'
  /** The only store to look at; `null` for both. */
  readonly store?: Store | null
}

/**
 * What a replay needs, with the limits and rules of the running connector; `stack` closes it.
 * Throws `RulesDiffer` when an instance has other rules.
 */
export async function openReplay(
  own: Config,
  { ownConfig, rate, access = 'write', store = null }: OpenReplayOptions,
  stack: AsyncDisposableStack,
): Promise<ReplayContext & { readonly ledger: Ledger }> {
  const ledger = stack.adopt(await openExisting(own, access), (it) => it.close())
  const { config } = await inForce(ledger, own, { ownConfig, rules: 'acted-on', refusal: REFUSAL })
  return {
    ...deadLetterContext({ config, ledger, store, onNoLedger: say }, stack),
    ledger,
    settings: replaySettings(config, rate ?? null),
    listenForStop: () => stack.use(stopSignal()).signal,
  }
}
