import type { TokenCredential } from '@azure/identity'
import { parseVaultSecret, secretVersions, vaultScope } from '../../adapters/key-vault.ts'
import { type LedgerKeys, ledgerKeysOf } from '../../adapters/ledger-sql/sealing/keys.ts'
import { useProxy } from '../../adapters/proxy.ts'
import type { Config } from '../../config/load.ts'
import { RollcallError } from '../../core/errors.ts'

/** The settings that name keys; one of them at most. */
const [KEYS, SECRET] = ['LEDGER_KEYS', 'LEDGER_KEY_SECRET'] as const

/**
 * The keys with which values of the ledger are encrypted, the newest first; `null` without any.
 * Rejects with `ConfigInvalid`, `NoToken` and `VaultUnavailable`, never with a key.
 */
export async function readLedgerKeys(
  config: Pick<Config, typeof KEYS | typeof SECRET | 'PROVISIONING_ALLOW_HTTP' | 'HTTPS_PROXY' | 'NO_PROXY'>,
  credential: TokenCredential,
): Promise<LedgerKeys | null> {
  const { [KEYS]: listed, [SECRET]: secret } = config
  if (listed !== null && secret !== null)
    throw new RollcallError('ConfigInvalid', `${KEYS} and ${SECRET} are both set; remove one of them`)
  if (listed !== null)
    return keysIn(
      KEYS,
      listed.split(/[\s,]+/).filter((text) => text !== ''),
    )
  if (secret === null) return null
  const vault = parseVaultSecret(SECRET, secret, config.PROVISIONING_ALLOW_HTTP)
  using _proxied = useProxy(config)
  const token = await credential.getToken(vaultScope(vault)).catch(() => null)
  if (token === null)
    throw new RollcallError(
      'NoToken',
      `the identity gave no token for the vault of ${SECRET}: check AUTH_MODE and what it needs`,
    )
  return keysIn(SECRET, await secretVersions(vault, token.token))
}

function keysIn(setting: string, texts: readonly string[]): LedgerKeys {
  const keys = ledgerKeysOf(texts.map((text) => text.trim()))
  if (keys !== null) return keys
  throw new RollcallError(
    'ConfigInvalid',
    `${setting} takes keys of 32 bytes in base64, each once, the newest first; openssl rand -base64 32 makes one`,
  )
}
