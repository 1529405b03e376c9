import { z } from 'zod'
import { OutcomeAccount, WITH_VALUES } from './outcome.ts'

/** `dataschema` of a message about an account: the id of the schema of its data. */
export const ACCOUNT_DATA = 'urn:rollcall:account-data:1'

const AccountData = z
  .object({
    objectId: z.string().meta({ description: 'Id of the Entra user' }),
    account: OutcomeAccount,
  })
  .meta({ id: 'account-data', title: 'Data about an account' })

export const AccountContract = z
  .object({
    specversion: z.literal('1.0'),
    id: z.string().meta({ description: 'Made from employee and names: the same each time it is sent' }),
    source: z.literal('/rollcall'),
    type: z.literal('rollcall.account.named'),
    subject: z.string().meta({ description: 'Employee id' }),
    time: z.string().meta({ format: 'date-time' }),
    datacontenttype: z.literal('application/json'),
    dataschema: z.literal(ACCOUNT_DATA),
    partitionkey: z.string().min(1).meta({ description: 'Employee id' }),
    dataclassification: z.literal(WITH_VALUES),
    data: AccountData,
  })
  .meta({
    title: 'Account',
    description: 'What Entra calls an account, when an outcome could not say it, as a CloudEvent',
  })
export type AccountMessage = z.input<typeof AccountContract>
