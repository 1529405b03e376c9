/**
 * The binary XML that .NET's `new BrokeredMessage("…")` and `new BrokeredMessage(byte[])` write
 * around a text or bytes: one element of the serialization namespace. Record types:
 * https://learn.microsoft.com/openspecs/windows_protocols/mc-nbfx
 */
const NAMESPACE = 'http://schemas.microsoft.com/2003/10/Serialization/'
const SHORT_ELEMENT = 0x40
const SHORT_XMLNS = 0x08
const END_ELEMENT = 0x01

/** Records of content. One more than the type means that the element ends with it. */
const CONTENT: Readonly<
  Record<number, { readonly of: 'utf-8' | 'utf-16le' | 'bytes'; readonly size: 1 | 2 | 4 }>
> = {
  0x98: { of: 'utf-8', size: 1 },
  0x9a: { of: 'utf-8', size: 2 },
  0x9c: { of: 'utf-8', size: 4 },
  0x9e: { of: 'bytes', size: 1 },
  0xa0: { of: 'bytes', size: 2 },
  0xa2: { of: 'bytes', size: 4 },
  0xb6: { of: 'utf-16le', size: 1 },
  0xb8: { of: 'utf-16le', size: 2 },
  0xba: { of: 'utf-16le', size: 4 },
}
const EMPTY_TEXT = 0xa8

export type DataContract =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** An object of a class of the sender's own, which only its code can read. */
  | { readonly kind: 'object' }
  | { readonly kind: 'damaged' }

/** Whether these bytes are binary XML of a DataContract. No JSON begins with `@`. */
export function isDataContract(bytes: Uint8Array): boolean {
  if (bytes[0] !== SHORT_ELEMENT) return false
  const head = latin1(bytes.subarray(0, 512))
  return head.includes('http://schemas.') || head.includes('http://www.w3.org/')
}

/** What the element holds. Call it for what `isDataContract` says it is one. */
export function readDataContract(bytes: Uint8Array): DataContract {
  const reader = new Reader(bytes)
  reader.byte()
  const name = reader.name()
  if (name !== 'string' && name !== 'base64Binary') return { kind: 'object' }
  if (reader.byte() !== SHORT_XMLNS || reader.name() !== NAMESPACE) return { kind: 'object' }
  const parts: Uint8Array[] = []
  const texts: string[] = []
  for (;;) {
    const type = reader.byte()
    if (type === END_ELEMENT) break
    const isLast = (type & 1) === 1
    const record = CONTENT[type - (isLast ? 1 : 0)]
    if (record) {
      const part = reader.take(reader.length(record.size))
      if (part === null) return { kind: 'damaged' }
      if (record.of === 'bytes') parts.push(part)
      else texts.push(decode(part, record.of))
    } else if (type - (isLast ? 1 : 0) !== EMPTY_TEXT) return { kind: 'damaged' }
    if (isLast) break
  }
  if (name === 'base64Binary') return { kind: 'bytes', bytes: joined(parts) }
  return { kind: 'text', text: texts.join('') }
}

/** Reads past the end give zeros, which no record begins with. */
class Reader {
  #at = 0
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0
  }

  /** A text with its length before it, seven bits a byte. */
  name(): string {
    let length = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte()
      length |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    const text = this.take(length)
    return text === null ? '' : latin1(text)
  }

  length(size: 1 | 2 | 4): number {
    let length = 0
    for (let at = 0; at < size; at++) length += this.byte() * 2 ** (8 * at)
    return length
  }

  take(length: number): Uint8Array | null {
    const from = this.#at
    this.#at += length
    return this.#at > this.#bytes.length ? null : this.#bytes.subarray(from, this.#at)
  }
}

const decoders = { 'utf-8': new TextDecoder('utf-8'), 'utf-16le': new TextDecoder('utf-16le') }

function decode(bytes: Uint8Array, encoding: 'utf-8' | 'utf-16le'): string {
  return decoders[encoding].decode(bytes)
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
