import { z } from 'zod'
import { EventAttributes, EventData } from '../intake/event/canonical.ts'
import { EVENT_TYPES } from '../intake/event/event-types.ts'
import { BLOCKED, UNBLOCKED } from '../model.ts'

const Worker = z.looseObject({
  active: z.boolean().optional().meta({
    description: 'Access. Implied by hired, rehired, terminated and deleted; nothing else decides it',
  }),
  managerId: z.union([z.string(), z.int()]).nullish().meta({ description: 'Employee id of the manager' }),
})

const CanonicalData = EventData.extend({
  worker: Worker.optional().meta({ description: 'Attributes of the employee; null clears one' }),
  until: z
    .string()
    .nullish()
    .meta({ description: 'Of worker.blocked: when the block ends by itself, a date or a date-time' }),
})

/** Types that need no attributes. */
const NO_WORKER = [
  'worker.hired',
  'worker.rehired',
  'worker.terminated',
  'worker.deleted',
  'worker.rescinded',
  BLOCKED,
  UNBLOCKED,
]
const isOneOf = (types: readonly string[]) => ({ properties: { type: { enum: types } }, required: ['type'] })
const hasMode = (mode: string) => ({
  properties: { data: { properties: { mode: { const: mode } }, required: ['mode'] } },
  required: ['data'],
})
const unless = (exempt: object, needed: object) => ({ anyOf: [exempt, needed] })
const dataHas = (field: string) => ({ properties: { data: { required: [field] } }, required: ['data'] })

/**
 * A canonical HR event: what intake accepts without a shape and without the rules of a source. An
 * alias of a source may allow further types.
 */
export const EventContract = EventAttributes.extend({
  type: z.enum(EVENT_TYPES),
  datacontenttype: z.string().optional(),
  data: CanonicalData.optional(),
}).meta({
  title: 'HR event',
  description: 'A change that HR reports about one employee, as a CloudEvent',
  allOf: [
    unless({ not: isOneOf(['worker.rescinded']) }, dataHas('rescinds')),
    unless({ anyOf: [isOneOf(NO_WORKER), hasMode('notice')] }, dataHas('worker')),
    unless({ not: hasMode('snapshot') }, dataHas('worker')),
    unless(isOneOf([BLOCKED, UNBLOCKED]), { required: ['data'] }),
  ],
})
