import { z } from 'zod'
import { isObject } from '../json.ts'
import { keysOf } from './shape/fields.ts'
import type { Json } from '../model.ts'
import { own } from '../own.ts'
import { isEmpty } from './shape/fields.ts'

const words = z.array(z.union([z.string().trim().min(1), z.boolean(), z.number()]))

/** Words of one status vocabulary. Each word says one thing, so that the lists never overlap. */
const WORDS = {
  active: words.default([]).meta({ description: 'Words of an employee who has access' }),
  inactive: words.default([]).meta({ description: 'Words of an employee who has no access' }),
  neutral: words.default([]).meta({ description: 'Words that say nothing about access' }),
  notice: words.default([]).meta({
    description: 'Words that do not decide access: the employee is read from HR instead',
  }),
}

/** Words that a source adds to those of its shape. */
export const AccessWords = z.strictObject(WORDS).check(({ value, issues }) => {
  const word = wordInTwoLists(value)
  if (word !== null)
    issues.push({ code: 'custom', message: `has "${word}" in two lists`, path: [], input: value })
})
export type AccessWords = Readonly<z.input<typeof AccessWords>>

/**
 * How a status becomes access. A word that is in none of the lists is refused, because access must
 * not follow a guess.
 */
export const AccessSettings = z
  .strictObject({
    from: z.string().min(1).meta({
      description: 'Path of the status. With "a | b", every one that exists is read, and all must agree',
    }),
    ...WORDS,
  })
  .check(({ value, issues }) => {
    const word = wordInTwoLists(value)
    if (word !== null)
      issues.push({ code: 'custom', message: `has "${word}" in two lists`, path: [], input: value })
  })
export type AccessSettings = Readonly<z.output<typeof AccessSettings>>

/** Access rules as a shape writes them: empty lists may be left out. */
export type AccessRules = Readonly<z.input<typeof AccessSettings>>

/** The access that a payload gives. */
export type AccessReading =
  /** `active: null`: none of the fields is there, or none decides access. */
  | { readonly kind: 'access'; readonly active: boolean | null }
  /** The word asks for a read from HR. */
  | { readonly kind: 'notice' }
  /**
   * Refuse with `AccessUnknown`. `what` goes on after the name of the field, and quotes no value.
   */
  | { readonly kind: 'unknown'; readonly field: string; readonly what: string }

/** Reads the access that a payload gives. */
export type Access = (payload: Json) => AccessReading

const MEANINGS = ['active', 'inactive', 'neutral', 'notice'] as const
type Meaning = (typeof MEANINGS)[number]

/**
 * Words are compared trimmed, without case and without invisible characters. A boolean or a number
 * counts as its text.
 */
export function compileAccess(rules: AccessRules): Access {
  const meanings = new Map<string, Meaning>()
  for (const meaning of MEANINGS)
    for (const word of rules[meaning] ?? []) meanings.set(normalised(word), meaning)
  const paths = rules.from.split(' | ').map((path) => path.trim())

  return (payload) => {
    const found = new Map<Meaning, string>()
    let unsaid: { readonly field: string; readonly what: string } | null = null
    for (const path of paths) {
      const status = statusAt(payload, path)
      if (status.kind === 'missing') continue
      if (status.kind === 'not one value')
        return { kind: 'unknown', field: path, what: `${status.what}; access needs exactly one status` }
      if (status.kind === 'no word') {
        unsaid = { field: path, what: status.what }
        continue
      }
      const meaning = meanings.get(status.word)
      if (meaning === undefined)
        return {
          kind: 'unknown',
          field: path,
          what: 'is a status that the access rules do not know; add it under access',
        }
      found.set(meaning, path)
    }
    const inactiveField = found.get('inactive')
    if (found.has('active') && inactiveField !== undefined)
      return {
        kind: 'unknown',
        field: inactiveField,
        what: `contradicts ${found.get('active')}; correct one of the two`,
      }
    if (found.has('notice')) return { kind: 'notice' }
    if (inactiveField !== undefined) return { kind: 'access', active: false }
    if (found.has('active')) return { kind: 'access', active: true }
    return unsaid === null ? { kind: 'access', active: null } : { kind: 'unknown', ...unsaid }
  }
}

/** The rules with further words. A word in `more` overrides the same word in the rules. */
export function withWords(rules: AccessRules, more: AccessWords): AccessRules {
  const said = new Set(MEANINGS.flatMap((meaning) => more[meaning] ?? []).map(normalised))
  const merged = (meaning: Meaning): (string | number | boolean)[] => [
    ...(rules[meaning] ?? []).filter((word) => !said.has(normalised(word))),
    ...(more[meaning] ?? []),
  ]
  return {
    from: rules.from,
    active: merged('active'),
    inactive: merged('inactive'),
    neutral: merged('neutral'),
    notice: merged('notice'),
  }
}

type Status =
  | { readonly kind: 'word'; readonly word: string }
  | { readonly kind: 'missing' }
  /** Another path may still say it. */
  | { readonly kind: 'no word'; readonly what: string }
  | { readonly kind: 'not one value'; readonly what: string }

/**
 * A list on the way does not count as missing: one of its elements may say that the employee left.
 */
function statusAt(payload: Json, path: string): Status {
  let value = payload
  for (const key of keysOf(path)) {
    if (value === null || isEmpty(value)) return { kind: 'missing' }
    if (isList(value)) return { kind: 'not one value', what: 'is inside a list' }
    if (!isObject(value)) return { kind: 'no word', what: 'is inside something that is not an object' }
    const inside = own(value, key)
    if (inside === undefined) return { kind: 'missing' }
    value = inside
  }
  const empty: Status = { kind: 'no word', what: 'is empty; send a status, or leave the field out' }
  if (value === null) return empty
  if (isList(value)) return value.length === 0 ? empty : { kind: 'not one value', what: 'is a list' }
  if (typeof value === 'object') return { kind: 'not one value', what: 'is an object' }
  const word = normalised(value)
  return word === '' ? empty : { kind: 'word', word }
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function normalised(word: string | number | boolean): string {
  const visible = String(word)
    .normalize('NFC')
    .replaceAll(/\p{Cf}/gu, '')
  return visible.trim().replaceAll(/\s+/g, ' ').toLowerCase()
}

function wordInTwoLists(lists: Readonly<z.output<z.ZodObject<typeof WORDS>>>): string | null {
  const seen = new Map<string, Meaning>()
  for (const meaning of MEANINGS)
    for (const word of lists[meaning].map(normalised)) {
      if ((seen.get(word) ?? meaning) !== meaning) return word
      seen.set(word, meaning)
    }
  return null
}
