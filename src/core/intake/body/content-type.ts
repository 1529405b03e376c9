/**
 * The media type of a content type, in lower case and without parameters; `null` when there is
 * none.
 */
export function mediaTypeOf(contentType: string | null): string | null {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  return type === '' ? null : type
}

const CHARSET = /;\s*charset\s*=\s*(?:"([^"]*)"|([^;\s]*))/i

/** The charset that a content type names, in lower case; `null` when it names none. */
export function charsetOf(contentType: string | null): string | null {
  const [, quoted, plain] = CHARSET.exec(contentType ?? '') ?? []
  const charset = (quoted ?? plain ?? '').trim().toLowerCase()
  return charset === '' ? null : charset
}

/** The content type of the same body once it is UTF-8: another charset would no longer be true. */
export function asUtf8(contentType: string | null): string | null {
  const charset = charsetOf(contentType)
  if (contentType === null || charset === null || charset === 'utf-8') return contentType
  return contentType.replace(CHARSET, '; charset=utf-8')
}

/** Of `contentEncoding` and `Content-Encoding`. */
const LENGTHS: ReadonlySet<number> = new Set([15, 16])

/**
 * True for the application property in which senders without access to the AMQP one name the
 * encoding.
 */
export function isContentEncoding(property: string): boolean {
  return LENGTHS.has(property.length) && property.toLowerCase().replaceAll(/[-_]/g, '') === 'contentencoding'
}
