import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { RollcallError } from '../core/errors.ts'

/** Encrypts copies of dead letters: AES-256-GCM, with a fresh 96-bit nonce each time. */
export interface CopyCipher {
  /**
   * `about` is not hidden and cannot be exchanged: a text sealed about one thing does not open
   * about another.
   */
  seal(text: string, about: string): string
  /**
   * Rejects with `CopyUnreadable` what was sealed with another key, about something else, or
   * changed since.
   */
  open(sealed: string, about: string): string
}

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * The key is 32 bytes in base64, as `openssl rand -base64 32` prints them. Throws `ConfigInvalid`,
 * without the key, when it is anything else.
 */
export function copyCipher(base64: string): CopyCipher {
  const key = Buffer.from(base64, 'base64')
  if (key.length !== KEY_BYTES || key.toString('base64').replace(/=+$/, '') !== base64.replace(/=+$/, ''))
    throw new RollcallError(
      'ConfigInvalid',
      'DEAD_LETTER_COPY_KEY takes 32 bytes in base64; openssl rand -base64 32 makes one',
    )
  // Says which key opens a copy when keys change; it does not help to guess one of 256 bits.
  const kid = createHash('sha256').update(key).digest('hex').slice(0, 16)
  return {
    seal: (text, about) => {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(about))
      const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return JSON.stringify({
        alg: 'A256GCM',
        kid,
        nonce: nonce.toString('base64'),
        data: data.toString('base64'),
      })
    },
    open: (sealed, about) => {
      try {
        const { nonce, data } = JSON.parse(sealed) as { readonly nonce: string; readonly data: string }
        const bytes = Buffer.from(data, 'base64')
        const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64'), {
          authTagLength: TAG_BYTES,
        })
          .setAAD(Buffer.from(about))
          .setAuthTag(bytes.subarray(-TAG_BYTES))
        return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString(
          'utf8',
        )
      } catch (cause) {
        throw new RollcallError(
          'CopyUnreadable',
          'the copy was sealed with another key, or is not what was sealed: look at its kid, and use rollcall dead-letters show',
          { cause },
        )
      }
    },
  }
}
