import { z } from 'zod'

const times = z.number().int().positive().default(1)
const endpoint = z
  .enum(['bulkUpload', 'log', 'job', 'connection', 'workspace', 'users', 'scim', 'token', 'any'])
  .default('bulkUpload')
const requests = {
  on: endpoint,
  times,
  /** Requests that are let through before. */ after: z.number().int().nonnegative().default(0),
}

/**
 * Which operations: those of a user, those with a value of an attribute (by path), those of both,
 * or all.
 */
const operations = {
  externalId: z.string().optional(),
  attribute: z.string().optional(),
  /** With `attribute`; any value when missing. */
  value: z.string().optional(),
  times: z.number().int().positive().optional(),
}

/** One thing that goes wrong. Rules are tried in order; the first that fits acts. */
export const faultRuleSchema = z.discriminatedUnion('kind', [
  /** Answered with this status and not processed. */
  z.strictObject({
    kind: z.literal('status'),
    ...requests,
    status: z.number().int().min(400).max(599),
    retryAfter: z.string().optional(),
    code: z.string().optional(),
    message: z.string().optional(),
  }),
  /** The connection is reset before the request is processed. */
  z.strictObject({ kind: z.literal('reset-before'), ...requests }),
  /** The request is processed, and the connection is reset instead of an answer. */
  z.strictObject({ kind: z.literal('reset-after'), ...requests }),
  /** The answer comes late. */
  z.strictObject({ kind: z.literal('delay'), ...requests, ms: z.number().nonnegative() }),
  /** The answer's body comes in small pieces over this time. */
  z.strictObject({ kind: z.literal('slow'), ...requests, ms: z.number().nonnegative() }),
  /** The answer breaks off in the middle. */
  z.strictObject({ kind: z.literal('half'), ...requests }),
  /** The answer has a body of another type than it says. */
  z.strictObject({
    kind: z.literal('content-type'),
    ...requests,
    contentType: z.string().default('text/plain'),
  }),
  /** A proxy answers with a page of its own instead; the request is not processed. */
  z.strictObject({
    kind: z.literal('html'),
    ...requests,
    status: z.number().int().min(200).max(599).default(502),
  }),
  /** The request is answered 202 and thrown away. */
  z.strictObject({ kind: z.literal('lose-request'), times, after: requests.after }),
  /** The operation fails in the cycle. */
  z.strictObject({ kind: z.literal('fail'), ...operations, code: z.string(), reason: z.string().optional() }),
  /** The operation is accepted and never heard of again. */
  z.strictObject({ kind: z.literal('lose'), ...operations }),
  /** The operation waits for this many cycles. */
  z.strictObject({ kind: z.literal('hold'), ...operations, cycles: z.number().int().positive().default(1) }),
  /** The operation takes effect and its record never appears in the log. */
  z.strictObject({ kind: z.literal('lose-record'), ...operations }),
  /** The job goes into quarantine at once. */
  z.strictObject({
    kind: z.literal('quarantine'),
    reason: z.string().default('EncounteredQuarantineException'),
    code: z.string().default('InvalidCredentials'),
    message: z.string().default('The credentials are not valid.'),
  }),
])

export type FaultRule = z.output<typeof faultRuleSchema>
export const faultListSchema = z.union([
  z.array(faultRuleSchema),
  faultRuleSchema.transform((rule) => [rule]),
])
