import { html, raw } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'
import { escapedHtml } from '../../core/display/html.ts'
import { asReferences, visible } from '../../core/display/visible.ts'

export type Markup = HtmlEscapedString | Promise<HtmlEscapedString>

/**
 * HTML in which every text that is put in is escaped, with control and direction characters written
 * out as the commands print them. Only what `markup` made itself goes in as it is.
 */
export function markup(strings: TemplateStringsArray, ...values: readonly unknown[]): Markup {
  return html(strings, ...values.map(seen))
}

function seen(value: unknown): unknown {
  if (typeof value === 'string') return visible(value)
  return Array.isArray(value) ? value.map(seen) : value
}

export const NOTHING = markup``

/**
 * A text in a field of a form, so that the browser sends back exactly that. Control and direction
 * characters are written as references: the page holds none of them.
 */
export function verbatim(text: string): Markup {
  return raw(asReferences(escapedHtml(text)))
}
