import { createHmac, type KeyObject } from 'node:crypto'
import { RollcallError } from '../../../core/errors.ts'
import type { KeyCipher } from './keys.ts'
import type { RowKey, SealedColumn, Sealing } from './sealing.ts'

/** A sealed text says with which key it was sealed: `aes1.<key id>.<base64>`. */
const MARK = 'aes1.'
const ID_CHARACTERS = 16

const sealedWith = (text: string): string | null =>
  text.startsWith(MARK) ? text.slice(MARK.length, MARK.length + ID_CHARACTERS) : null

export interface SealingKeys {
  /** The key that seals what is written. */
  readonly writing: KeyCipher
  /** By id; the writing key is among them. */
  readonly all: ReadonlyMap<string, KeyCipher>
  /** The ledger's own key for hashes. It never changes, because what a hash was made of may be gone. */
  readonly hashes: KeyCipher & { readonly secret: KeyObject }
  /**
   * Whether everything is sealed. Until then columns hold texts in clear beside sealed ones, and
   * hashes are those of a ledger that is not encrypted.
   */
  readonly isWhole: boolean
}

export function encryptedSealing({ writing, all, hashes, isWhole }: SealingKeys): Sealing {
  const open = (column: string, row: RowKey, text: string): string => {
    const id = sealedWith(text)
    const cipher = id === null ? undefined : all.get(id)
    if (cipher === undefined) {
      if (isWhole) throw unreadable(column, row, id === null ? 'it is not encrypted' : `it needs key ${id}`)
      return text
    }
    try {
      return cipher.open(contentOf(text), aboutOf(column, row))
    } catch (cause) {
      throw unreadable(column, row, 'it was changed, or belongs to another row', { cause })
    }
  }
  return {
    seal: (column, row, text) =>
      column === SAME
        ? marked(writing.id, writing.sealSame(text, aboutOf(column, '')))
        : marked(writing.id, writing.seal(text, aboutOf(column, row))),
    open: (column, row, sealed) => open(column, column === SAME ? '' : row, sealed.toString()),
    isCurrent: (sealed) => sealedWith(sealed.toString()) === writing.id,
    formsOf: (column, text) => [
      ...[...all.values()].map((one) => marked(one.id, one.sealSame(text, aboutOf(column, '')))),
      ...(isWhole ? [] : [text]),
    ],
    ...hashSealing(hashes, isWhole),
  }
}

/** A hash that is keyed sorts after every one that is not. */
export const KEYED = 'k'
/** The same for hashes that are numbers. */
export const KEYED_FROM = 2 ** 48

/** Its texts are compared in SQL. */
const SAME: SealedColumn = 'originals.original'
const RECORD_HASH = 'record hash'

function hashSealing(
  hashes: SealingKeys['hashes'],
  isWhole: boolean,
): Pick<Sealing, 'sealHash' | 'openHash' | 'keyedHash' | 'keyedNumber'> {
  const hmac = (text: string): Buffer => createHmac('sha256', hashes.secret).update(text).digest()
  const keyed = (hash: string): string => `${KEYED}${hmac(hash).toString('hex').slice(0, hash.length)}`
  return {
    sealHash: (hash) => (isWhole ? marked(hashes.id, hashes.sealSame(hash, RECORD_HASH)) : hash),
    openHash: (sealed) => {
      const text = sealed.toString()
      return sealedWith(text) === hashes.id ? hashes.open(contentOf(text), RECORD_HASH) : text
    },
    keyedHash: (hash) => (isWhole ? keyed(hash) : hash),
    keyedNumber: (hash) => (isWhole ? KEYED_FROM + hmac(String(hash)).readUIntBE(0, 6) : hash),
  }
}

const marked = (id: string, content: string): string => `${MARK}${id}.${content}`
const contentOf = (text: string): string => text.slice(MARK.length + ID_CHARACTERS + 1)
const aboutOf = (column: string, row: RowKey): string => `${column}\n${row}`

function unreadable(column: string, row: RowKey, why: string, options?: ErrorOptions): RollcallError {
  const name = String(row).replaceAll('\n', ' ')
  return new RollcallError(
    'LedgerValueUnreadable',
    `the value ${column} of row ${JSON.stringify(name)} does not open: ${why}; restore the ledger from a backup, or configure the key it needs`,
    options,
  )
}
