import { z } from 'zod'
import { optional, text, whole } from '../values.ts'

/** Where the ledger is, how it is reached, and with which keys it is encrypted. */
export const LEDGER_VARIABLES = {
  LEDGER: text.default('rollcall.db').meta({
    description:
      'The ledger: a SQLite file, or postgres://user@host/database?sslmode=verify-full. Missing tables are created',
  }),
  LEDGER_AUTH: z.enum(['password', 'entra']).default('password').meta({
    description:
      'How to authenticate to the database: with a password, or with a token of the identity of AUTH_MODE',
  }),
  LEDGER_PASSWORD: optional.meta({
    description: 'Password for the database, instead of one in LEDGER',
    secret: true,
  }),
  LEDGER_KEYS: optional.meta({
    description:
      'Keys that encrypt personal values in the ledger: 32 bytes in base64 each, the newest first, separated by spaces, commas or line breaks. Without a key values are not encrypted',
    secret: true,
  }),
  LEDGER_KEY_SECRET: optional.meta({
    description:
      'The same keys in Azure Key Vault, instead of LEDGER_KEYS: the address of a secret whose enabled versions are the keys, such as https://contoso.vault.azure.net/secrets/rollcall-ledger',
  }),
  LEDGER_CONNECTIONS: whole
    .min(2)
    .max(100)
    .default(10)
    .meta({ description: 'Largest number of database connections of each instance' }),
  // Not 0: to the server it would mean no limit, to the client an immediate timeout.
  LEDGER_STATEMENT_MS: whole
    .min(100)
    .default(30_000)
    .meta({ description: 'Longest time for one SQL statement' }),
}
