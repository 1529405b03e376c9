import { existsSync } from 'node:fs'
import { checkReadable } from '../../adapters/files.ts'
import { isPostgresUrl } from '../../adapters/ledger-sql/driver/postgres/address.ts'
import { openSqliteLedger } from '../../adapters/ledger-sql/driver/sqlite/client.ts'
import { type BusAddress, closeWithin, connect } from '../../adapters/service-bus/client.ts'
import { busDeadLetterQueue } from '../../adapters/service-bus/dead-letter-queue.ts'
import { deadLettersUnreadable } from '../../adapters/service-bus/dead-letter-reasons.ts'
import { systemRuntime } from '../../adapters/system.ts'
import type { Config } from '../../config/load.ts'
import { RollcallError } from '../../core/errors.ts'
import { sourceRules } from '../../core/intake/sources.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import { masked } from '../../core/display/mask.ts'
import type { DeadLetterQueue } from '../../core/ports.ts'
import type { DeadLetter } from '../../core/report/dead-letters/dead-letter.ts'
import { messageReader } from '../../core/report/dead-letters/read-message.ts'
import type { Stores } from '../../core/report/dead-letters/stores.ts'
import { silentLogger, silentTelemetry } from '../../core/runtime.ts'

export type Store = DeadLetter['store']

const CLOSE_MS = 2_000

/**
 * Opens the stores of dead letters to look at them, beside a process that may be running: nothing
 * is locked or changed. `store` opens only one of them; `null` opens both, and a ledger that does
 * not exist is left out and reported to `onNoLedger`. Throws `LedgerMissing` and `BusUnavailable`.
 */
export async function withStores<T>(
  config: Config,
  store: Store | null,
  onNoLedger: (message: string) => void,
  work: (stores: Stores) => Promise<T>,
): Promise<T> {
  await using stack = new AsyncDisposableStack()
  const deadLetterQueues = store === 'ledger' ? [] : await openDeadLetterQueues(config, stack)
  // Connects to the bus while the ledger is opened. A failure shows again when the queue is read.
  for (const queue of deadLetterQueues) void queue.peek('0', 1).catch(() => {})
  // The bus alone can be looked at without a ledger; with one, stale messages are marked.
  const opening =
    store === 'bus'
      ? openToRead(config, store, () => {}).catch(() => null)
      : openToRead(config, store, onNoLedger)
  const ledger = stack.adopt(await opening, (it) => it?.close() ?? Promise.resolve())
  return await work(storesOf(config, deadLetterQueues, ledger, store))
}

/**
 * The same for a caller that has its ledger open, which is neither opened again nor closed. Throws
 * `BusUnavailable`.
 */
export async function withStoresBeside<T>(
  config: Config,
  { ledger, store }: { readonly ledger: Omit<Ledger, 'close'>; readonly store: Store | null },
  work: (stores: Stores) => Promise<T>,
): Promise<T> {
  await using stack = new AsyncDisposableStack()
  const deadLetterQueues = store === 'ledger' ? [] : await openDeadLetterQueues(config, stack)
  return await work(storesOf(config, deadLetterQueues, ledger, store))
}

function storesOf(
  config: Config,
  deadLetterQueues: Stores['deadLetterQueues'],
  ledger: Omit<Ledger, 'close'> | null,
  store: Store | null,
): Stores {
  const { sources, shapes } = sourceRules(config.rules.sources)
  return {
    deadLetterQueues,
    read: messageReader(sources, shapes),
    ledger: store === 'bus' ? null : ledger,
    knownEvents: ledger && ((names) => ledger.findKnownEvents(names)),
    findEmployeeIds: ledger && ((text) => ledger.findEmployeeIds(text)),
  }
}

/** A file without keys is opened without loading the rest, which takes most of a second. */
async function openToRead(
  config: Config,
  store: Store | null,
  onNoLedger: (message: string) => void,
): Promise<Ledger | null> {
  const isFile = !isPostgresUrl(config.LEDGER)
  if (isFile && !existsSync(config.LEDGER)) {
    const missing = `no ledger at ${masked(config.LEDGER)}`
    if (store === 'ledger')
      throw new RollcallError(
        'LedgerMissing',
        `${missing}; name another with LEDGER, or start one with rollcall run`,
      )
    onNoLedger(`${missing}: only dead letters on the bus are shown`)
    return null
  }
  if (!isFile || config.LEDGER_KEYS !== null || config.LEDGER_KEY_SECRET !== null) {
    const [{ ledgerAddress }, { openLedger }] = await Promise.all([
      import('../addresses.ts'),
      import('../../adapters/ledger-sql/open.ts'),
    ])
    return openLedger(ledgerAddress(config), { kind: 'read' }, Date.now)
  }
  checkReadable('LEDGER', config.LEDGER)
  return openSqliteLedger({ path: config.LEDGER, readOnly: true, now: Date.now })
}

async function openDeadLetterQueues(
  config: Config,
  stack: AsyncDisposableStack,
): Promise<readonly Pick<DeadLetterQueue, 'entity' | 'peek'>[]> {
  if (config.SERVICEBUS_CONNECTION_STRING === null && config.SERVICEBUS_FQDN === null)
    throw new RollcallError(
      'ConfigInvalid',
      'SERVICEBUS_FQDN (or SERVICEBUS_CONNECTION_STRING) is not set; set it, or add --store ledger for the dead letters of the ledger alone',
    )
  const bus = stack.adopt(connect(await addressOf(config)), (it) => closeWithin(CLOSE_MS, it.close()))
  const runtime = systemRuntime(silentLogger, silentTelemetry)
  return config.rules.sourceAddresses.map((sourceAddress) => {
    const queue = stack.adopt(
      busDeadLetterQueue(bus, { ...sourceAddress, shelf: 'dead-letters' }, runtime),
      (it) => it.close(),
    )
    return {
      entity: queue.entity,
      peek: async (from, limit) => {
        try {
          return await queue.peek(from, limit)
        } catch (error) {
          throw deadLettersUnreadable(queue.entity, error)
        }
      },
    }
  })
}

/** Loading an identity takes most of a second, which a connection string does not need. */
async function addressOf(config: Config): Promise<BusAddress> {
  const connectionString = config.SERVICEBUS_CONNECTION_STRING
  return connectionString === null
    ? (await import('../addresses.ts')).busAddress(config)
    : { kind: 'connection-string', connectionString }
}
