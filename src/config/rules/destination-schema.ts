import { z } from 'zod'
import { EmergencyFileSettings } from '../../core/emergency/settings.ts'
import { AttributeValues } from '../../core/plan/settings.ts'
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
  kind: z.enum(['job', 'scim']).default('job').meta({
    description:
      "job: a provisioning job. scim: the accounts are written directly through Entra's SCIM API, which has answers at once and is billed by calls",
  }),
  endpoint: text.meta({
    description:
      'Full bulkUpload URL of its job, as the portal shows it. Of kind scim: https://graph.microsoft.com/rp/scim',
  }),
  tenant: guid.optional().meta({ description: 'Tenant of its job. Default: AZURE_TENANT_ID' }),
  quota: text.optional().meta({
    description:
      'Jobs with the same quota share the calls of a day and of five seconds. Default: its tenant, because Entra counts the calls of a tenant together',
  }),
  callsPerDay: callLimit.optional().meta({ description: 'Default: CALLS_PER_DAY' }),
  callsPer5s: callLimit.optional().meta({ description: 'Default: CALLS_PER_5S' }),
  usdPerDay: EmergencyFileSettings.shape.usdPerDay.optional().meta({
    description: 'Kind scim, required: the most that calls may cost in any 24 hours, in USD',
  }),
  usdPerMonth: EmergencyFileSettings.shape.usdPerMonth.optional().meta({
    description: 'Kind scim, required: the most that calls may cost in any 31 days, in USD',
  }),
  usdPerCall: EmergencyFileSettings.shape.usdPerCall.meta({
    description: 'Kind scim: what Microsoft bills for a call, in USD',
  }),
  mapping: MAPPING.optional().meta({ description: 'Its own mapping. Default: mapping of this file' }),
})
export type DestinationContent = z.output<typeof DESTINATION>

export const DESTINATIONS = z
  .array(DESTINATION)
  .min(1)
  .check(({ value, issues }) => {
    const complain = (index: number, key: string, message: string): void =>
      void issues.push({ code: 'custom', message, path: [index, key], input: value })
    if (value.length > 0 && value.every(({ kind }) => kind === 'scim'))
      complain(0, 'kind', 'is scim in every destination; one at least must be a provisioning job')
    const names = new Set<string>()
    for (const [index, one] of value.entries()) {
      const { name, where } = one
      for (const [key, message] of misplaced(one)) complain(index, key, message)
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

const OF_JOBS = ['quota', 'callsPerDay', 'callsPer5s'] as const
const OF_SCIM = ['usdPerDay', 'usdPerMonth'] as const
type Complaint = readonly [key: string, message: string]

/** Settings that the kind of a destination does not have, or lacks. */
function misplaced(one: DestinationContent): readonly Complaint[] {
  const isGiven = (key: keyof DestinationContent): boolean => one[key] !== undefined
  if (one.kind === 'job')
    return OF_SCIM.filter(isGiven).map((key): Complaint => [key, 'is for destinations of kind scim'])
  return [
    ...OF_JOBS.filter(isGiven).map((key): Complaint => [key, 'is for provisioning jobs']),
    ...OF_SCIM.filter((key) => !isGiven(key)).map((key): Complaint => [
      key,
      'is missing, and Microsoft bills the calls of kind scim',
    ]),
  ]
}
