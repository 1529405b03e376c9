import { createCipheriv, createDecipheriv, createHash, type KeyObject, randomFillSync } from 'node:crypto'

/** AES-256-GCM, as copies of dead letters and values of the ledger use it. */

const ALGORITHM = 'aes-256-gcm'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** A key object is several times faster than its bytes. */
type Key = Buffer | KeyObject

/** Random bytes are cheaper in portions. */
const portion = Buffer.alloc(NONCE_BYTES * 512)
let used = portion.length

function freshNonce(): Buffer {
  if (used === portion.length) {
    randomFillSync(portion)
    used = 0
  }
  return portion.subarray(used, (used += NONCE_BYTES))
}

/**
 * The bytes of a key of 32 bytes in base64, as `openssl rand -base64 32` prints it; else `null`.
 */
export function keyOf(base64: string): Buffer | null {
  const key = Buffer.from(base64, 'base64')
  const same = key.toString('base64').replace(/=+$/, '') === base64.replace(/=+$/, '')
  return same && key.length === KEY_BYTES ? key : null
}

/** Says which key opens a text when keys change; it does not help to guess one of 256 bits. */
export const keyIdOf = (key: Buffer): string => createHash('sha256').update(key).digest('hex').slice(0, 16)

/**
 * Nonce, ciphertext and tag, one after another. `about` is not hidden, and cannot be exchanged. A
 * nonce that is given must never serve two texts.
 */
export function encrypt(key: Key, text: string, about: string, nonce: Buffer = freshNonce()): Buffer {
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(about))
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
}

/** Throws when the bytes were made with another key or about something else, or changed since. */
export function decrypt(key: Key, bytes: Buffer, about: string): string {
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
    .setAAD(Buffer.from(about))
    .setAuthTag(bytes.subarray(-TAG_BYTES))
  const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES))
  // Checks the tag, and has no bytes of its own.
  decipher.final()
  return text.toString('utf8')
}

/** The nonce of a text that must be encrypted the same way each time. */
export const nonceOf = (digest: Buffer): Buffer => digest.subarray(0, NONCE_BYTES)
