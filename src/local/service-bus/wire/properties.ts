import type { CorrelationField } from '../config.ts'
import { amqp, type Typed } from '../amqp/rhea-types.ts'
import { sectionBounds } from './sections.ts'
import { assertSane } from './sane.ts'
import { readTyped } from './typed.ts'

/** The message properties that rules can look at, as text. */
export type SystemProperties = Readonly<Partial<Record<CorrelationField, string>>>

const PROPERTIES_SECTION = 0x73

/**
 * Where each field sits in the AMQP properties section (AMQP 1.0, 3.2.4), and how it is encoded.
 */
const FIELDS: readonly (readonly [CorrelationField, number, 'string' | 'symbol'])[] = [
  ['messageId', 0, 'string'],
  ['to', 2, 'string'],
  ['label', 3, 'string'],
  ['replyTo', 4, 'string'],
  ['correlationId', 5, 'string'],
  ['contentType', 6, 'symbol'],
  ['sessionId', 10, 'string'],
  ['replyToSessionId', 12, 'string'],
]

export function systemProperties(bare: Buffer): SystemProperties {
  const elements = elementsOf(bare)
  const found: Partial<Record<CorrelationField, string>> = {}
  for (const [name, index] of FIELDS) {
    const value = elements[index]?.value
    if (typeof value === 'string' || typeof value === 'number') found[name] = String(value)
  }
  return found
}

/** The bare message with these properties set, or taken away where undefined. */
export function withSystemProperties(
  bare: Buffer,
  changes: Readonly<Partial<Record<CorrelationField, string | undefined>>>,
): Buffer {
  if (Object.keys(changes).length === 0) return bare
  const elements = [...elementsOf(bare)]
  for (const [name, index, encoding] of FIELDS) {
    if (!(name in changes)) continue
    while (elements.length <= index) elements.push(amqp.Null())
    const value = changes[name]
    elements[index] =
      value === undefined
        ? amqp.Null()
        : encoding === 'symbol'
          ? amqp.wrap_symbol(value)
          : amqp.wrap_string(value)
  }
  const writer = new amqp.Writer()
  writer.write(amqp.described(amqp.wrap_ulong(PROPERTIES_SECTION), amqp.List32(elements)))
  const bounds = sectionBounds(bare, PROPERTIES_SECTION)
  return Buffer.concat([writer.toBuffer(), bare.subarray(bounds?.end ?? 0)])
}

function elementsOf(bare: Buffer): readonly Typed[] {
  const bounds = sectionBounds(bare, PROPERTIES_SECTION)
  if (bounds === undefined) return []
  assertSane(bare, bounds.start, bounds.end)
  const { value } = readTyped(bare.subarray(bounds.start, bounds.end))
  return Array.isArray(value) ? (value as readonly Typed[]) : []
}
