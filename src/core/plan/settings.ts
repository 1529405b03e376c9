// Apart from the rules that follow them: the thread of a ledger needs the rules, and not zod.
import { z } from 'zod'

/**
 * What happens to an employee who becomes active at a later moment. It applies to activations only:
 * the moment of a termination never moves, nor that of any other change.
 *
 * - `hold`: nothing is sent before the moment.
 * - `early`: the event takes effect some days sooner. A gap in employment is kept whole: when the
 *   employee left within those days, or as they begin, the activation keeps its own moment.
 * - `announce`: the event's attributes are sent at once, with `active: false` and the date in an
 *   attribute; the employee becomes active at the moment. An employee who is still active is not
 *   announced before the gap begins.
 */
export const ActivationSettings = z.discriminatedUnion('policy', [
  z.strictObject({ policy: z.literal('hold') }),
  z.strictObject({ policy: z.literal('early'), days: z.int().min(1).max(365) }),
  z.strictObject({ policy: z.literal('announce'), attribute: z.string().min(1) }),
])
export type Activation = Readonly<z.output<typeof ActivationSettings>>

const scalar = z.union([z.string(), z.number(), z.boolean()])

/** Worker attributes, by their dotted paths, and the values that fit. */
export const AttributeValues = z.record(z.string().min(1), z.union([scalar, z.array(scalar).min(1)]))
export type AttributeValues = z.output<typeof AttributeValues>

/** Who is sent to the directory while a tenant tries Rollcall. Everyone else is held. */
export const PilotSettings = z
  .strictObject({
    employees: z
      .array(z.union([z.string().min(1), z.number()]))
      .default([])
      .meta({
        description: 'Employee ids',
      }),
    where: AttributeValues.optional().meta({
      description:
        'Worker attribute, by its dotted path → a value or values. An employee belongs to it when every attribute has one of its values',
    }),
  })
  .refine(({ employees, where }) => employees.length > 0 || Object.keys(where ?? {}).length > 0, {
    message: 'must name employees or attributes; without pilot, every employee is sent',
  })
export type PilotSettings = z.output<typeof PilotSettings>
