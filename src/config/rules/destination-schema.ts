import { z } from 'zod'
import { AttributeValues } from '../../core/plan/conditions.ts'
import { callLimit, guid, text } from '../values.ts'
import { MAPPING } from './mapping-schema.ts'

const DESTINATION = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,30}$/, 'must be up to 31 small letters, digits and hyphens')
    .meta({
      description:
        'Its name in the ledger, in outcomes and in metrics. default: the employees of a connector without destinations',
    }),
  where: AttributeValues.optional().meta({
    description:
      'Worker attribute, by its dotted path → a value or values. An employee belongs to the first destination of which every attribute fits. Default: every employee that no earlier destination takes',
  }),
  endpoint: text.meta({ description: 'Full bulkUpload URL of its job, as the portal shows it' }),
  tenant: guid.optional().meta({ description: 'Tenant of its job. Default: AZURE_TENANT_ID' }),
  quota: text.optional().meta({
    description:
      'Jobs with the same quota share the calls of a day and of five seconds. Default: its tenant, because Entra counts the calls of a tenant together',
  }),
  callsPerDay: callLimit.optional().meta({ description: 'Default: CALLS_PER_DAY' }),
  callsPer5s: callLimit.optional().meta({ description: 'Default: CALLS_PER_5S' }),
  mapping: MAPPING.optional().meta({ description: 'Its own mapping. Default: mapping of this file' }),
})
export type DestinationContent = z.output<typeof DESTINATION>

export const DESTINATIONS = z
  .array(DESTINATION)
  .min(1)
  .check(({ value, issues }) => {
    const complain = (index: number, key: string, message: string): void =>
      void issues.push({ code: 'custom', message, path: [index, key], input: value })
    const names = new Set<string>()
    for (const [index, { name, where }] of value.entries()) {
      if (names.has(name)) complain(index, 'name', 'is that of another destination')
      names.add(name)
      if (where === undefined && index < value.length - 1)
        complain(index, 'where', 'is missing, so that no later destination gets an employee')
      if (where && Object.keys(where).length === 0)
        complain(
          index,
          'where',
          'must name an attribute; without where, a destination takes every other employee',
        )
    }
  })
