import { types } from 'node:util'
import { bare } from '../../core/own.ts'
import type { SourceMessage } from '../../core/ports.ts'

/**
 * What a sender wrote in the place of a text: any AMQP type can stand there, and the client hands
 * it over as it is. `null` for anything but a text.
 */
export const textIn = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** An id may also be a number, or bytes. */
export function idIn(value: unknown): string | null {
  if (typeof value === 'number' || types.isUint8Array(value)) return String(value)
  return textIn(value)
}

type Properties = SourceMessage['properties']
type Property = Properties[string]

/**
 * Application properties with simple values. Of a value with a descriptor, which .NET writes for a
 * `TimeSpan`, a `Uri` or a `DateTimeOffset`, the value itself: the client leaves the types of its
 * AMQP library beside it, and with these a message could not be handed to a thread. Bytes, lists
 * and maps, which Service Bus does not allow there, count as `null`.
 */
export function simpleProperties(given: Readonly<Record<string, unknown>> | undefined): Properties {
  if (given === undefined) return {}
  const values = Object.values(given)
  // Almost always.
  if (values.every(isSimple)) return given as Properties
  const simple = bare<Property>()
  for (const [name, value] of Object.entries(given)) simple[name] = simpleOf(value)
  return simple
}

function isSimple(value: unknown): value is Property {
  return value === null || typeof value !== 'object' || types.isDate(value)
}

function simpleOf(value: unknown): Property {
  if (isSimple(value)) return value
  const inside: unknown =
    typeof value === 'object' && value !== null && 'descriptor' in value && 'value' in value
      ? value.value
      : null
  return isSimple(inside) ? inside : null
}
