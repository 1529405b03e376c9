import type { BodyTrouble } from '../../ports.ts'
import { charsetOf } from './content-type.ts'
import { type DecodedText, decodeText, isCharset } from './charset.ts'
import { isDataContract, readDataContract } from './data-contract.ts'

/** What a message declares about its bytes. */
export interface Declared {
  readonly contentType: string | null
  /** Of the AMQP property and the application property, in the order in which they were applied. */
  readonly encodings: readonly string[]
  /** The charset that is agreed for bodies that are not UTF-8 and name none. */
  readonly agreed?: string
}

/** Ways to compress. `raw deflate` has no header, so that bytes alone do not show it. */
export type Packing = 'gzip' | 'zlib' | 'raw deflate' | 'brotli'

export type ReadBytes =
  | DecodedText
  /** To be unpacked; what it unpacks to is declared as `rest`. */
  | { readonly kind: 'packed'; readonly packing: Packing; readonly rest: Declared }

/**
 * As much as a message of the premium tier holds unless its queue allows more, whatever it was
 * packed to: https://learn.microsoft.com/azure/service-bus-messaging/service-bus-quotas
 */
export const MOST_UNPACKED_BYTES = 1_048_576
/** Packed twice is a mistake that happens, more is an attack. */
const MOST_LAYERS = 2

export type Unpacked =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'too large' }
  | { readonly kind: 'damaged' }
/** Unpacks without blocking, and gives up at `MOST_UNPACKED_BYTES`. */
export type Unpack = (bytes: Uint8Array, packing: Packing) => Promise<Unpacked>

function isPacking(encoding: string): boolean {
  return encoding !== 'identity' && encoding !== 'none' && encoding !== ''
}

/** Whether `readBytes` may find the bytes packed. Almost none are. */
export function isPacked(bytes: Uint8Array, { encodings }: Declared): boolean {
  return encodings.some(isPacking) || packingByMagic(bytes) !== null
}

/** The text of a body. Answers at once, without a promise, what is not packed: almost all of it. */
export function readBytes(bytes: Uint8Array, declared: Declared): ReadBytes {
  const { contentType } = declared
  const encodings =
    declared.encodings.length === 0 ? declared.encodings : declared.encodings.filter(isPacking)
  const last = encodings.at(-1)
  if (last === undefined || isCharset(last)) {
    // JSON never begins with these bytes, so an undeclared compression is recognised too.
    const packing = packingByMagic(bytes)
    if (packing) return { kind: 'packed', packing, rest: { ...declared, encodings } }
    if (isDataContract(bytes)) return textOfDataContract(bytes)
    return decodeAgreed(bytes, charsetOf(contentType) ?? last ?? null, declared)
  }
  const rest = { ...declared, encodings: encodings.slice(0, -1) }
  const packing = packingOf(last, bytes)
  if (packing === null)
    return unreadable(
      'BodyNotUnpacked',
      'the body has a content encoding that is not known here; send it as it is, or as gzip, deflate or br',
    )
  // Something on the way unpacked it and left the property behind.
  return packing === 'plain' ? readBytes(bytes, rest) : { kind: 'packed', packing, rest }
}

function decodeAgreed(bytes: Uint8Array, charset: string | null, { agreed }: Declared): DecodedText {
  const read = decodeText(bytes, charset)
  return read.kind === 'text' || charset !== null || agreed === undefined ? read : decodeText(bytes, agreed)
}

/** The text of a packed body. */
export async function unpackText(
  bytes: Uint8Array,
  packed: Extract<ReadBytes, { kind: 'packed' }>,
  unpack: Unpack,
): Promise<DecodedText> {
  let next: ReadBytes = packed
  let inside = bytes
  for (let layer = 0; next.kind === 'packed'; layer++) {
    const how = NAMES[next.packing]
    if (layer === MOST_LAYERS)
      return unreadable('BodyNotUnpacked', 'the body is compressed more than twice; compress it once')
    const unpacked = await unpack(inside, next.packing)
    if (unpacked.kind === 'too large')
      return unreadable(
        'BodyTooLarge',
        `the body is compressed (${how}) and larger than ${MOST_UNPACKED_BYTES.toLocaleString('en')} bytes when unpacked; send fewer events in a message`,
      )
    if (unpacked.kind === 'damaged')
      return unreadable(
        'BodyNotUnpacked',
        `the body is compressed (${how}) and damaged or cut off; send it again`,
      )
    inside = unpacked.bytes
    next = readBytes(inside, next.rest)
  }
  return next
}

const NAMES: Readonly<Record<Packing, string>> = {
  gzip: 'gzip',
  zlib: 'deflate',
  'raw deflate': 'deflate',
  brotli: 'br',
}

function packingByMagic(bytes: Uint8Array): Packing | null {
  const a = bytes[0]
  const b = bytes[1]
  if (a === 0x1f && b === 0x8b) return 'gzip'
  return isZlib(a, b) ? 'zlib' : null
}

/**
 * The header of https://www.rfc-editor.org/rfc/rfc1950, with the usual window, which begins with an
 * `x`.
 */
function isZlib(a: number | undefined, b: number | undefined): boolean {
  return a === 0x78 && b !== undefined && (a * 256 + b) % 31 === 0 && (b & 0x20) === 0
}

/** How bytes under a content encoding are packed; `null` for an encoding that is not known. */
function packingOf(encoding: string, bytes: Uint8Array): Packing | 'plain' | null {
  const magic = packingByMagic(bytes)
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return magic ?? (isJsonText(bytes) ? 'plain' : 'gzip')
    // Two forms have this name, with a header and without:
    // https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.2
    case 'deflate':
    case 'x-deflate':
    case 'zlib':
      return magic ?? (isJsonText(bytes) ? 'plain' : 'raw deflate')
    case 'br':
    case 'brotli':
      return isJsonText(bytes) ? 'plain' : 'brotli'
    default:
      return null
  }
}

/**
 * Bytes of text that begin as JSON does. What is compressed without a header is not text by chance.
 */
function isJsonText(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)
  return (first === 0x7b || first === 0x5b || first === 0x22) && decodeText(bytes, null).kind === 'text'
}

function textOfDataContract(bytes: Uint8Array): DecodedText {
  const found = readDataContract(bytes)
  switch (found.kind) {
    case 'text':
      return found
    case 'bytes':
      return decodeText(found.bytes, null)
    case 'object':
      return unreadable(
        'BodyNotText',
        'the body is an object of a .NET class in binary XML (new BrokeredMessage(object)); send JSON, as a stream',
      )
    case 'damaged':
      return unreadable(
        'BodyNotText',
        'the body is a .NET text in binary XML (new BrokeredMessage(string)) and damaged or cut off; send JSON, as a stream',
      )
  }
}

function unreadable(code: BodyTrouble['code'], description: string): DecodedText {
  return { kind: 'unreadable', code, description }
}
