import { amqp, type Typed } from '../amqp/rhea-types.ts'

const LONG_BOOLEAN = 0x56

/**
 * Reads one value with its AMQP type. rhea reads a boolean in its long form (AMQP 1.0, 1.6.2: `0x56
 * 0x01`) as a number; here both forms are booleans. Check the bytes with `assertSane` first.
 */
export function readTyped(bytes: Buffer): Typed {
  return withBooleans(new amqp.Reader(bytes).read())
}

/** The value with every boolean in it a boolean. */
export function withBooleans(typed: Typed): Typed {
  const { descriptor, type, value } = typed
  if (type.typecode === LONG_BOOLEAN) {
    const boolean = amqp.wrap_boolean(value !== 0)
    return descriptor === undefined ? boolean : amqp.described(descriptor, boolean)
  }
  if (Array.isArray(value)) {
    const elements: unknown[] = value
    for (const [index, element] of elements.entries()) {
      if (isTyped(element)) elements[index] = withBooleans(element)
    }
  }
  return typed
}

export function isTyped(value: unknown): value is Typed {
  return typeof value === 'object' && value !== null && 'type' in value && 'value' in value
}
