import type { Json } from '../../model.ts'
import { bare } from '../../own.ts'
import type { BodyTrouble } from '../../ports.ts'
import { mediaTypeOf } from './content-type.ts'

export type ReadForm =
  | { readonly kind: 'body'; readonly body: Json }
  | ({ readonly kind: 'unreadable' } & BodyTrouble)

/**
 * Fields without their content type, which is often lost on the way: nothing else looks like this.
 */
const FIELDS = /^[\w.[\]-]+=[^&\s]*(?:&[\w.[\]-]+=[^&\s]*)+\s*$/

/**
 * The fields of a form post as an object of texts, or `null` when the text is not a form, or a form
 * with JSON in it.
 */
export function readFields(text: string, contentType: string | null): ReadForm | null {
  const isForm = mediaTypeOf(contentType) === 'application/x-www-form-urlencoded' || FIELDS.test(text)
  if (!isForm || /^\s*[[{"<]/.test(text)) return null
  const fields = [...new URLSearchParams(text.trim())]
  if (fields.some(([, value]) => /^\s*[[{]/.test(value))) return null
  const body = bare<string>()
  for (const [name, value] of fields) {
    if (body[name] !== undefined)
      return {
        kind: 'unreadable',
        code: 'DuplicateKey',
        field: name,
        description: `${name} is there twice in the form; send each field once`,
      }
    body[name] = value
  }
  return { kind: 'body', body }
}
