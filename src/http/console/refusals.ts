import type { Refusal } from '../access/guard.ts'
import { notice, plainPage } from './layout.ts'
import { type Markup, markup } from './markup.ts'
import { lasting } from './times.ts'

const NOW_LINK = markup`<p><a href="/">To the first page</a></p>`

/** What a refusal says, and what to do about it. */
export function refusalPage(refusal: Exclude<Refusal, { readonly status: 401 }>): Markup {
  const said = (title: string, text: string): Markup =>
    plainPage(title, markup`<h1>${refusal.status}</h1>${notice(title, text, NOW_LINK)}`)
  switch (refusal.status) {
    case 403:
      return said('The form came from another page', 'Open the console anew and try again.')
    case 404:
      return said('There is no such page', 'Check the address, or search for what you need.')
    case 405:
      return said('The page does not take this method', `It takes ${refusal.allow}.`)
    case 413:
      return said('The form holds too much', 'Give the token only.')
    case 414:
      return said('The address is too long', 'Search for a shorter text.')
    case 421:
      return said(
        'The console is not reached under this name',
        'On loopback it answers to localhost and 127.0.0.1 only, so that no other site can read it through your browser.',
      )
    case 429:
      return said(
        'Too many wrong tokens came from this address',
        `Wait ${lasting(refusal.waitMs)}, then try again.`,
      )
  }
}

/** `reference` finds the line in the log. */
export function failurePage(reference: string): Markup {
  return plainPage(
    'The page could not be made',
    markup`<h1>500</h1>${notice('The page could not be made', 'Load it again. If it fails again, look for this reference in the log of the process:', markup`<p><code>${reference}</code></p>`)}`,
  )
}
