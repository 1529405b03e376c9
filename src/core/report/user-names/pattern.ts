import { RollcallError } from '../../errors.ts'
import type { ScimUser } from '../../model.ts'
import { scimValues } from '../../plan/mapping/origins.ts'
import { parseScimPath } from '../../plan/mapping/scim.ts'

/** A part of a user name. `number` stands for 2, 3, … up to `HIGHEST_NUMBER`. */
type Part =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'value'
      readonly place: string
      /** How many of its first letters count; `null` for all. */
      readonly letters: number | null
    }
  | { readonly kind: 'number' }

/** How a user name is made from a record, before the `@`. */
export type NamePattern = readonly Part[]

const HIGHEST_NUMBER = 20
/**
 * The longest name before the `@`
 * (https://learn.microsoft.com/entra/identity/hybrid/connect/plan-connect-userprincipalname).
 */
const LONGEST = 64

const PARTS = /\{(?<place>[^{}]*?)(?::(?<letters>[1-9]\d?))?\}|(?<text>[^{}]+)|(?<stray>[{}])/g

/**
 * Reads a pattern such as `{name.givenName:1}.{name.familyName}{n}`. Throws `MappingInvalid`, saying
 * what is wrong with it.
 */
export function parsePattern(written: string): NamePattern {
  const parts = [...written.matchAll(PARTS)].map(({ groups = {} }): Part => {
    const { place, letters, text } = groups
    if (text !== undefined) return { kind: 'text', text }
    if (place === undefined) throw invalid('a brace has no other; write {name.givenName}')
    if (place === 'n') return { kind: 'number' }
    if (parseScimPath(place) === null) throw invalid(`{${place}} is not a SCIM attribute, nor {n}`)
    return { kind: 'value', place, letters: letters === undefined ? null : Number(letters) }
  })
  if (!parts.some(({ kind }) => kind === 'value'))
    throw invalid('it reads no attribute; write for example {name.givenName}.{name.familyName}')
  return parts
}

const invalid = (why: string): RollcallError => new RollcallError('MappingInvalid', why)

/**
 * The names that the patterns give for a record, in their order and each once. A pattern whose
 * attribute has no letter or digit that a user name can have gives none.
 */
export function namesFrom(patterns: readonly NamePattern[], record: ScimUser): readonly string[] {
  const values = scimValues(record)
  const textAt = (place: string): string => {
    const value = values.get(place)
    return typeof value === 'string' || typeof value === 'number' ? plain(String(value)) : ''
  }
  const names = patterns.flatMap((pattern) => {
    const numbers = pattern.some(({ kind }) => kind === 'number') ? NUMBERS : [null]
    return numbers.flatMap((number) => nameFrom(pattern, textAt, number) ?? [])
  })
  return [...new Set(names)]
}

const NUMBERS = Array.from({ length: HIGHEST_NUMBER - 1 }, (_, index) => index + 2)

function nameFrom(
  pattern: NamePattern,
  textAt: (place: string) => string,
  number: number | null,
): string | null {
  const parts = pattern.map((part): string | null => {
    switch (part.kind) {
      case 'text':
        return plain(part.text)
      case 'number':
        return String(number ?? '')
      case 'value': {
        const text = textAt(part.place)
        return text === '' ? null : text.slice(0, part.letters ?? text.length)
      }
    }
  })
  if (parts.includes(null)) return null
  const name = parts
    .join('')
    .replaceAll(/\.{2,}/g, '.')
    .replaceAll(/^[.-]+|[.-]+$/g, '')
  return name.length <= LONGEST ? name : null
}

/** Letters that Unicode does not take apart, as passports write them. */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
}

/** In lower case and with the characters that every user name may have. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/[^\x20-\x7e]/g, (letter) => LETTERS[letter] ?? '')
    .replaceAll(/[^a-z0-9._-]/g, '')
}
