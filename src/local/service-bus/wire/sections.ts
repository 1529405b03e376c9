import { amqp, type Typed } from '../amqp/rhea-types.ts'
import { ByteReader } from './reader.ts'
import { assertSane } from './sane.ts'
import { readTyped } from './typed.ts'

/** The descriptor codes of message sections (AMQP 1.0, 3.2). */
export const SECTIONS = {
  header: 0x70,
  deliveryAnnotations: 0x71,
  messageAnnotations: 0x72,
  properties: 0x73,
  application: 0x74,
  data: 0x75,
  footer: 0x78,
}

/** The application properties of a bare message with their AMQP types, keys in the order sent. */
export function applicationProperties(bare: Buffer): Map<string, Typed> {
  const bounds = sectionBounds(bare, SECTIONS.application)
  const properties = new Map<string, Typed>()
  if (bounds === undefined) return properties
  assertSane(bare, bounds.start, bounds.end)
  const section = readTyped(bare.subarray(bounds.start, bounds.end))
  const elements = Array.isArray(section.value) ? (section.value as readonly Typed[]) : []
  for (let index = 0; index + 1 < elements.length; index += 2) {
    const value = elements[index + 1]
    if (value !== undefined) properties.set(String(elements[index]?.value), value)
  }
  return properties
}

/**
 * The bare message with `changes` merged into its application properties; everything else stays
 * byte for byte.
 */
export function withApplicationProperties(
  bare: Buffer,
  changes: ReadonlyMap<string, Typed>,
  removals: readonly string[] = [],
): Buffer {
  if (changes.size === 0 && removals.length === 0) return bare
  const properties = applicationProperties(bare)
  for (const name of removals) properties.delete(name)
  for (const [name, value] of changes) properties.set(name, value)
  const elements = [...properties].flatMap(([name, value]) => [amqp.wrap_string(name), value])
  const writer = new amqp.Writer()
  writer.write(amqp.described(amqp.wrap_ulong(SECTIONS.application), amqp.Map32(elements)))
  const bounds = sectionBounds(bare, SECTIONS.application)
  const start = bounds?.start ?? sectionBounds(bare, SECTIONS.properties)?.end ?? 0
  return Buffer.concat([bare.subarray(0, start), writer.toBuffer(), bare.subarray(bounds?.end ?? start)])
}

/** Where a section of a bare message lies, descriptor included; undefined when there is none. */
export function sectionBounds(
  bare: Buffer,
  wanted: number,
): { readonly start: number; readonly end: number } | undefined {
  const reader = new ByteReader(bare)
  while (!reader.done) {
    const start = reader.position
    const code = reader.descriptor()
    reader.skip()
    if (code === wanted) return { start, end: reader.position }
  }
  return undefined
}

/**
 * Bytes of the properties of a bare message: of its two sections together, and of each application
 * property with its name.
 */
export function propertySizes(bare: Buffer): {
  readonly sections: number
  readonly application: readonly number[]
} {
  const properties = sectionBounds(bare, SECTIONS.properties)
  const bounds = sectionBounds(bare, SECTIONS.application)
  const application: number[] = []
  if (bounds !== undefined) {
    const reader = new ByteReader(bare, bounds.start, bounds.end)
    reader.descriptor()
    for (let pairs = reader.map() / 2; pairs > 0; pairs -= 1) {
      const start = reader.position
      reader.skip()
      reader.skip()
      application.push(reader.position - start)
    }
  }
  const sizeOf = (section: typeof bounds) => (section === undefined ? 0 : section.end - section.start)
  return { sections: sizeOf(properties) + sizeOf(bounds), application }
}
