import type { Config } from '../../config/load.ts'
import { RollcallError } from '../../core/errors.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import type { ReplayContext } from '../../core/report/replay/replay.ts'
import type { CancelContext } from '../../core/report/replay/run/cancel.ts'
import { type Runtime, silentLogger, silentTelemetry } from '../../core/runtime.ts'
import { systemRuntime } from '../../adapters/system.ts'
import { readInForce } from '../instance/in-force.ts'
import { type DeadLetterContext, deadLetterContext, replaySettings } from './replay.ts'
import { type Store, withStoresBeside } from './stores.ts'

export interface BesideOptions {
  /** Of a connector that runs: it stays open. */
  readonly ledger: Omit<Ledger, 'close'>
  /** The only store to look at; `null` for both. */
  readonly store: Store | null
  /** Dead letters a second; `null` for no limit. */
  readonly rate: number | null
  readonly now: number
}

/** What replaying and ending dead letters need from outside; `listenForStop` is the caller's. */
export type BesideContext = DeadLetterContext &
  Pick<ReplayContext, 'settings'> & { readonly ledger: CancelContext['ledger'] }

/** The clock of this process, for what goes on behind the pages. */
export const backgroundRuntime: Pick<Runtime, 'id' | 'now' | 'sleep'> = systemRuntime(
  silentLogger,
  silentTelemetry,
)

/**
 * The same for a process that runs a connector itself: with its ledger, and the limits that are in
 * force. Throws `RulesDiffer` while an instance runs with other rules, because it might continue
 * the work and decide by its own.
 */
export async function deadLettersBeside(
  own: Config,
  { ledger, store, rate, now }: BesideOptions,
  stack: AsyncDisposableStack,
): Promise<BesideContext> {
  const { config, otherRules } = await readInForce(ledger, own, now)
  const [other] = otherRules
  if (other)
    throw new RollcallError(
      'RulesDiffer',
      `instance ${other.instance.name} runs with other rules than this one (${other.parts.join(', ')}): wait until all of them were restarted`,
    )
  return {
    ...deadLetterContext({ config, ledger, store, onNoLedger: () => {} }, stack),
    ledger,
    withStores: (work) => withStoresBeside(config, { ledger, store }, work),
    settings: replaySettings(config, rate),
  }
}
