import { chips } from '../list.ts'
import type { Markup } from '../markup.ts'

/**
 * Between the open cases and the closed ones. `open` is how many are open; `null` when it is not
 * known.
 */
export function leaverTabs(chosen: 'open' | 'closed', open: number | null): Markup {
  return chips('Open and closed cases', [
    { text: 'open', href: '/leavers', count: open, chosen: chosen === 'open' },
    { text: 'closed', href: '/leavers/closed', count: null, chosen: chosen === 'closed' },
  ])
}
