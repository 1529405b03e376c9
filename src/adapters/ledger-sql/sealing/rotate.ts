import { RollcallError } from '../../../core/errors.ts'
import { type Driver, type Sql, type SqlValue, writeRows } from '../driver/sql.ts'
import { encryptedSealing, type SealingKeys } from './encrypted.ts'
import { keyHashes } from './key-hashes.ts'
import { keyCipher, type LedgerKeys } from './keys.ts'
import { beginWith, expectNoneWithoutKey, keyRows, markWhole, sealingKeys, withSealing } from './open.ts'
import { RESEALED_TABLES, type Resealed, resealPage } from './reseal.ts'

/** What a rotation did. */
export interface RotatedKeys {
  /** The key with which everything is sealed now. */
  readonly key: string
  /** How many values were sealed again. */
  readonly values: number
  /** The keys that nothing needs any more. */
  readonly retired: readonly string[]
}

/** A walk after the first finds only what instances wrote meanwhile with an older key. */
const WALKS = 3

/**
 * Seals every value with the newest key, a page of rows in a transaction, and then forgets the
 * other keys. Begun again after an interruption it goes on, because every value says its key. On a
 * ledger that is encrypted already instances may run; the first time none may, because every hash
 * is replaced too. Throws `LedgerInUse` for instances that do not write with the newest key.
 */
export async function rotateKeys(
  driver: Driver,
  keys: LedgerKeys,
  now: number,
  onRows: (rows: number, table: string) => void,
): Promise<RotatedKeys> {
  const ciphers = keys.map(keyCipher)
  const [newest] = ciphers
  const found = await driver.transaction(async (sql) => {
    const before = await sealingKeys(sql, ciphers)
    if (before?.isWhole !== true || before.writing.id !== newest?.id) await expectNoneWithoutKey(sql, now)
    return beginWith(sql, ciphers, now)
  })
  if (found === null) throw new RollcallError('Unreachable', 'a ledger with a key is encrypted')
  const sealed = withSealing(driver, encryptedSealing(found))
  const values = await resealAll(sealed, onRows)
  const retired = await driver.transaction((sql) => finish(sql, found, now))
  return { key: found.writing.id, values, retired }
}

async function resealAll(driver: Driver, onRows: (rows: number, table: string) => void): Promise<number> {
  let values = 0
  for (let walk = 1; walk <= WALKS; walk++) {
    const resealed = await walkOnce(driver, onRows)
    if (resealed === 0) return values
    values += resealed
  }
  throw new RollcallError(
    'LedgerInUse',
    'an instance still writes with an older key: start all instances again with the newest key first, and then repeat this command',
  )
}

async function walkOnce(driver: Driver, onRows: (rows: number, table: string) => void): Promise<number> {
  let [values, rows] = [0, 0]
  for (const table of RESEALED_TABLES) {
    let last: readonly SqlValue[] | null = null
    do {
      const from: readonly SqlValue[] | null = last
      const page: Resealed = await driver.transaction((sql) => resealPage(sql, table, from))
      values += page.values
      rows += page.rows
      last = page.last
      onRows(rows, table[0])
    } while (last !== null)
  }
  return values
}

async function finish(sql: Sql, keys: SealingKeys, now: number): Promise<readonly string[]> {
  await sql.lock('schema')
  if (!keys.isWhole) {
    await expectNoneWithoutKey(sql, now)
    await keyHashes(sql, encryptedSealing({ ...keys, isWhole: true }))
    await markWhole(sql)
  }
  const retired = (await keyRows(sql)).map(({ key_id }) => key_id).filter((id) => id !== keys.writing.id)
  await writeRows(
    sql,
    ['id TEXT'],
    retired.map((id) => [id]),
    'DELETE FROM ledger_keys WHERE key_id IN (SELECT id FROM v)',
  )
  return retired
}
