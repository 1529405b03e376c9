import type { Context } from 'hono'
import type { Refusal } from '../access/guard.ts'
import { PERMISSIONS } from '../../config/console/permissions.ts'
import { wayTo } from '../access/visitor.ts'
import { notice, plainPage } from './layout.ts'
import { type Markup, markup } from './markup.ts'
import { lasting } from './times.ts'

const NOW_LINK = markup`<p><a href="/">To the first page</a></p>`

/**
 * What the guard does not let through: to the sign-in for a page, an answer without one for a
 * program.
 */
export function refuse(request: Context, refusal: Refusal): Response | Promise<Response> {
  if (refusal.status !== 401) return request.html(refusalPage(refusal), refusal.status)
  const { method, path, url } = request.req
  const to = method === 'POST' ? '/' : `${path}${new URL(url).search}`
  if (request.req.header('authorization') === undefined)
    return request.redirect(`/sign-in?${new URLSearchParams({ to }).toString()}`, 303)
  request.header('www-authenticate', 'Bearer')
  return request.html(refusalPage(refusal), 401)
}

/** What a refusal says, and what to do about it. */
export function refusalPage(refusal: Refusal): Markup {
  const said = (title: string, text: string): Markup =>
    plainPage(title, markup`<h1>${refusal.status}</h1>${notice(title, text, NOW_LINK)}`)
  switch (refusal.status) {
    case 401:
      return said('The bearer token is not valid here', 'Take a new one for this console.')
    case 403:
      return forbidden(refusal, said)
    case 404:
      return said('There is no such page', 'Check the address, or search for what you need.')
    case 405:
      return said('The page does not take this method', `It takes ${refusal.allow}.`)
    case 413:
      return said('The form holds too much', 'Send less in one form: choose fewer rows, or shorten the text.')
    case 414:
      return said('The address is too long', 'Search for a shorter text.')
    case 415:
      return said(
        'The body is not a form',
        'Send application/x-www-form-urlencoded, as the forms of the console do.',
      )
    case 421:
      return said(
        'The console is not reached under this name',
        'On loopback it answers to localhost and 127.0.0.1 only, so that no other site can read it through your browser.',
      )
    case 503:
      return said(
        'Entra ID cannot be reached',
        'Your sign-in could not be checked. Try again in a moment. If it stays, look at CONSOLE_TENANT_ID and CONSOLE_AUTHORITY, and at the way from the connector to them.',
      )
    case 429:
      return said(
        'Too many wrong tokens came from this address',
        `Wait ${lasting(refusal.waitMs)}, then try again.`,
      )
  }
}

function forbidden(
  refusal: Extract<Refusal, { readonly status: 403 }>,
  said: (title: string, text: string) => Markup,
): Markup {
  switch (refusal.why) {
    case 'other-site':
      return said('The form came from another page', 'Open the console anew and try again.')
    case 'form-token':
      return said(
        'The form is not from this session',
        'The session ended, or the console was started again, since the page was opened. Nothing was done. Open the page anew and try again.',
      )
    case 'permission':
      return said(
        `You lack the permission “${refusal.lacks}”`,
        `It is needed to ${PERMISSIONS[refusal.lacks]}. ${wayTo(refusal.lacks, refusal.roles)}`,
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

/** What every page says while there is no ledger to read. */
export const ledgerAway = (): Markup =>
  markup`<h1>Now</h1>${notice(
    'The ledger does not answer',
    'Nothing can be shown until it does. It may be starting, or the database cannot be reached: look at the log of this process, and at /readyz.',
  )}`
