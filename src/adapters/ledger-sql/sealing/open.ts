import { createSecretKey, randomBytes } from 'node:crypto'
import { RollcallError } from '../../../core/errors.ts'
import { type Driver, insertRows, type Sql } from '../driver/sql.ts'
import { expectNoInstance } from '../submit/leases.ts'
import { readCursor, setCursor } from '../tables/cursors.ts'
import { encryptedSealing, type SealingKeys } from './encrypted.ts'
import { type KeyCipher, keyCipher, type LedgerKeys } from './keys.ts'
import type { Sealing } from './sealing.ts'

/**
 * The driver with what seals and opens the values of this ledger, for commands while a connector may
 * run on it: uses the keys that the ledger knows, and changes nothing. Throws `LedgerKeyMissing` when
 * values may need a key that is not given.
 */
export async function sealedDriver(driver: Driver, keys: LedgerKeys | null): Promise<Driver> {
  return withKeys(driver, await readKeys(driver, ciphersOf(keys)))
}

/**
 * The same to run on: begins to encrypt where a key is given, and notes a key that is new. Throws
 * `LedgerInUse` too, when instances run that could not open what is sealed from now on; nothing is
 * changed then.
 */
export async function sealedOwnDriver(driver: Driver, keys: LedgerKeys | null, now: number): Promise<Driver> {
  const ciphers = ciphersOf(keys)
  const [newest] = ciphers
  const known = await readKeys(driver, ciphers)
  if (newest === undefined || known?.writing.id === newest.id) return withKeys(driver, known)
  return withKeys(driver, await driver.transaction((sql) => beginWith(sql, ciphers, now)))
}

const ciphersOf = (keys: LedgerKeys | null): readonly KeyCipher[] => (keys ?? []).map(keyCipher)

const readKeys = (driver: Driver, ciphers: readonly KeyCipher[]): Promise<SealingKeys | null> =>
  driver.transaction((sql) => sealingKeys(sql, ciphers), 'read')

const withKeys = (driver: Driver, keys: SealingKeys | null): Driver =>
  keys === null ? driver : withSealing(driver, encryptedSealing(keys))

/** The same driver, with this sealing in each of its transactions. */
export function withSealing(driver: Driver, sealing: Sealing): Driver {
  return {
    ...driver,
    transaction: (work, access) => driver.transaction((sql) => work({ ...sql, sealing }), access),
  }
}

/** `null` when the ledger is not encrypted. Throws `LedgerKeyMissing`. */
export async function sealingKeys(sql: Sql, ciphers: readonly KeyCipher[]): Promise<SealingKeys | null> {
  const known = await keyRows(sql)
  if (known.length === 0) return null
  const ids = new Set(known.map(({ key_id }) => key_id))
  const usable = ciphers.filter(({ id }) => ids.has(id))
  const [writing] = usable
  if (writing === undefined || usable.length < ids.size) throw keyMissing(known)
  const all = new Map(usable.map((cipher) => [cipher.id, cipher]))
  const secret = createSecretKey(hashKeyOf(known, all))
  return { writing, all, hashes: { ...keyCipher(secret), secret }, isWhole: await isWhole(sql) }
}

/** Notes the newest key, and begins to encrypt where the ledger was not encrypted yet. */
export async function beginWith(
  sql: Sql,
  ciphers: readonly KeyCipher[],
  now: number,
): Promise<SealingKeys | null> {
  await sql.lock('schema')
  const before = await sealingKeys(sql, ciphers)
  if (before === null) {
    await expectNoneWithoutKey(sql, now)
    if (await isEmpty(sql)) await markWhole(sql)
  }
  const secret = before?.hashes.secret.export() ?? randomBytes(32)
  const [newest] = ciphers
  if (newest !== undefined) await noteKey(sql, newest, secret, now)
  return sealingKeys(sql, ciphers)
}

/** One key with which values of the ledger are sealed. */
interface KeyRow {
  readonly key_id: string
  /** The ledger's key for hashes, sealed with this key. */
  readonly hash_key: string
}
const ABOUT = 'ledger hash key'

export const keyRows = (sql: Sql): Promise<KeyRow[]> =>
  sql.all<KeyRow>('SELECT key_id, hash_key FROM ledger_keys ORDER BY key_id')

function noteKey(sql: Sql, key: KeyCipher, secret: Buffer, now: number): Promise<unknown> {
  return insertRows(
    sql,
    'ledger_keys (key_id TEXT, hash_key TEXT, noted_at INT)',
    [[key.id, key.seal(secret.toString('base64'), ABOUT), now]],
    'ON CONFLICT (key_id) DO NOTHING',
  )
}

function hashKeyOf(known: readonly KeyRow[], all: ReadonlyMap<string, KeyCipher>): Buffer {
  const [{ key_id: id, hash_key: sealed } = { key_id: '', hash_key: '' }] = known
  try {
    return Buffer.from(all.get(id)?.open(sealed, ABOUT) ?? '', 'base64')
  } catch (cause) {
    throw new RollcallError(
      'LedgerValueUnreadable',
      `the value ledger_keys.hash_key of row "${id}" does not open: it was changed; restore the ledger from a backup`,
      { cause },
    )
  }
}

/** The cursor that says that everything in the ledger is sealed that can be. */
const WHOLE = 'everything-sealed'

export const isWhole = async (sql: Sql): Promise<boolean> => (await readCursor(sql, WHOLE)) === 1
export const markWhole = (sql: Sql): Promise<void> => setCursor(sql, WHOLE, 1)

/** How a ledger is encrypted; not at all without a key. */
export interface Encryption {
  /** The ids of the keys that its values need. */
  readonly keys: readonly string[]
  /** False: what was there before the first key may still be in clear. */
  readonly everything: boolean
}

export function encryptionOf(driver: Driver): Promise<Encryption> {
  return driver.transaction(
    async (sql) => ({
      keys: (await keyRows(sql)).map(({ key_id }) => key_id),
      everything: await isWhole(sql),
    }),
    'read',
  )
}

/** Nothing has come in yet, and no command has decided anything. */
async function isEmpty(sql: Sql): Promise<boolean> {
  for (const table of FIRST_FILLED)
    if ((await sql.all(`SELECT 1 AS one FROM ${table} LIMIT 1`)).length > 0) return false
  return true
}
const FIRST_FILLED = [
  'events',
  'employees',
  'blocks',
  'erasures',
  'folded_ids',
  'log_records',
  'replay_items',
]

/** Throws `LedgerInUse`: an instance without the key would take sealed texts for texts in clear. */
export function expectNoneWithoutKey(sql: Sql, now: number): Promise<void> {
  return expectNoInstance(
    sql,
    now,
    'instances run on this ledger: end all of them first, and start them with the same keys',
  )
}

function keyMissing(known: readonly KeyRow[]): RollcallError {
  const ids = known.map(({ key_id }) => key_id).join(' and ')
  return new RollcallError(
    'LedgerKeyMissing',
    `the ledger is encrypted with key ${ids}, which is not among the configured keys: set LEDGER_KEYS or LEDGER_KEY_SECRET, and keep older keys until rollcall ledger rotate-key has replaced them`,
  )
}
