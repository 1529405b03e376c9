import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { countedFailures } from '../access/failures.ts'
import { guard, type Guarded } from '../access/guard.ts'
import { identifierWith } from '../access/identify.ts'
import { serveProgress } from './acts/replay/events.ts'
import { readAssets } from './assets.ts'
import type { ConsoleContext } from './context.ts'
import { LEDGER_AWAY } from './page.ts'
import { pagesOf } from './pages.ts'
import { failurePage, refuse } from './refusals.ts'
import { serveActions } from './serve/actions.ts'
import { shown, visitorOn } from './serve/page.ts'
import { serveSignIn } from './serve/sign-in.ts'

/** The console: pages that are made on the server and work without JavaScript. */
export function consoleApp(context: ConsoleContext): Hono<Guarded> {
  const app = new Hono<Guarded>()
  const failures = countedFailures()
  const { access, now } = context
  const identifier = identifierWith(access)
  app.use(guard({ open: access.open, failures, now, identifier, refuse }))
  serveAssets(app)
  serveSignIn(app, context, { failures, sealer: identifier.sealer })
  servePages(app, context)
  serveActions(app, context)
  serveProgress(app, context)
  app.notFound((request) => refuse(request, { status: 404 }))
  app.onError((error, request) => {
    // A client that went away, or was cut off, reads no answer: nothing has failed here.
    if (request.req.raw.signal.aborted) return request.body(null, 400)
    const reference = randomUUID()
    context.log.error('console.failed', { reference, path: request.req.path, error: error.name })
    return request.html(failurePage(reference), 500)
  })
  return app
}

function servePages(app: Hono<Guarded>, context: ConsoleContext): void {
  for (const [path, answer] of Object.entries(pagesOf(context)))
    app.get(path, async (request) => {
      const ledger = context.ledger()
      const query = (name: string): string | null => request.req.query(name) || null
      const visitor = visitorOn(request)
      return shown(request, ledger === null ? LEDGER_AWAY : await answer(query, ledger, visitor), context)
    })
}

function serveAssets(app: Hono<Guarded>): void {
  for (const [path, { type, body, etag }] of readAssets())
    app.get(path, (request) => {
      request.header('cache-control', 'no-cache')
      request.header('etag', etag)
      if (request.req.header('if-none-match') === etag) return request.body(null, 304)
      return request.body(body, 200, { 'content-type': type })
    })
}
