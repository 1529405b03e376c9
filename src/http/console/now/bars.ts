import { type Markup, markup } from '../markup.ts'

const WIDTH = 240
const HEIGHT = 44
/** A bar that is not empty is seen. */
const LEAST = 2

/**
 * Bars, one a step; a step of which nothing is known is left out. Drawn on the server; `title` says
 * what it shows.
 */
export function bars(values: readonly (number | null)[], title: string): Markup {
  const most = Math.max(1, ...values.map((value) => value ?? 0))
  const width = WIDTH / Math.max(1, values.length)
  const shown = values.map((value, index) => {
    if (value === null || value === 0) return markup``
    const height = Math.max(LEAST, Math.round((value / most) * (HEIGHT - 2)))
    return markup`<rect x="${fixed(index * width + 1)}" y="${HEIGHT - height}" width="${fixed(Math.max(1, width - 2))}" height="${height}"/>`
  })
  return markup`<svg class="bars" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${title}"><line x1="0" x2="${WIDTH}" y1="${HEIGHT}" y2="${HEIGHT}"/>${shown}</svg>`
}

const fixed = (value: number): string => String(Math.round(value * 10) / 10)
