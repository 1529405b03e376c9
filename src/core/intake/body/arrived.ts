import { type Declared, isPacked, readBytes } from './bytes.ts'
import type { DecodedText } from './charset.ts'

/**
 * A body as it arrived: bytes that are unpacked and not read yet, or the result of reading them.
 * The thread that needs the text reads the bytes.
 */
export type ArrivedBody =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly declared: Declared }
  | DecodedText

/** The text of a body, or why there is none. */
export function readArrived(body: ArrivedBody): DecodedText {
  if (body.kind !== 'bytes') return body
  const read = readBytes(body.bytes, body.declared)
  // Packed bytes are unpacked before they are passed on.
  if (read.kind === 'packed') throw new TypeError('a packed body was passed on')
  return read
}

/**
 * Bytes that can be read later. `null` for those that are packed, which takes a thread of the pool.
 */
export function arrivedBytes(bytes: Uint8Array, declared: Declared): ArrivedBody | null {
  return isPacked(bytes, declared) ? null : { kind: 'bytes', bytes, declared }
}
