import { existsSync } from 'node:fs'
import { checkReadable } from '../../adapters/files.ts'
import { type BusAddress, busCode, closeWithin, connect } from '../../adapters/service-bus/client.ts'
import { busDeadLetterQueue } from '../../adapters/service-bus/dead-letter-queue.ts'
import { isPostgresUrl } from '../../adapters/ledger-sql/driver/postgres/address.ts'
import { openSqliteLedger } from '../../adapters/ledger-sql/driver/sqlite/client.ts'
import { systemRuntime } from '../../adapters/system.ts'
import type { Config } from '../../config/load.ts'
import { readConfig } from '../../compose/config.ts'
import { RollcallError } from '../../core/errors.ts'
import { masked } from '../../core/mask.ts'
import { sourceRules } from '../../core/intake/sources.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import type { EventName } from '../../core/model.ts'
import type { DeadLetterQueue } from '../../core/ports.ts'
import { nameKey } from '../../core/report/dead-letters/dead-letter.ts'
import type { Stores } from '../../core/report/dead-letters/list.ts'
import { messageReader } from '../../core/report/dead-letters/read-message.ts'
import { silentLogger, silentTelemetry } from '../../core/runtime.ts'
import { say } from '../support/output.ts'

export type Home = 'bus' | 'ledger'
export type OpenStores = Stores & {
  readonly ledger: Ledger | null
  /** Whose the events of these names are, by `nameKey`, where there is a ledger to ask. */
  readonly owners?: (names: readonly EventName[]) => Promise<ReadonlyMap<string, string>>
}

const CLOSE_MS = 2_000

/**
 * Opens the homes of dead letters to look at them, beside a process that may be running: nothing is locked or changed. `store` names one of them;
 * without it a ledger that does not exist yet is left out, and said to be. Throws `LedgerMissing` and `BusUnavailable`.
 */
export async function withStores<T>(
  environment: NodeJS.ProcessEnv,
  store: Home | undefined,
  work: (homes: OpenStores) => Promise<T>,
): Promise<T> {
  const config = readConfig(environment)
  await using stack = new AsyncDisposableStack()
  const deadLetterQueues = store === 'ledger' ? [] : await openDeadLetterQueues(config, stack)
  // The bus is reached while the ledger is opened; whether it can be shows when it is asked.
  for (const shelf of deadLetterQueues) void shelf.peek('0', 1).catch(() => {})
  // A ledger that cannot be read does not keep anybody from looking at the bus alone.
  const opening = store === 'bus' ? openToRead(config, store).catch(() => null) : openToRead(config, store)
  const ledger = stack.adopt(await opening, (it) => it?.close() ?? Promise.resolve())
  const { sources, shapes } = sourceRules(config.rules.sources)
  const read = messageReader(sources, shapes)
  if (!ledger) return await work({ deadLetterQueues, read, ledger })
  const states: NonNullable<Stores['states']> = async (names) =>
    new Map((await ledger.findKnownEvents(names)).map((known) => [nameKey(known), known.state]))
  const owners: NonNullable<OpenStores['owners']> = async (names) =>
    new Map((await ledger.findKnownEvents(names)).map((known) => [nameKey(known), known.employeeId]))
  return await work({ deadLetterQueues, read, states, owners, ledger: store === 'bus' ? null : ledger })
}

/** Also for the bus alone, where it is there: to tell which messages are stale. What an identity or a database driver takes to load is most of a second. */
async function openToRead(config: Config, store: Home | undefined): Promise<Ledger | null> {
  if (isPostgresUrl(config.LEDGER)) {
    const [{ ledgerAddress }, { openLedger }] = await Promise.all([
      import('../../compose/connector.ts'),
      import('../../adapters/ledger-sql/open.ts'),
    ])
    return openLedger(ledgerAddress(config), { kind: 'read' }, Date.now)
  }
  if (existsSync(config.LEDGER)) {
    checkReadable('LEDGER', config.LEDGER)
    return openSqliteLedger({ path: config.LEDGER, readOnly: true, now: Date.now })
  }
  const missing = `there is no ledger at ${masked(config.LEDGER)}`
  if (store === 'ledger')
    throw new RollcallError(
      'LedgerMissing',
      `${missing}; name another with LEDGER, or start one with rollcall run`,
    )
  if (store === undefined) say(`${missing}: only what is on the bus is shown`)
  return null
}

async function openDeadLetterQueues(
  config: Config,
  stack: AsyncDisposableStack,
): Promise<readonly Pick<DeadLetterQueue, 'entity' | 'peek'>[]> {
  const bus = stack.adopt(connect(await addressOf(config)), (it) => closeWithin(CLOSE_MS, it.close()))
  const runtime = systemRuntime(silentLogger, silentTelemetry)
  return config.rules.sourceAddresses.map((sourceAddress) => {
    const shelf = stack.adopt(
      busDeadLetterQueue(bus, { ...sourceAddress, shelf: 'dead-letters' }, runtime),
      (it) => it.close(),
    )
    return {
      entity: shelf.entity,
      peek: async (from, limit) => {
        try {
          return await shelf.peek(from, limit)
        } catch (error) {
          const code = busCode(error)
          throw new RollcallError(
            'BusUnavailable',
            `the dead letters of ${shelf.entity} cannot be looked at (${code}); see rollcall check`,
            {
              cause: error,
            },
          )
        }
      },
    }
  })
}

/** What an identity takes to load is most of a second; who has a connection string does not wait for it. */
async function addressOf(config: Config): Promise<BusAddress> {
  const connectionString = config.SERVICEBUS_CONNECTION_STRING
  return connectionString === null
    ? (await import('../../compose/connector.ts')).busAddress(config)
    : { kind: 'connection-string', connectionString }
}
