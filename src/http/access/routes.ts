import { own } from '../../core/own.ts'
import { CALLBACK_PATH } from '../../core/sign-in.ts'
import type { Permission } from '../../config/console/permissions.ts'

/**
 * Every route of the console, with the permission that it takes; `none` is open to every client
 * that reaches the address. What is not in this table is not served.
 *
 * To add a page: a line here with `GET` and `read`, and its function in `console/pages.ts`, which
 * gets the query, the ledger and the visitor.
 *
 * To add an action: a line here with `POST` and its permission, and its function in
 * `console/actions.ts`, which gets the form, the ledger and the visitor. It answers with the page
 * to go to and one line that says what was done, or with a refusal. `console/forms.ts` makes its
 * form: `actionForm` puts the form token in and disables the button, with the reason, for a visitor
 * who lacks the permission. Same origin, form token, permission and size of the body are checked
 * before the function runs, and tests go over this table, so that they hold for a new route.
 *
 * Pages and actions have paths of their own: a path has one permission.
 */
export const ROUTES = {
  '/': { methods: ['GET'], permission: 'read' },
  '/stage': { methods: ['GET'], permission: 'read' },
  '/job': { methods: ['GET'], permission: 'read' },
  '/failures': { methods: ['GET'], permission: 'read' },
  '/dead-letters': { methods: ['GET'], permission: 'read' },
  '/dead-letter': { methods: ['GET'], permission: 'read' },
  '/findings': { methods: ['GET'], permission: 'read' },
  '/held': { methods: ['GET'], permission: 'read' },
  '/leavers': { methods: ['GET'], permission: 'read' },
  '/leavers/closed': { methods: ['GET'], permission: 'read' },
  '/leavers/acknowledge': { methods: ['POST'], permission: 'acknowledge' },
  '/leavers/resend': { methods: ['POST'], permission: 'replay' },
  '/findings/acknowledge': { methods: ['POST'], permission: 'acknowledge' },
  '/brake/release': { methods: ['POST'], permission: 'brake' },
  '/brake/refuse': { methods: ['POST'], permission: 'brake' },
  '/replays/run': { methods: ['GET'], permission: 'read' },
  '/replays/events': { methods: ['GET'], permission: 'read' },
  '/replays/preview': { methods: ['POST'], permission: 'replay' },
  '/replays/start': { methods: ['POST'], permission: 'replay' },
  '/replays/pause': { methods: ['POST'], permission: 'replay' },
  '/replays/resume': { methods: ['POST'], permission: 'replay' },
  '/replays/cancel': { methods: ['POST'], permission: 'replay' },
  '/dead-letters/names': { methods: ['POST'], permission: 'values' },
  '/dead-letters/open': { methods: ['POST'], permission: 'values' },
  '/dead-letters/discard': { methods: ['POST'], permission: 'discard' },
  '/dead-letters/archive': { methods: ['POST'], permission: 'discard' },
  '/block': { methods: ['POST'], permission: 'block' },
  '/unblock': { methods: ['POST'], permission: 'block' },
  '/search': { methods: ['GET'], permission: 'read' },
  '/replays': { methods: ['GET'], permission: 'read' },
  '/configuration': { methods: ['GET'], permission: 'read' },
  '/audit/export': { methods: ['GET'], permission: 'read' },
  '/audit': { methods: ['GET'], permission: 'read' },
  '/employee': { methods: ['GET'], permission: 'read' },
  '/employee/erase': { methods: ['POST'], permission: 'erase' },
  '/employee/values': { methods: ['POST'], permission: 'values' },
  '/employee/connection': { methods: ['POST'], permission: 'values' },
  '/sign-in': { methods: ['GET', 'POST'], permission: 'none' },
  '/sign-in/entra': { methods: ['GET'], permission: 'none' },
  [CALLBACK_PATH]: { methods: ['GET'], permission: 'none' },
  '/sign-out': { methods: ['POST'], permission: 'none' },
  '/assets/console.css': { methods: ['GET'], permission: 'none' },
  '/assets/live.js': { methods: ['GET'], permission: 'none' },
  '/assets/icon.svg': { methods: ['GET'], permission: 'none' },
} as const satisfies Readonly<Record<string, RouteRule>>

export interface RouteRule {
  readonly methods: readonly ('GET' | 'POST')[]
  readonly permission: Permission | 'none'
}

export type RoutePath = keyof typeof ROUTES

/** The routes that change something for a visitor with the permission. */
export type ActionPath = {
  [P in RoutePath]: (typeof ROUTES)[P] extends { methods: readonly ['POST']; permission: Permission }
    ? P
    : never
}[RoutePath]

export const ruleOf = (path: string): RouteRule | undefined => own<RouteRule>(ROUTES, path)

/** A page to go to after the sign-in or an action: one of our own, whatever the form says. */
export function ownPage(to: string | null | undefined): string {
  const base = 'http://console.invalid'
  const url = URL.parse(to ?? '', base)
  if (url === null || url.origin !== base) return '/'
  const rule = ruleOf(url.pathname)
  return rule?.permission === 'read' && rule.methods.includes('GET') ? `${url.pathname}${url.search}` : '/'
}
