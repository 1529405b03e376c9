import { z } from 'zod'
import { PRESET_NAMES } from '../../core/plan/mapping/presets.ts'
import { fileFlag as flag, jsonata, oneOf, scalar, text } from '../values.ts'

const RULE = z
  .strictObject({
    from: text.optional().meta({ description: 'Worker attribute, by its dotted path' }),
    jsonata: jsonata
      .optional()
      .meta({ description: 'JSONata over the worker. $employee is the employee id' }),
    constant: scalar.optional().meta({ description: 'The same value for every employee' }),
    default: scalar.optional().meta({ description: 'Used when the attribute has no value' }),
    required: flag.optional().meta({ description: 'Without a value, the record is incomplete' }),
    nulls: z
      .enum(['explicit', 'omit'])
      .optional()
      .meta({ description: 'Whether a cleared attribute is an explicit null or left out' }),
  })
  .check(({ value, issues }) => {
    if ([value.from, value.jsonata, value.constant].filter((one) => one !== undefined).length === 1) return
    issues.push({
      code: 'custom',
      message: 'must have exactly one of from, jsonata and constant',
      path: [],
      input: value,
    })
  })

export const MAPPING = z.strictObject({
  base: z
    .enum(['default', 'none'])
    .default('default')
    .meta({ description: 'Start with the default mapping, or empty' }),
  presets: z.array(oneOf(PRESET_NAMES)).default([]).meta({
    description: 'Further rules to start with. lifecycle: dates for lifecycle workflows',
  }),
  nulls: z
    .enum(['explicit', 'omit'])
    .default('explicit')
    .meta({ description: 'The default of nulls for all rules' }),
  attributes: z
    .record(text, z.union([text, RULE, z.null()]))
    .default({})
    .meta({ description: 'SCIM target → worker attribute, rule, or null to remove it' }),
})

export type MappingContent = z.output<typeof MAPPING>
