import { own } from '../../core/own.ts'

/**
 * What a route takes: `none` is open to every client that reaches the address; `read` shows what the
 * ledger holds, with the values of employees hidden.
 */
export type Permission = 'none' | 'read'

export interface RouteRule {
  readonly methods: readonly ('GET' | 'POST')[]
  readonly permission: Permission
}

/** Every route of the console. What is not in this table is not served. */
export const ROUTES = {
  '/': { methods: ['GET'], permission: 'read' },
  '/failures': { methods: ['GET'], permission: 'read' },
  '/leavers': { methods: ['GET'], permission: 'read' },
  '/search': { methods: ['GET'], permission: 'read' },
  '/audit': { methods: ['GET'], permission: 'read' },
  '/employee': { methods: ['GET'], permission: 'read' },
  '/sign-in': { methods: ['GET', 'POST'], permission: 'none' },
  '/sign-out': { methods: ['POST'], permission: 'none' },
  '/assets/console.css': { methods: ['GET'], permission: 'none' },
  '/assets/live.js': { methods: ['GET'], permission: 'none' },
  '/assets/icon.svg': { methods: ['GET'], permission: 'none' },
} as const satisfies Readonly<Record<string, RouteRule>>

export type RoutePath = keyof typeof ROUTES

export const ruleOf = (path: string): RouteRule | undefined => own<RouteRule>(ROUTES, path)

/** A page to go to after the sign-in: one of our own, whatever the form says. */
export function ownPage(to: string | null | undefined): string {
  const base = 'http://console.invalid'
  const url = URL.parse(to ?? '', base)
  if (url === null || url.origin !== base || ruleOf(url.pathname)?.permission !== 'read') return '/'
  return `${url.pathname}${url.search}`
}
