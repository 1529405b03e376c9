import type { TokenCredential } from '@azure/identity'
import { parseVaultSecret, secretVersions, vaultScope, type VaultSecret } from '../../adapters/key-vault.ts'
import { type LedgerKeys, ledgerKeysOf } from '../../adapters/ledger-sql/sealing/keys.ts'
import { useProxy } from '../../adapters/proxy.ts'
import type { Settings } from '../../config/environment.ts'
import { RollcallError } from '../../core/errors.ts'

/** The settings that name keys; one of them at most. */
const [KEYS, SECRET] = ['LEDGER_KEYS', 'LEDGER_KEY_SECRET'] as const

type KeySettings = Pick<
  Settings,
  typeof KEYS | typeof SECRET | 'PROVISIONING_ALLOW_HTTP' | 'HTTPS_PROXY' | 'NO_PROXY'
>

/** What is wrong with the keys, as far as the settings show it, without a key. */
export function wrongLedgerKeys(settings: KeySettings): readonly string[] {
  try {
    keySource(settings)
    return []
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error
    return [error.message]
  }
}

/**
 * The keys with which values of the ledger are encrypted, the newest first; `null` without any.
 * Rejects with `ConfigInvalid`, `NoToken` and `VaultUnavailable`, never with a key.
 */
export async function readLedgerKeys(
  settings: KeySettings,
  credential: TokenCredential,
): Promise<LedgerKeys | null> {
  const source = keySource(settings)
  if (source === null || source.kind === 'keys') return source && source.keys
  using _proxied = useProxy(settings)
  const { vault } = source
  const token = await credential.getToken(vaultScope(vault)).catch(() => null)
  if (token === null)
    throw new RollcallError(
      'NoToken',
      `the identity gave no token for the vault of ${SECRET}: check AUTH_MODE and what it needs`,
    )
  return keysIn(SECRET, await secretVersions(vault, token.token))
}

type KeySource =
  | { readonly kind: 'keys'; readonly keys: LedgerKeys }
  | { readonly kind: 'vault'; readonly vault: VaultSecret }

function keySource(settings: KeySettings): KeySource | null {
  const { [KEYS]: listed, [SECRET]: secret } = settings
  if (listed !== null && secret !== null)
    throw new RollcallError('ConfigInvalid', `${KEYS} and ${SECRET} are both set; remove one of them`)
  if (listed !== null) {
    const texts = listed.split(/[\s,]+/).filter((text) => text !== '')
    return { kind: 'keys', keys: keysIn(KEYS, texts) }
  }
  if (secret === null) return null
  return { kind: 'vault', vault: parseVaultSecret(SECRET, secret, settings.PROVISIONING_ALLOW_HTTP) }
}

function keysIn(setting: string, texts: readonly string[]): LedgerKeys {
  const keys = ledgerKeysOf(texts.map((text) => text.trim()))
  if (keys !== null) return keys
  throw new RollcallError(
    'ConfigInvalid',
    `${setting} takes keys of 32 bytes in base64, each once, the newest first; openssl rand -base64 32 makes one`,
  )
}
