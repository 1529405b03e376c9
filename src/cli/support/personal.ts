import type { Json } from '../../core/model.ts'

/** What may be shown of a person without being asked for: whether it is active. Everything else is hidden. */
const OPEN = new Set(['active'])

/** What stands for a value that nobody asked for. */
export const HIDDEN = '(hidden)'

export type Show = (name: string, value: Json) => Json

/** Hides values of personal attributes; what is cleared is shown as cleared. */
export function showing(values: boolean): Show {
  return (name, value) => (values || value === null || OPEN.has(name) ? value : HIDDEN)
}

export function displayValue(value: Json): string {
  return value === null ? 'cleared' : typeof value === 'string' ? value : JSON.stringify(value)
}
