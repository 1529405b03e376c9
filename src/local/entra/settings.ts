import { z } from 'zod'
import { faultRuleSchema } from './fault-settings.ts'
import { attributeMappingSchema, scopeClauseSchema } from './mapping/mapping-settings.ts'

const milliseconds = z.number().nonnegative()
const chance = z.number().min(0).max(1)
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** What an application needs for upload, log, job, connections, users and the SCIM API. */
export const ALL_PERMISSIONS = [
  'SynchronizationData-User.Upload',
  'ProvisioningLog.Read.All',
  'Synchronization.Read.All',
  'SynchronizationMetadata.Read.OwnedBy',
  'User.Read.All',
  'User.ReadWrite.All',
  // A role of Azure, beside the permissions of Graph.
  'Log Analytics Data Reader',
]

/**
 * Everything about the double that can be chosen. The defaults are the documented service; what
 * Microsoft does not document is a setting here, explained in docs/reference/doubles-entra.md.
 */
export const settingsSchema = z.strictObject({
  /**
   * The target of the job: Microsoft Entra ID (`API2AAD`) or on-premises Active Directory
   * (`API2AD`).
   */
  kind: z.enum(['entra', 'ad']).default('entra'),
  tenantId: z.string().default('0b1c6d52-84f3-4e07-a9d6-3c5e7f901a24'),
  servicePrincipalId: z.string().default('5e2f7a10-0c4d-4b6e-9a31-7d20c8e4b516'),
  servicePrincipalName: z.string().default('API2AAD-Contoso'),
  applicationId: z.string().default('a4093c7e-5b18-4d2f-8e60-f1b7c25d3964'),
  /**
   * By default `API2AAD.` or `API2AD.`, the tenant's id without dashes, and a fixed one of its own.
   */
  jobId: z.string().optional(),
  /** By default as the real records of a job to Entra ID have it, or `Active Directory`. */
  targetSystemName: z.string().optional(),

  /** Time between the starts of two cycles. Not documented; reports go up to 40 minutes. */
  cycleMs: milliseconds.default(40 * 60_000),
  /** The order in which a cycle takes the staged operations. Not documented. */
  orderInCycle: z.enum(['arrival', 'shuffled']).default('arrival'),
  seed: z.number().int().default(1),

  /** From processing to the appearance of the record: 5 to 10 minutes documented. */
  logLagMs: z
    .strictObject({ min: milliseconds, max: milliseconds })
    .default({ min: 5 * 60_000, max: 10 * 60_000 }),
  logPageSize: z.number().int().positive().default(100),
  logPageMax: z.number().int().positive().default(1000),
  logRetentionMs: milliseconds.default(30 * DAY_MS),
  /** `$orderby` has been seen ignored. */
  orderBy: z.enum(['honoured', 'ignored']).default('honoured'),
  /**
   * The chance that two neighbours of a page change places, and that a page begins with the last
   * record of the one before.
   */
  logDisorder: chance.default(0),
  logRepeats: chance.default(0),

  /** The Log Analytics workspace that gets the log, and how much later than the log itself. */
  workspaceId: z.string().default('d6f1a0b4-7c52-4e3b-9a80-41c5e7d2f963'),
  /** Not documented. */
  workspaceLagMs: milliseconds.default(5 * 60_000),

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
      workspaceQueriesPer30s: z.number().int().positive().default(200),
      /** Resource units for users, of an application in a tenant of over 500 users. */
      userUnitsPer10s: z.number().int().positive().default(8000),
      /** Changes of users, of an application in a tenant. */
      userWritesPer150s: z.number().int().positive().default(3000),
      bodyBytes: z
        .number()
        .int()
        .positive()
        .default(4 * 1024 * 1024),
    })
    .prefault({}),
  /** Whether the SCIM Provisioning API is turned on and linked to a subscription. */
  scimApi: z.enum(['enabled', 'disabled']).default('enabled'),
  /** Whether the job offers object connections; if not, each request is answered 404. */
  objectConnections: z.enum(['available', 'unavailable']).default('available'),
  /** What a connection has as its source anchor. Not documented for this kind of job. */
  sourceAnchor: z.enum(['externalId', 'other']).default('externalId'),
  /** How the 429 of bulkUpload words Retry-After: seen absent, whole and fractional. */
  retryAfter: z.enum(['whole', 'fractional', 'absent']).default('whole'),

  /** Bearer tokens that are let in; any, when the list is missing. */
  allowedTokens: z.array(z.string()).optional(),
  /**
   * `issued`: only tokens of the double's own token endpoint, while they last and for what their
   * permissions allow.
   */
  tokens: z.enum(['any', 'issued']).default('any'),
  /** The clients that may request a token. Without the list, every client with any secret may. */
  clients: z
    .array(
      z.strictObject({
        clientId: z.string(),
        clientSecret: z.string().optional(),
        permissions: z.array(z.string()).default(ALL_PERMISSIONS),
      }),
    )
    .optional(),
  tokenLifetimeMs: milliseconds.default(3_599_000),

  /**
   * `lenient` accepts what Microsoft's own samples get away with, `strict` only what the reference
   * page allows.
   */
  validation: z.enum(['lenient', 'strict']).default('lenient'),

  /**
   * Both gates of the null flow: a null, empty or omitted attribute is cleared. Off: it is left as
   * it is.
   */
  flowNulls: z.boolean().default(true),
  /** The gate of single source attributes, by path, where it differs from `flowNulls`. */
  sourceFlowNull: z.record(z.string(), z.boolean()).default({}),
  /** What an operation without `active` does. `disable` has been reported. */
  omittedActive: z.enum(['disable', 'ignore']).default('disable'),
  createDisabled: z.boolean().default(true),
  mandatory: z.array(z.string()).default(['userName']),
  /** Two users cannot have the same userPrincipalName. */
  uniqueUserName: z.boolean().default(true),
  /** A userPrincipalName must keep to the documented characters and lengths. */
  checkUserName: z.boolean().default(true),
  /** Other attributes must keep to the documented lengths and forms. Only for `kind: 'entra'`. */
  checkAttributes: z.boolean().default(true),
  /** The most characters of an attribute, where it differs from the documentation; null: any. */
  attributeLimits: z.record(z.string(), z.number().int().positive().nullable()).default({}),
  /** The code of a failure because of `checkAttributes`. Not documented. */
  invalidValueCode: z.string().min(1).default('AttributeValidationFailed'),
  /** The domains that a userPrincipalName may have; any, when the list is missing. */
  verifiedDomains: z.array(z.string()).optional(),
  /** Added to a userName without a domain. */
  defaultDomain: z.string().default('contoso.onmicrosoft.com'),
  /**
   * `all`: every attribute sent has been added to the attribute list and mapped. `mapped`: only the
   * mapping's.
   */
  attributeList: z.enum(['all', 'mapped']).default('all'),
  /** Whether the import step echoes `active`. No real record does. */
  echoActive: z.boolean().default(false),
  /**
   * What the scoping step says about an inactive user. Only `True`, for active users, has been
   * seen.
   */
  scopingActive: z.enum(['source', 'always-true']).default('source'),
  /** The attribute mapping; the default for the kind of job when missing. */
  mapping: z.array(attributeMappingSchema).optional(),
  /** Groups of clauses. A user is in scope if every clause of one group holds. */
  scope: z.array(z.array(scopeClauseSchema).min(1)).default([]),
  /** What happens to an enabled user who leaves the scope. Not documented for this kind of job. */
  outOfScope: z.enum(['skip', 'disable']).default('skip'),
  targetActions: z
    .strictObject({ create: z.boolean().default(true), update: z.boolean().default(true) })
    .prefault({}),

  /**
   * Failed operations are tried again: at 6, 12 and 24 hours, then daily up to 28 days
   * (documented).
   */
  escrow: z
    .strictObject({
      enabled: z.boolean().default(true),
      delaysMs: z.array(milliseconds).default([6 * HOUR_MS, 12 * HOUR_MS, 24 * HOUR_MS]),
      thenEveryMs: milliseconds.default(DAY_MS),
      giveUpAfterMs: milliseconds.default(28 * DAY_MS),
      /** Whether the record of a retry has the changeId of the first try. Not documented. */
      changeId: z.enum(['new', 'same']).default('new'),
    })
    .prefault({}),
  quarantine: z
    .strictObject({
      /** At least this many failures in a cycle, and more than this percentage. */
      failures: z.number().int().positive().default(5_000),
      percent: z.number().positive().default(40),
      /** More operations than this waiting for a retry. */
      escrowed: z.number().int().positive().default(40_000),
      /** The same with managers that were not found. */
      withReferences: z.number().int().positive().default(60_000),
      /** Cycles slow down to this. */
      cycleMs: milliseconds.default(DAY_MS),
      disableAfterMs: milliseconds.default(28 * DAY_MS),
    })
    .prefault({}),
  /**
   * If one cycle would disable more users, it disables none and the job is quarantined. Without it
   * there is no threshold.
   */
  deletionThreshold: z.number().int().positive().optional(),
  /** The state the job starts in. */
  jobState: z.enum(['NotConfigured', 'NotRun', 'Active', 'Paused']).default('Active'),
  /** How many operations can be staged. Not documented. */
  bucketOperations: z.number().int().positive().default(500_000),
  /** Whether operations that failed stay in the same bucket (documented). */
  failuresFillBucket: z.boolean().default(true),
  /** Whether a restart discards staged operations while no cycle runs (documented). */
  restartPurges: z.boolean().default(true),
  /** Records of another source in the same job, for each cycle that does something. */
  foreignPerCycle: z.number().int().nonnegative().default(0),

  /** A request that has not come in whole by then is cut off. */
  requestTimeoutMs: z.number().int().positive().default(30_000),
  /** More connections at a time are refused. */
  connections: z.number().int().positive().default(2_000),

  /** Faults in force from the start. */
  faults: z.array(faultRuleSchema).default([]),
  /** A file with such a list, read at the start. */
  faultFile: z.string().optional(),
  /** A file with users who are in the directory from the start. */
  directoryFile: z.string().optional(),
})

/** The settings a caller may give. All are optional. */
export type EntraSettings = z.input<typeof settingsSchema>
/** The complete settings. */
export type Settings = z.output<typeof settingsSchema> & {
  readonly jobId: string
  readonly targetSystemName: string
}

/** Throws a ZodError for an unknown setting or a wrong value. */
export function readSettings(given: Partial<EntraSettings>): Settings {
  const settings = settingsSchema.parse(given)
  const isEntra = settings.kind === 'entra'
  const job = `${isEntra ? 'API2AAD' : 'API2AD'}.${settings.tenantId.replaceAll('-', '')}.c81d0f36-29a7-4f55-b0e2-6a4d913b7e08`
  const target = isEntra ? 'Azure Active Directory' : 'Active Directory'
  return { ...settings, jobId: settings.jobId ?? job, targetSystemName: settings.targetSystemName ?? target }
}

/** Short cycles and lag and no call limits, for tests and demonstrations. */
export const FAST_SETTINGS: Partial<EntraSettings> = {
  cycleMs: 150,
  logLagMs: { min: 150, max: 250 },
  limits: { enabled: false },
}
