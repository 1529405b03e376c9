/** First bytes of what is sent by mistake. */
const FORMATS: readonly (readonly [name: string, ...bytes: readonly number[]])[] = [
  ['a ZIP file', 0x50, 0x4b, 0x03, 0x04],
  ['a bzip2 file', 0x42, 0x5a, 0x68],
  ['an xz file', 0xfd, 0x37, 0x7a, 0x58, 0x5a],
  ['an Avro file', 0x4f, 0x62, 0x6a, 0x01],
  ['compressed with zstd, which is not read here', 0x28, 0xb5, 0x2f, 0xfd],
  ['a PDF', 0x25, 0x50, 0x44, 0x46],
  ['a serialized Java object', 0xac, 0xed, 0x00, 0x05],
]
/** A larger share of printable ASCII than this is text in another charset, not binary. */
const TEXT_SHARE = 0.7
const C1 = { from: 0x80, to: 0x9f }

/**
 * What bytes are that are not UTF-8, and what to do, to complete "the body …". Quotes nothing of
 * them.
 */
export function looksLike(bytes: Uint8Array): string {
  const format = FORMATS.find(([, ...magic]) => magic.every((byte, at) => bytes[at] === byte))
  if (format) return `is ${format[0]}; send JSON as UTF-8, as it is or packed with gzip`
  const bad = firstNotUtf8(bytes)
  if (bytes.length - bad < 4 && isBeginningOfCharacter(bytes.subarray(bad)))
    return 'ends within a character: it was cut off; send it again'
  if (shareOfText(bytes) < TEXT_SHARE) return 'is binary, neither UTF-8 nor UTF-16; send JSON as UTF-8'
  if (isHalfOfPair(bytes.subarray(bad)))
    return `has a half of a surrogate pair at position ${bad + 1}: it looks like CESU-8, as Java and Oracle write it; send UTF-8`
  const isWindows = bytes.some((byte) => byte >= C1.from && byte <= C1.to)
  const charset = isWindows ? 'windows-1252' : 'iso-8859-1'
  return (
    `has bytes above 0x7F that are not UTF-8, the first at position ${bad + 1}: it looks like ` +
    `${isWindows ? 'Windows-1252' : 'Latin-1'}; send UTF-8, or set charset=${charset} in the content type, or under the source`
  )
}

function shareOfText(bytes: Uint8Array): number {
  let text = 0
  for (const byte of bytes) if ((byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d)) text += 1
  return text / bytes.length
}

/** Where the first byte is that does not belong to a whole character of UTF-8. */
function firstNotUtf8(bytes: Uint8Array): number {
  let at = 0
  while (at < bytes.length) {
    const first = bytes[at] ?? 0
    const length = lengthOf(first)
    if (length === 0 || !mayFollow(first, bytes[at + 1])) return at
    for (let next = at + 1; next < at + length; next++) if (!isContinuation(bytes[next])) return at
    at += length
  }
  return at
}

/** Bytes of the character that begins with this one; 0 when none does. */
function lengthOf(first: number): number {
  if (first < 0x80) return 1
  if (first >= 0xc2 && first < 0xe0) return 2
  if (first >= 0xe0 && first < 0xf0) return 3
  return first >= 0xf0 && first < 0xf5 ? 4 : 0
}

/** Second bytes of first ones that few may follow: https://www.rfc-editor.org/rfc/rfc3629#section-4 */
const SECOND: Readonly<Record<number, { readonly from: number; readonly to: number }>> = {
  0xe0: { from: 0xa0, to: 0xbf },
  0xed: { from: 0x80, to: 0x9f },
  0xf0: { from: 0x90, to: 0xbf },
  0xf4: { from: 0x80, to: 0x8f },
}

function mayFollow(first: number, second = 0): boolean {
  const few = SECOND[first]
  return few === undefined || (second >= few.from && second <= few.to)
}

/**
 * A character beyond U+FFFF that was written as two of three bytes each
 * (https://www.unicode.org/reports/tr26/). In any other charset it would be read as wrong letters.
 */
function isHalfOfPair([first, second = 0, third]: Uint8Array): boolean {
  return first === 0xed && second >= 0xa0 && isContinuation(second) && isContinuation(third)
}

function isBeginningOfCharacter([first = 0, ...rest]: Uint8Array): boolean {
  return lengthOf(first) > rest.length + 1 && rest.every(isContinuation)
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x80 && byte < 0xc0
}
