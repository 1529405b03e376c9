import { amqp, type Typed } from '../amqp/rhea-types.ts'
import { isTyped } from './typed.ts'

/**
 * How many fields each list has that the broker sends through rhea (AMQP 1.0, 2.7, 2.8.14 and 3.5).
 */
const FIELD_COUNTS: ReadonlyMap<unknown, number> = new Map([
  [0x10, 10],
  [0x11, 8],
  [0x12, 14],
  [0x13, 11],
  [0x16, 3],
  [0x17, 1],
  [0x18, 1],
  [0x1d, 3],
  [0x28, 11],
  [0x29, 7],
])

/**
 * A performative with every field, nulls at the end included. AMQP lets a sender leave those out
 * (1.4), but the service writes them, and `azure-servicebus` for Python takes the fields by their
 * index without looking how many there are.
 */
export function withEveryField(typed: Typed): Typed {
  const { descriptor, value } = typed
  if (!Array.isArray(value)) return typed
  const count = FIELD_COUNTS.get(descriptor?.value)
  if (descriptor === undefined || count === undefined) return typed
  const elements: unknown[] = value
  const fields = Array.from({ length: count }, (_, index) => {
    const field = elements[index]
    return isTyped(field) ? withEveryField(field) : amqp.Null()
  })
  return amqp.described(descriptor, amqp.List32(fields))
}
