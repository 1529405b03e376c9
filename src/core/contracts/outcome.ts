import { z } from 'zod'
import { FINAL_EVENT_STATES } from '../ledger/lifecycle.ts'

/**
 * `dataschema` of an outcome: the id of the schema of its data. A change that a consumer could
 * notice takes the next number.
 */
export const OUTCOME_DATA = 'urn:rollcall:outcome-data:1'

/**
 * How an outcome that carries values is marked
 * (https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/data-classification.md).
 */
export const WITH_VALUES = 'confidential'

const state = z.enum(FINAL_EVENT_STATES)
const reason = z.string().meta({ description: 'A code; docs/reference/reasons.md lists them' })

/** What outcomes can say about an account, as `OUTCOME_ACCOUNT` names it. */
export const ACCOUNT_FIELDS = ['userName', 'mail'] as const
export type AccountField = (typeof ACCOUNT_FIELDS)[number]

/** Names of an account; of those that were not asked for there is no field. */
export const OutcomeAccount = z.object({
  userName: z.string().nullable().optional().meta({ description: 'User principal name' }),
  mail: z.string().nullable().optional().meta({ description: 'Mail address; null while there is none' }),
})

const OutcomeData = z
  .object({
    event: z
      .object({ source: z.string(), id: z.string(), type: z.string() })
      .meta({ description: 'The event that this is the outcome of' }),
    revision: z.int().min(1).meta({ description: 'The highest revision of an event counts' }),
    revises: z.string().nullable().meta({ description: 'Id of the outcome that this one replaces' }),
    state,
    reason: reason.nullable(),
    detail: z.string().nullable().meta({ description: 'Names of attributes and events, never a value' }),
    attributes: z
      .array(z.string())
      .meta({ description: 'Dotted names of the attributes of the event, as HR calls them' }),
    values: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'Values of the attributes that OUTCOME_VALUES names' }),
    by: z
      .object({ source: z.string(), id: z.string() })
      .nullable()
      .meta({ description: 'The event that superseded or rescinded this one' }),
    operation: z.string().nullable().meta({ description: 'The operation that carried the event' }),
    findings: z.array(z.string()).meta({ description: 'Codes of open findings about the event' }),
    objectId: z.string().nullable().meta({ description: 'Id of the Entra user' }),
    destination: z.string().optional().meta({
      description: 'Where the account of the employee is; only with several destinations',
    }),
    account: OutcomeAccount.nullable().optional().meta({
      description: 'What OUTCOME_ACCOUNT asks for, as Entra held it when this was sent; null when not known',
    }),
  })
  .meta({ id: 'outcome-data', title: 'Data of an outcome' })

export const OutcomeContract = z
  .object({
    specversion: z.literal('1.0'),
    id: z.string().meta({ description: 'Made from event and revision: the same each time it is sent' }),
    source: z.literal('/rollcall'),
    type: z.enum(FINAL_EVENT_STATES.map((state) => `rollcall.event.${state}` as const)),
    subject: z.string().meta({ description: 'Employee id' }),
    time: z.string().meta({ format: 'date-time' }),
    datacontenttype: z.literal('application/json'),
    dataschema: z.literal(OUTCOME_DATA),
    partitionkey: z.string().min(1).meta({ description: 'Employee id' }),
    dataclassification: z
      .literal(WITH_VALUES)
      .optional()
      .meta({ description: 'Present when data has values of the employee, or names of the account' }),
    causationid: z.string().meta({ description: 'Id of the event' }),
    traceparent: z.string().optional().meta({ description: 'W3C trace context of the event' }),
    data: OutcomeData,
  })
  .meta({ title: 'Outcome', description: 'The final outcome of one event, as a CloudEvent' })
export type Outcome = z.input<typeof OutcomeContract>

/** The application properties of the message, by which a subscription can filter. */
export const OutcomeProperties = z.object({ state, reason: reason.optional() })
