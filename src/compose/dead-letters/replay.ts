import type { ServiceBusClient } from '@azure/service-bus'
import { closeWithin, connect } from '../../adapters/service-bus/client.ts'
import { busDeadLetterQueue } from '../../adapters/service-bus/dead-letter-queue.ts'
import { systemRuntime } from '../../adapters/system.ts'
import type { Config } from '../../config/load.ts'
import type { SourceAddress } from '../../config/rules/sources.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import { DEFAULT_FOLD_RULES } from '../../core/plan/fold/rules.ts'
import type { DeadLetterQueue } from '../../core/ports.ts'
import type { EndContext } from '../../core/report/dead-letters/end.ts'
import type { ReplayContext } from '../../core/report/replay/replay.ts'
import type { CancelContext } from '../../core/report/replay/run/cancel.ts'
import { destinationNames, limitsOf } from '../destinations/list.ts'
import { silentLogger, silentTelemetry } from '../../core/runtime.ts'
import { busAddress } from '../addresses.ts'
import { planRules, takingIn } from '../rules.ts'
import { type Store, withStores } from './stores.ts'

const CLOSE_MS = 5_000

/**
 * What replaying and ending dead letters need from outside, without the settings of one command.
 */
export type DeadLetterContext = Omit<EndContext & ReplayContext, 'settings' | 'listenForStop'>

export interface DeadLetterContextOptions {
  readonly config: Config
  readonly ledger: Omit<Ledger, 'close'>
  /** The only store to look at; `null` for both. */
  readonly store: Store | null
  readonly onNoLedger: (message: string) => void
}

/** Connects to the bus when a queue is first opened; `stack` closes that connection. */
export function deadLetterContext(
  { config, ledger, store, onNoLedger }: DeadLetterContextOptions,
  stack: AsyncDisposableStack,
): DeadLetterContext {
  const runtime = systemRuntime(silentLogger, silentTelemetry)
  const rules = planRules(config)
  const addressOf = (entity: string): SourceAddress | null =>
    config.rules.sourceAddresses.find((one) => one.entity === entity) ?? null
  let bus: ServiceBusClient | null = null
  const open = (address: SourceAddress, shelf: 'dead-letters' | 'queue'): DeadLetterQueue => {
    bus ??= stack.adopt(connect(busAddress(config)), (it) => closeWithin(CLOSE_MS, it.close()))
    return busDeadLetterQueue(bus, { ...address, shelf }, runtime)
  }
  return {
    ledger,
    runtime,
    rules,
    fold: rules.fold ?? DEFAULT_FOLD_RULES,
    takeIn: takingIn(config),
    withStores: (work) => withStores(config, store, onNoLedger, work),
    openDeadLetterQueue: (entity) => {
      const address = addressOf(entity)
      return address && open(address, 'dead-letters')
    },
    openQueues: (entity) => {
      const address = addressOf(entity)
      if (!address) return null
      const deadLetters = open(address, 'dead-letters')
      const queue = open(address, 'queue')
      return {
        deadLetters,
        // A queue with sessions cannot be peeked as a whole. A copy that waits there unseen is sent
        // again, and the ledger recognizes its event as a duplicate.
        queue: address.sessions ? { peek: async () => [] } : queue,
        close: async () =>
          void (await Promise.all([deadLetters, queue].map((one) => closeWithin(CLOSE_MS, one.close())))),
      }
    },
  }
}

/** The pace of a run, and the limits that its forecast assumes. */
export function replaySettings(config: Config, perSecond: number | null): ReplayContext['settings'] {
  return {
    perSecond,
    leaseMs: config.LEASE_MS,
    clockSkewMs: config.CLOCK_SKEW_MS,
    quietMs: config.COALESCE_QUIET_MS,
    maxWaitMs: config.COALESCE_MAX_WAIT_MS,
    maxOperations: config.BATCH_OPERATIONS,
    limits: limitsOf(config),
    destinations: destinationNames(config).map((one) => ({ ...one, limits: limitsOf(config, one.name) })),
  }
}

/** What giving up a run needs. */
export function cancelContext(
  config: Config,
  ledger: CancelContext['ledger'],
): Omit<CancelContext, 'listenForStop'> {
  return {
    ledger,
    settings: { leaseMs: config.LEASE_MS },
    runtime: systemRuntime(silentLogger, silentTelemetry),
  }
}
