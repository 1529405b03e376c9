import type { Json } from '../model.ts'

/** The attributes that are always shown. Values of all others are hidden. */
const OPEN = new Set(['active'])

/** Shown instead of a hidden value. */
export const HIDDEN = '(hidden)'

export type Show = (name: string, value: Json) => Json

/** Hides values of personal attributes; a cleared attribute is shown as cleared. */
export function showing(values: boolean): Show {
  return (name, value) => (values || value === null || OPEN.has(name) ? value : HIDDEN)
}

export function displayValue(value: Json): string {
  return value === null ? 'cleared' : typeof value === 'string' ? value : JSON.stringify(value)
}
