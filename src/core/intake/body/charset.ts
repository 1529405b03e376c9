import type { BodyTrouble } from '../../ports.ts'
import { looksLike } from './looks-like.ts'

export type DecodedText =
  | { readonly kind: 'text'; readonly text: string }
  | ({ readonly kind: 'unreadable' } & BodyTrouble)

const strict = {
  utf8: new TextDecoder('utf-8', { fatal: true }),
  utf16le: new TextDecoder('utf-16le', { fatal: true }),
  utf16be: new TextDecoder('utf-16be', { fatal: true }),
}
/** Names of UTF-8, and of what is UTF-8 as well. */
const AS_UTF8: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii'])
const AS_UTF16: ReadonlySet<string> = new Set(['utf-16', 'utf-16le', 'utf-16be', 'utf16', 'ucs-2', 'unicode'])

/** Whether a name, such as one in `content-encoding`, is that of a charset. */
export function isCharset(name: string): boolean {
  return AS_UTF8.has(name) || AS_UTF16.has(name) || name.startsWith('utf-32') || decoderOf(name) !== null
}

/**
 * Bytes of a JSON text as text. A byte order mark decides before a declared charset does, and so do
 * the zero bytes of UTF-16 (JSON begins with two ASCII characters,
 * https://www.rfc-editor.org/rfc/rfc4627#section-3): neither can be anything else. Where bytes and
 * charset contradict each other and both could be meant, the text is not guessed.
 */
export function decodeText(bytes: Uint8Array, charset: string | null): DecodedText {
  // Almost every body begins with an ASCII character and no zero.
  const isPlain = bytes[0] !== 0 && bytes[1] !== 0 && (bytes[0] ?? 0) < 0x80
  const unicode = isPlain ? null : (byMark(bytes) ?? byZeros(bytes))
  if (unicode === 'utf-32')
    return unreadable('the body is UTF-32, by its first four bytes; send JSON as UTF-8')
  if (unicode) return decodeUtf16(bytes, unicode)
  if (charset === null || AS_UTF8.has(charset)) return decodeUtf8(bytes, charset)
  const asUtf8 = textOf(strict.utf8, bytes)
  if (AS_UTF16.has(charset))
    return asUtf8 === null
      ? unreadable('the content type says UTF-16 and the body is not; send JSON as UTF-8', bytes)
      : { kind: 'text', text: asUtf8 }
  const decoder = decoderOf(charset)
  if (decoder === null)
    return asUtf8 !== null && isAscii(bytes)
      ? { kind: 'text', text: asUtf8 }
      : unreadable('the content type names a charset that is not known; send JSON as UTF-8', bytes)
  // Accented letters of a single-byte charset do not form UTF-8 by chance.
  if (isSingleByte(decoder) && asUtf8 !== null && !isAscii(bytes))
    return unreadable(
      `the content type says charset=${decoder.encoding} and the body is UTF-8; set charset=utf-8`,
      bytes,
    )
  const text = textOf(decoder, bytes)
  return text === null
    ? unreadable(
        `the content type says charset=${decoder.encoding} and the body is not; send JSON as UTF-8`,
        bytes,
      )
    : { kind: 'text', text }
}

function decodeUtf8(bytes: Uint8Array, charset: string | null): DecodedText {
  const text = textOf(strict.utf8, bytes)
  if (text !== null) return { kind: 'text', text }
  const said = charset === null ? '' : 'the content type says UTF-8, but '
  return unreadable(`${said}the body ${looksLike(bytes)}`, bytes)
}

function decodeUtf16(bytes: Uint8Array, order: 'utf-16le' | 'utf-16be'): DecodedText {
  const text = textOf(order === 'utf-16le' ? strict.utf16le : strict.utf16be, bytes)
  return text === null
    ? unreadable(
        `the body is ${order.toUpperCase()} and damaged or cut off; send it again, as UTF-8 if you can`,
      )
    : { kind: 'text', text }
}

function firstFour(bytes: Uint8Array): readonly (number | undefined)[] {
  return [bytes[0], bytes[1], bytes[2], bytes[3]]
}

function byMark(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | 'utf-32' | null {
  const [a, b, c, d] = firstFour(bytes)
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? 'utf-32' : 'utf-16le'
  if (a === 0xfe && b === 0xff) return 'utf-16be'
  return a === 0 && b === 0 && c === 0xfe && d === 0xff ? 'utf-32' : null
}

/** What JSON begins with: a brace, a bracket, a quote or white space. */
const BEGINS: ReadonlySet<number | undefined> = new Set([0x7b, 0x5b, 0x22, 0x20, 0x0a, 0x0d, 0x09])

function byZeros(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | 'utf-32' | null {
  const [a, b, c, d] = firstFour(bytes)
  if (BEGINS.has(a) && b === 0) return c === 0 && d === 0 ? 'utf-32' : 'utf-16le'
  if (a !== 0) return null
  if (b === 0 && c === 0 && BEGINS.has(d)) return 'utf-32'
  return BEGINS.has(b) ? 'utf-16be' : null
}

type Decoder = InstanceType<typeof TextDecoder>
const decoders = new Map<string, Decoder | null>()
/** Senders choose the names. */
const MOST_REMEMBERED = 100

function decoderOf(charset: string): Decoder | null {
  const known = decoders.get(charset)
  if (known !== undefined) return known
  let decoder: Decoder | null = null
  try {
    decoder = new TextDecoder(charset, { fatal: true })
  } catch {
    // Not a charset, or none that is known here.
  }
  if (decoders.size < MOST_REMEMBERED) decoders.set(charset, decoder)
  return decoder
}

function isSingleByte({ encoding }: Decoder): boolean {
  return /^(?:windows-|iso-8859-|macintosh|koi8|ibm866|x-mac)/.test(encoding)
}

function isAscii(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte < 0x80)
}

function textOf(decoder: Decoder, bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes)
  } catch {
    return null
  }
}

/** What is ASCII in the bytes is right in any of the charsets that may be meant. */
const guess = new TextDecoder('utf-8')

function unreadable(description: string, bytes?: Uint8Array): DecodedText {
  const found = { kind: 'unreadable', code: 'BodyNotText', description } as const
  return bytes === undefined ? found : { ...found, guess: guess.decode(bytes) }
}
