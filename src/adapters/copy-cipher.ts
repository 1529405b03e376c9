import { RollcallError } from '../core/errors.ts'
import { decrypt, encrypt, keyIdOf, keyOf, nonceOf } from './aes-gcm.ts'

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

/**
 * The key is 32 bytes in base64, as `openssl rand -base64 32` prints them. Throws `ConfigInvalid`,
 * without the key, when it is anything else.
 */
export function copyCipher(base64: string): CopyCipher {
  const key = keyOf(base64)
  if (key === null)
    throw new RollcallError(
      'ConfigInvalid',
      'DEAD_LETTER_COPY_KEY takes 32 bytes in base64; openssl rand -base64 32 makes one',
    )
  const kid = keyIdOf(key)
  return {
    seal: (text, about) => {
      const sealed = encrypt(key, text, about)
      const nonce = nonceOf(sealed)
      const data = sealed.subarray(nonce.length)
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
        return decrypt(key, Buffer.concat([Buffer.from(nonce, 'base64'), Buffer.from(data, 'base64')]), about)
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
