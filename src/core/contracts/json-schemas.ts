import { z } from 'zod'
import { ACCOUNT_DATA, AccountContract } from './account.ts'
import { CopyContract } from './dead-letter-copy.ts'
import { EventContract } from './event.ts'
import { NotificationContract } from './notification.ts'
import { OUTCOME_DATA, OutcomeContract } from './outcome.ts'

/** Whole messages, by the name of their schema. */
export const CONTRACTS = {
  event: EventContract,
  outcome: OutcomeContract,
  account: AccountContract,
  notification: NotificationContract,
  'dead-letter-copy': CopyContract,
} as const
export type ContractName = keyof typeof CONTRACTS

export interface JsonSchema {
  readonly title?: string
  readonly description?: string
  /** Schemas that this one refers to, by name. */
  readonly definitions?: Readonly<Record<string, object>>
  readonly [keyword: string]: unknown
}

/** The JSON Schema (draft 7) of what is sent. It allows further fields. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { target: 'draft-7', io: 'input' })
}

/** What `dataschema` names, by the name of the schema. */
const DATA_IDS: Readonly<Record<string, string>> = {
  'outcome-data': OUTCOME_DATA,
  'account-data': ACCOUNT_DATA,
}

/**
 * The schema of a message as a document of its own, with an id by which other documents name it.
 * The schema of its data has the id that its `dataschema` names.
 */
export function schemaDocument(name: ContractName): JsonSchema {
  const { $schema, definitions = {}, ...schema } = jsonSchemaOf(CONTRACTS[name])
  const named = Object.entries(definitions).map(([id, data]) => [id, { $id: DATA_IDS[id], ...data }])
  return {
    $schema,
    $id: `urn:rollcall:${name}:1`,
    ...schema,
    ...(named.length === 0 ? {} : { definitions: Object.fromEntries(named) }),
  }
}
