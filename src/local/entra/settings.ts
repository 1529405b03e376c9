import { z } from 'zod'

const milliseconds = z.number().nonnegative()

/**
 * Everything about the double that can be chosen. The defaults are the documented service; what Microsoft does not document is a
 * setting here, explained in docs/doubles-entra.md.
 */
export const settingsSchema = z.strictObject({
  tenantId: z.string().default('78638b23-9db7-4212-8142-bdb49cc93081'),
  servicePrincipalId: z.string().default('138f2b43-c3f8-45a9-8594-938a7d025779'),
  servicePrincipalName: z.string().default('API2AAD-Contoso'),
  applicationId: z.string().default('00f41137-25e7-4d99-8bc3-d56779fda45e'),
  jobId: z.string().default('API2AAD.78638b239db742128142bdb49cc93081.834b9227-5076-4461-8170-2655ee80ff68'),
  targetSystemName: z.string().default('Azure Active Directory'),

  /** Time between the starts of two cycles. Not documented; reports go up to 40 minutes. */
  cycleMs: milliseconds.default(40 * 60_000),
  /** The order in which a cycle takes the staged operations. Not documented. */
  orderInCycle: z.enum(['arrival', 'shuffled']).default('arrival'),
  seed: z.number().int().default(1),

  /** From processing to the appearance of the record: 5 to 10 minutes documented. */
  logLagMs: z.strictObject({ min: milliseconds, max: milliseconds }).default({ min: 5 * 60_000, max: 10 * 60_000 }),
  logPageSize: z.number().int().positive().default(100),
  logPageMax: z.number().int().positive().default(1000),
  logRetentionMs: milliseconds.default(30 * 24 * 3_600_000),

  limits: z
    .strictObject({
      /** Switches the call limits (not `operationsPerCall`). */
      enabled: z.boolean().default(true),
      operationsPerCall: z.number().int().positive().default(50),
      /** The answer to more operations than that: not documented. */
      tooManyOperations: z.union([z.literal(400), z.literal(413)]).default(400),
      callsPer5s: z.number().int().positive().default(40),
      callsPerDay: z.number().int().positive().default(2000),
      logRequestsPer10s: z.number().int().positive().default(5),
      bodyBytes: z
        .number()
        .int()
        .positive()
        .default(4 * 1024 * 1024),
    })
    .prefault({}),
  /** How the 429 of bulkUpload words Retry-After: seen absent, whole and fractional. */
  retryAfter: z.enum(['whole', 'fractional', 'absent']).default('whole'),

  /** Bearer tokens that are let in; any, when the list is missing. */
  allowedTokens: z.array(z.string()).optional(),

  /** `lenient` accepts what Microsoft's own samples get away with, `strict` only what the reference page allows. */
  validation: z.enum(['lenient', 'strict']).default('lenient'),

  /** Both gates of the null flow: a null, empty or omitted attribute is cleared. Off: it is left as it is. */
  flowNulls: z.boolean().default(true),
  /** What an operation without `active` does. `disable` has been reported. */
  omittedActive: z.enum(['disable', 'ignore']).default('disable'),
  createDisabled: z.boolean().default(true),
  mandatory: z.array(z.string()).default(['userName']),
  /** Two people cannot have the same userPrincipalName. */
  uniqueUserName: z.boolean().default(true),
  /** Added to a userName without a domain. */
  defaultDomain: z.string().default('contoso.onmicrosoft.com'),
  /** `all`: every attribute sent has been added to the attribute list and mapped. `mapped`: only the mapping's. */
  attributeList: z.enum(['all', 'mapped']).default('all'),
  /** Whether the import step echoes `active`. No real record does. */
  echoActive: z.boolean().default(false),
})

/** What may be given: everything is optional. */
export type EntraSettings = z.input<typeof settingsSchema>
/** What the double runs on: everything has its value. */
export type Settings = z.output<typeof settingsSchema>

/** Short cycles and lag and no call limits, for tests and demonstrations. */
export const fastSettings: Partial<EntraSettings> = {
  cycleMs: 150,
  logLagMs: { min: 150, max: 250 },
  limits: { enabled: false },
}
