import { z } from 'zod'
import { AccessSettings } from '../access.ts'

/** The longest one read may take, with all its pages, calls, attempts and waits. */
export const LONGEST_READ_MS = 240_000

const text = z.string().min(1)
/** Also as text, because an expanded variable is one. */
const flag = z.union([z.boolean(), z.stringbool()])

/** A token from the token endpoint of an OAuth 2.0 authorization server (RFC 6749, 4.4). */
export const OAuthSettings = z.strictObject({
  tokenUrl: text.meta({ description: 'Address of the token endpoint' }),
  clientId: text.meta({ description: 'Id of the client' }),
  clientSecret: text.optional().meta({ description: 'Secret of the client. Write it as ${NAME}' }),
  clientAuthentication: z.enum(['basic', 'post']).default('basic').meta({
    description: 'Where the secret is sent: in the authorization header (basic) or in the form (post)',
  }),
  keyFile: text.optional().meta({
    description: 'Instead of a secret: PEM file of the private key that signs an assertion (private_key_jwt)',
  }),
  keyPassphrase: text.optional().meta({ description: 'Passphrase of keyFile. Write it as ${NAME}' }),
  certificateFile: text.optional().meta({
    description: 'PEM file of the certificate of keyFile. Its thumbprints are put in the assertion',
  }),
  keyId: text.optional().meta({ description: 'kid of the assertion' }),
  assertionAudience: text.optional().meta({ description: 'aud of the assertion. Default: tokenUrl' }),
  scope: text.optional().meta({ description: 'Scopes, separated by blanks' }),
  audience: text.optional().meta({ description: 'Parameter audience of the request' }),
  grantType: text.default('client_credentials').meta({
    description: 'Grant type. Another one takes what it needs from parameters',
  }),
  parameters: z
    .record(z.string(), z.string())
    .default({})
    .meta({ description: 'Further parameters of the request. Write a secret as ${NAME}' }),
  leewayMs: z.int().min(0).default(60_000).meta({
    description: 'A token is replaced this long before it expires, or at half of its life if that is later',
  }),
  timeoutMs: z.int().min(1).default(10_000).meta({ description: 'Longest time for one token request' }),
})
export type OAuthSettings = Readonly<z.output<typeof OAuthSettings>>

/** The certificate that this client shows (mutual TLS), and the authorities it trusts. */
export const TlsSettings = z.strictObject({
  certificateFile: text
    .optional()
    .meta({ description: 'PEM file of the client certificate, with its chain' }),
  keyFile: text.optional().meta({ description: 'PEM file of its private key' }),
  pfxFile: text.optional().meta({ description: 'Instead of both: PFX (PKCS #12) file' }),
  passphrase: text.optional().meta({ description: 'Passphrase of keyFile or pfxFile. Write it as ${NAME}' }),
  caFile: text.optional().meta({
    description: 'PEM file of authorities to trust besides the public ones',
  }),
})
export type TlsSettings = Readonly<z.output<typeof TlsSettings>>

const PAGED = {
  url: text.meta({
    description:
      'Address of one employee. {employee}, {id}, {type} and {source} are replaced, percent-encoded',
  }),
  next: text.optional().meta({
    description:
      'JSONata over one page that yields the address of the next, of the same host, or nothing. With it, the answer is the list of the pages',
  }),
}

/** A further address that is read for the same employee. */
const CallSettings = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z]\w{0,63}$/, 'takes a name of letters, digits and _')
    .meta({
      description: 'Name of the answer: $calls.name in expressions',
    }),
  ...PAGED,
  optional: flag.default(false).meta({
    description: 'Whether the answer may be missing (404 or 410). Then the name is not bound',
  }),
})

/** How one HR system is read. Durations are milliseconds. */
export const HrSystemSettings = z.strictObject({
  ...PAGED,
  calls: z
    .array(CallSettings)
    .max(10)
    .default([])
    .meta({ description: 'Further addresses to read for the same employee, one after the other' }),
  headers: z
    .record(z.string(), z.string())
    .default({})
    .meta({ description: 'Headers. Write a secret as ${NAME}' }),
  basic: z
    .strictObject({
      user: text.meta({ description: 'Name of the user' }),
      password: z.string().meta({ description: 'Password. Write it as ${NAME}' }),
    })
    .optional()
    .meta({ description: 'Sign in with user and password' }),
  oauth: OAuthSettings.optional().meta({ description: 'Sign in with an OAuth 2.0 token' }),
  tls: TlsSettings.optional().meta({ description: 'Client certificate (mutual TLS)' }),
  allowHttp: flag.default(false).meta({ description: 'Allow plain HTTP to loopback, for a local double' }),
  worker: text
    .default('$')
    .meta({ description: 'JSONata over the answer that yields the worker attributes' }),
  access: AccessSettings.optional().meta({
    description:
      'How a status of the answer becomes access. worker sees $active, and a status without access wins over it',
  }),
  required: z.array(text).min(1).optional().meta({
    description: 'Attributes that the worker must have, by their dotted paths',
  }),
  found: text.optional().meta({
    description:
      'JSONata over the answer that yields whether it holds the employee. Default: not if it says failure, such as success: false, or holds nothing',
  }),
  employee: text.optional().meta({
    description: 'JSONata over the answer that yields the employee id in it. Another id is refused',
  }),
  at: text.optional().meta({
    description:
      'JSONata over the answer that yields the time it was true. An answer older than its notice is read again, and what HR recorded later still counts',
  }),
  timeoutMs: z.int().min(1).default(10_000).meta({ description: 'Longest time for one HTTP attempt' }),
  tries: z.int().min(1).max(10).default(3).meta({ description: 'Attempts in one read' }),
  retryMs: z
    .int()
    .min(0)
    .default(500)
    .meta({ description: 'Wait before the second attempt of a read. It doubles each time' }),
  maxBytes: z
    .int()
    .min(1)
    .default(1_000_000)
    .meta({ description: 'Largest answer, with all its pages and calls' }),
  maxPages: z.int().min(1).max(1_000).default(20).meta({ description: 'Most pages of one address' }),
})
export type HrSystemSettings = Readonly<z.output<typeof HrSystemSettings>>

/** How notices of all HR systems are processed. Durations are milliseconds. */
export const NoticeSettings = z.strictObject({
  waitMs: z.int().min(0).default(5_000).meta({
    description: 'A notice is read after this wait, because an earlier read returns the old record',
  }),
  concurrency: z.int().min(1).max(64).default(4).meta({ description: 'Reads in progress at once' }),
  attempts: z
    .int()
    .min(1)
    .default(8)
    .meta({ description: 'Reads of one notice before it fails as HydrateFailed' }),
  retryMs: z
    .int()
    .min(0)
    .default(5_000)
    .meta({ description: 'Wait after a failed read. It doubles each time' }),
  retryCapMs: z.int().min(0).default(900_000).meta({ description: 'Longest such wait' }),
  pollMs: z.int().min(1).default(1_000).meta({ description: 'Time between two checks for notices' }),
})
export type NoticeSettings = Readonly<z.output<typeof NoticeSettings>>
