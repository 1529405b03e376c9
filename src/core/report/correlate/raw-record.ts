import { z } from 'zod'
import { bare } from '../../own.ts'

/** Some texts arrive as numbers or booleans. */
const text = z
  .union([z.string(), z.number().transform(String), z.boolean().transform(spelled)])
  .nullish()
  .catch(null)
  .transform((value) => value ?? null)
/** An object of any shape; exports of the log contain it as JSON text. */
const details = z
  .preprocess(unquoted, z.record(z.string(), z.unknown()))
  .nullish()
  .catch(null)
  .transform((value) => bare(Object.entries(value ?? {})))
const identity = z.preprocess(unquoted, z.object({ id: text, details }).nullish().catch(null)).catch(null)
/** An item that cannot be read is left out; the others count. */
const listOf = <T extends z.ZodType>(item: T) =>
  z.preprocess(
    unquoted,
    z
      .array(item)
      .nullish()
      .catch(null)
      .transform((items) => items ?? []),
  )
const errorInformation = { errorCode: text, reason: text }

/** Lenient: missing fields, other forms and unknown enum values must not lose an answer. */
export const Raw = z.object({
  id: z.union([z.string().min(1), z.number().transform(String)]),
  jobId: text,
  activityDateTime: z.string(),
  changeId: text,
  cycleId: text,
  provisioningAction: text,
  provisioningStatusInfo: z
    .preprocess(
      unquoted,
      z
        .object({ status: text, errorInformation: z.object(errorInformation).nullish().catch(null) })
        .nullish(),
    )
    .catch(null),
  /** The beta version's names of the two fields above, with the error beside the status. */
  action: text,
  statusInfo: z
    .object({ status: text, ...errorInformation })
    .nullish()
    .catch(null),
  provisioningSteps: listOf(
    z
      .object({ name: text, provisioningStepType: text, status: text, details })
      .catch({ name: null, provisioningStepType: null, status: null, details: bare<unknown>() }),
  ),
  modifiedProperties: listOf(
    z
      .object({ displayName: text, oldValue: text, newValue: text })
      .catch({ displayName: null, oldValue: null, newValue: null }),
  ),
  sourceIdentity: identity,
  targetIdentity: identity,
})
export type RawRecord = z.output<typeof Raw>
export type RawStep = RawRecord['provisioningSteps'][number]

export function isType(step: RawStep, type: string): boolean {
  return step.provisioningStepType?.toLowerCase() === type
}

/** As the service writes booleans among texts. */
export function spelled(value: boolean): string {
  return value ? 'True' : 'False'
}

/** Anything but the JSON of an object or list stays as it is. */
function unquoted(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}
