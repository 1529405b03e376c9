import { hkdfSync } from 'node:crypto'
import { EncryptJWT, jwtDecrypt } from 'jose'

/** What a cookie is for. One of another purpose does not open. */
type Purpose = 'session' | 'sign-in'

/** Keeps content in cookies, encrypted and sealed. */
export interface Sealer {
  /** `until`: when it expires, in milliseconds; counted in whole seconds. */
  seal(purpose: Purpose, content: Readonly<Record<string, unknown>>, until: number): Promise<string>
  /** `null` for what was not sealed here for this purpose, or has expired. */
  open(purpose: Purpose, text: string, now: number): Promise<Readonly<Record<string, unknown>> | null>
}

const HEADER = { alg: 'dir', enc: 'A256GCM' } as const
/** Browsers keep no larger cookie. */
const LONGEST = 4_096

/**
 * Every instance with the same secrets opens what another one sealed. A new secret ends all
 * sessions.
 */
export function sealerWith(secrets: readonly string[]): Sealer {
  const key = new Uint8Array(hkdfSync('sha256', JSON.stringify(secrets), '', 'rollcall console cookies', 32))
  return {
    seal: (purpose, content, until) =>
      new EncryptJWT(content)
        .setProtectedHeader(HEADER)
        .setAudience(purpose)
        .setExpirationTime(Math.floor(until / 1_000))
        .encrypt(key),
    open: async (purpose, text, now) => {
      if (text.length > LONGEST) return null
      const opened = await jwtDecrypt(text, key, {
        audience: purpose,
        currentDate: new Date(now),
        requiredClaims: ['exp'],
        keyManagementAlgorithms: [HEADER.alg],
        contentEncryptionAlgorithms: [HEADER.enc],
      }).catch(() => null)
      return opened?.payload ?? null
    },
  }
}
