import type { RoutePath } from '../access/routes.ts'
import { counted } from './layout.ts'
import { type Markup, markup, NOTHING } from './markup.ts'

/** The address of a page with what it filters by. Fields that are `null` are left out. */
export function hrefOf(path: RoutePath, fields: Readonly<Record<string, string | number | null>>): string {
  const given = Object.entries(fields).flatMap(([name, value]): [string, string][] =>
    value === null ? [] : [[name, String(value)]],
  )
  const query = new URLSearchParams(given).toString()
  return query === '' ? path : `${path}?${query}`
}

export interface Chip {
  readonly text: string
  readonly href: string
  /** `null` where it is not counted; as text where counting stopped at a limit. */
  readonly count: number | string | null
  readonly chosen: boolean
}

/** One filter of a list, with how much each of its values leaves. */
export function chips(label: string, all: readonly Chip[]): Markup {
  const items = all.map(({ text, href, count, chosen }) => {
    const shown = typeof count === 'number' ? counted(count) : count
    return markup`<li><a class="chip" href="${href}"${chosen ? markup` aria-current="true"` : NOTHING}>${text}${shown === null ? NOTHING : markup` <span class="count">${shown}</span>`}</a></li>`
  })
  return markup`<nav aria-label="${label}"><ul class="chips">${items}</ul></nav>`
}

export interface Pager {
  /** Back to the first page; `null` on it. */
  readonly first: string | null
  /** `null` on the last page. */
  readonly next: string | null
  /** What the next page shows, as in `Older entries`. */
  readonly further: string
  /** What to say beside the links; `null` for nothing. */
  readonly said?: string | null
}

export function pager({ first, next, further, said = null }: Pager): Markup {
  if (first === null && next === null && said === null) return NOTHING
  const link = (href: string | null, rel: 'first' | 'next', text: string): Markup =>
    href === null ? NOTHING : markup`<a class="button" rel="${rel}" href="${href}">${text}</a>`
  return markup`<nav class="pager" aria-label="Pages">${link(first, 'first', 'First page')}${link(next, 'next', further)}${said === null ? NOTHING : markup`<p class="quiet">${said}</p>`}</nav>`
}

export interface Column<Row> {
  readonly name: string
  readonly cell: (row: Row) => Markup | string
}

/**
 * A table that becomes a list of cards where there is no room for columns. `caption` is read out
 * only.
 */
export function listTable<Row>(
  caption: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Markup {
  const heads = columns.map(({ name }) => markup`<th scope="col">${name}</th>`)
  const body = rows.map(
    (row) =>
      markup`<tr>${columns.map(({ name, cell }) => markup`<td data-label="${name}">${cell(row)}</td>`)}</tr>`,
  )
  return markup`<section class="card table"><table><caption class="hidden">${caption}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>${body}</tbody></table></section>`
}

/** The commands that do what a page is about, one a line. */
export function commands(all: readonly string[]): Markup {
  return markup`<ul class="commands">${all.map((one) => markup`<li><code>${one}</code></li>`)}</ul>`
}
