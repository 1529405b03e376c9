import type { BesideContext, BesideOptions } from '../../compose/dead-letters/beside.ts'
import type { Snapshot } from '../../compose/observe/figures.ts'
import type { Config } from '../../config/load.ts'
import type { AskedFor, ConnectionAnswer } from '../../core/connections/connection.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import type { Logger } from '../../core/runtime.ts'
import type { AccessSettings } from '../access/identify.ts'
import type { ReplayRunner } from './acts/replay/runner.ts'

/** What the pages and actions ask the ledger. Who opened it closes it. */
export type ConsoleLedger = Omit<Ledger, 'close'>

export interface ConsoleContext {
  readonly config: Config
  readonly access: AccessSettings
  /** `null` until the ledger is open. */
  readonly ledger: () => ConsoleLedger | null
  /** The figures of this process, which the metrics use as well. */
  readonly snapshot: () => Promise<Snapshot>
  readonly now: () => number
  /** The zone of the times on the pages; `null`: that of the machine. */
  readonly zone: string | null
  readonly log: Pick<Logger, 'error'>
  /** Opens what replaying and ending dead letters need; `stack` closes it. Throws `RulesDiffer`. */
  readonly deadLetters: (
    options: Omit<BesideOptions, 'now'>,
    stack: AsyncDisposableStack,
  ) => Promise<BesideContext>
  /** Asks the service which accounts the provisioning job has for these employees. */
  readonly connections: (employees: readonly AskedFor[]) => Promise<ReadonlyMap<string, ConnectionAnswer>>
  /** Carries out replays behind the pages. */
  readonly replays: ReplayRunner
}
