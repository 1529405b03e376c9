import { MalformedError } from './reader.ts'

/** Deeper nesting than any client sends; it bounds the stack. */
const MAX_DEPTH = 32
/**
 * Elements of an array that take no bytes of their own (nulls, empty lists): more than this is an
 * attack on memory.
 */
const MAX_EMPTY_ELEMENTS = 1024

/**
 * Checks that encoded values nest properly before rhea decodes them. rhea believes every count it
 * reads: an array of four thousand million nulls fits into ten bytes. Throws MalformedError (or
 * Node's RangeError).
 */
export function assertSane(bytes: Buffer, start = 0, end = bytes.length): void {
  let position = start
  while (position < end) position = valueEnd(bytes, position, end, 0)
}

function valueEnd(bytes: Buffer, start: number, end: number, depth: number): number {
  if (depth > MAX_DEPTH) throw new MalformedError('the values are nested too deeply')
  if (start >= end) throw new MalformedError('the bytes end early')
  const code = bytes.readUInt8(start)
  if (code === 0x00) return valueEnd(bytes, valueEnd(bytes, start + 1, end, depth + 1), end, depth + 1)
  const position = start + 1
  switch (code >>> 4) {
    case 0x4:
      return position
    case 0x5:
      return within(position + 1, end)
    case 0x6:
      return within(position + 2, end)
    case 0x7:
      return within(position + 4, end)
    case 0x8:
      return within(position + 8, end)
    case 0x9:
      return within(position + 16, end)
    case 0xa:
      return within(position + 1 + bytes.readUInt8(position), end)
    case 0xb:
      return within(position + 4 + bytes.readUInt32BE(position), end)
    case 0xc:
      return compoundEnd(
        bytes,
        position + 2,
        within(position + 1 + bytes.readUInt8(position), end),
        bytes.readUInt8(position + 1),
        depth,
      )
    case 0xd:
      return compoundEnd(
        bytes,
        position + 8,
        within(position + 4 + bytes.readUInt32BE(position), end),
        bytes.readUInt32BE(position + 4),
        depth,
      )
    case 0xe:
      return arrayEnd(
        bytes,
        position + 2,
        within(position + 1 + bytes.readUInt8(position), end),
        bytes.readUInt8(position + 1),
        depth,
      )
    case 0xf:
      return arrayEnd(
        bytes,
        position + 8,
        within(position + 4 + bytes.readUInt32BE(position), end),
        bytes.readUInt32BE(position + 4),
        depth,
      )
    default:
      throw new MalformedError(`unknown type 0x${code.toString(16)}`)
  }
}

function within(position: number, end: number): number {
  if (position > end) throw new MalformedError('the bytes end early')
  return position
}

function compoundEnd(bytes: Buffer, start: number, end: number, count: number, depth: number): number {
  let position = start
  for (let index = 0; index < count; index += 1) position = valueEnd(bytes, position, end, depth + 1)
  return end
}

/**
 * Elements of an array share one constructor, so that those with a width are bounded by the array's
 * size.
 */
function arrayEnd(bytes: Buffer, start: number, end: number, count: number, depth: number): number {
  let position = start
  while (bytes.readUInt8(within(position, end - 1)) === 0x00)
    position = valueEnd(bytes, position + 1, end, depth + 1)
  const code = bytes.readUInt8(position)
  if (code >>> 4 === 0x4 && count > MAX_EMPTY_ELEMENTS)
    throw new MalformedError(`an array claims ${count} empty elements`)
  if (code >>> 4 !== 0x4 && count > end - position)
    throw new MalformedError(`an array claims ${count} elements in ${end - position} bytes`)
  return end
}
