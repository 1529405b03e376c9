import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { decrypt, encrypt, keyIdOf, keyOf, nonceOf } from '../../aes-gcm.ts'

/** The keys of the configuration, the newest first: it seals, and all of them open. */
export type LedgerKeys = readonly [newest: KeyObject, ...older: KeyObject[]]

/** `null` unless every key is 32 bytes in base64 and none comes twice. */
export function ledgerKeysOf(texts: readonly string[]): LedgerKeys | null {
  const keys = texts.map(keyOf).filter((key) => key !== null)
  const [newest, ...older] = keys.map((key) => createSecretKey(key))
  const ids = new Set(keys.map(keyIdOf))
  return newest && ids.size === texts.length ? [newest, ...older] : null
}

/** Seals and opens with one key. */
export interface KeyCipher {
  readonly id: string
  /** The same text gives another result each time. */
  seal(text: string, about: string): string
  /** The same text gives the same result, which shows that two texts are equal. */
  sealSame(text: string, about: string): string
  /** Throws when it was not sealed with this key about this. */
  open(sealed: string, about: string): string
}

/**
 * A key serves one purpose: what is sealed with it, and what makes nonces, are keys derived from
 * it.
 */
export function keyCipher(key: KeyObject): KeyCipher {
  const id = keyIdOf(key.export())
  const values = derived(key, 'rollcall ledger values')
  const nonces = derived(key, 'rollcall ledger nonces')
  const text = (bytes: Buffer): string => bytes.toString('base64')
  return {
    id,
    seal: (plain, about) => text(encrypt(values, plain, about)),
    sealSame: (plain, about) => {
      const digest = createHmac('sha256', nonces).update(`${about.length}.${about}`).update(plain).digest()
      return text(encrypt(values, plain, about, nonceOf(digest)))
    },
    open: (sealed, about) => decrypt(values, Buffer.from(sealed, 'base64'), about),
  }
}

function derived(key: KeyObject, purpose: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', key, '', purpose, 32)))
}
