import { randomUUID } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { getCookie } from 'hono/cookie'
import type { Snapshot } from '../../compose/observe/figures.ts'
import { countedFailures, type Failures } from '../access/failures.ts'
import { guard, type Refusal } from '../access/guard.ts'
import { ownPage } from '../access/routes.ts'
import { SESSION_COOKIE } from '../access/session.ts'
import { signIn, signOut } from '../access/sign-in.ts'
import { etagOf, readAssets } from './assets.ts'
import type { ConsoleContext } from './context.ts'
import { page, type PageOptions } from './layout.ts'
import type { Markup } from './markup.ts'
import { type Answer, LEDGER_AWAY } from './page.ts'
import { pagesOf } from './pages.ts'
import { failurePage, refusalPage } from './refusals.ts'
import { signInPage } from './sign-in-page.ts'

/** A sign-in form holds a token and a path. */
const LARGEST_BODY = 8_192

/** The console: pages that are made on the server and work without JavaScript. */
export function consoleApp(context: ConsoleContext): Hono {
  const app = new Hono()
  const failures = countedFailures()
  const { access, now } = context
  app.use(guard({ settings: access, failures, now, refuse }))
  serveAssets(app)
  serveSignIn(app, context, failures)
  for (const [path, answer] of Object.entries(pagesOf(context)))
    app.get(path, async (request) => {
      const ledger = context.ledger()
      const query = (name: string): string | null => request.req.query(name) || null
      return shown(request, ledger === null ? LEDGER_AWAY : await answer(query, ledger), context)
    })
  app.notFound((request) => refuse(request, { status: 404 }))
  app.onError((error, request) => {
    const reference = randomUUID()
    context.log.error('console.failed', { reference, path: request.req.path, error: error.name })
    return request.html(failurePage(reference), 500)
  })
  return app
}

/** What the guard does not let through: to the sign-in for a page, an answer without one for a program. */
function refuse(request: Context, refusal: Refusal): Response | Promise<Response> {
  if (refusal.status !== 401) return request.html(refusalPage(refusal), refusal.status)
  const { path, url } = request.req
  const to = `${path}${new URL(url).search}`
  if (request.req.header('authorization') === undefined)
    return request.redirect(`/sign-in?${new URLSearchParams({ to }).toString()}`, 303)
  request.header('www-authenticate', 'Bearer')
  return request.html(signInPage(to, true), 401)
}

async function shown(request: Context, answer: Answer, context: ConsoleContext): Promise<Response> {
  if ('redirect' in answer) return request.redirect(answer.redirect, 303)
  const { status = 200, ...options } = answer
  const counts = countsOf(await context.snapshot())
  const signedIn = !context.access.loopback && getCookie(request, SESSION_COOKIE) !== undefined
  const made: Markup = page({ ...options, counts, signedIn })
  const text = String(await made)
  const etag = etagOf(text)
  request.header('etag', etag)
  if (status === 200 && request.req.header('if-none-match') === etag) return request.body(null, 304)
  return request.html(text, status)
}

function countsOf({ ledger }: Snapshot): PageOptions['counts'] {
  if (ledger === null) return null
  const { leavers, deadLetters, busDeadLetters } = ledger.figures
  const failed = [...deadLetters, ...(busDeadLetters?.codes ?? [])]
  return { openLeavers: leavers.count, deadLetters: failed.reduce((sum, { count }) => sum + count, 0) }
}

function serveAssets(app: Hono): void {
  for (const [path, { type, body, etag }] of readAssets())
    app.get(path, (request) => {
      request.header('cache-control', 'no-cache')
      request.header('etag', etag)
      if (request.req.header('if-none-match') === etag) return request.body(null, 304)
      return request.body(body, 200, { 'content-type': type })
    })
}

const SMALL_BODY = bodyLimit({
  maxSize: LARGEST_BODY,
  onError: (request) => refuse(request, { status: 413 }),
})

/** On loopback there is no sign-in, so its pages lead to the first page. */
function serveSignIn(app: Hono, { access, now }: ConsoleContext, failures: Failures): void {
  app.get('/sign-in', (request) =>
    access.loopback
      ? request.redirect('/', 303)
      : request.html(signInPage(ownPage(request.req.query('to')), false)),
  )
  app.post('/sign-in', SMALL_BODY, async (request) => {
    if (access.token === null || access.loopback) return request.redirect('/', 303)
    const { token, to } = await request.req.parseBody()
    const page = ownPage(typeof to === 'string' ? to : null)
    const given = typeof token === 'string' ? token : ''
    const result = signIn(request, given, { token: access.token, failures, now: now() })
    switch (result.kind) {
      case 'signed-in':
        return request.redirect(page, 303)
      case 'wrong-token':
        return request.html(signInPage(page, true), 401)
      case 'wait':
        request.header('retry-after', String(Math.ceil(result.waitMs / 1_000)))
        return request.html(refusalPage({ status: 429, waitMs: result.waitMs }), 429)
    }
  })
  app.post('/sign-out', (request) => {
    signOut(request)
    return request.redirect('/sign-in', 303)
  })
}
