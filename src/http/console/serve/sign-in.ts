import type { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Failures } from '../../access/failures.ts'
import type { Guarded } from '../../access/guard.ts'
import { ownPage } from '../../access/routes.ts'
import { signIn, signOut } from '../../access/sign-in.ts'
import { isFormToken } from '../../access/visitor.ts'
import { formOf } from '../acts/asked.ts'
import type { ConsoleContext } from '../context.ts'
import { FORM_TOKEN } from '../forms.ts'
import { refusalPage, refuse } from '../refusals.ts'
import { signInPage } from '../sign-in-page.ts'

/** A sign-in form holds a token and a path. */
const LARGEST_BODY = 8_192

/** On loopback there is no sign-in, so its pages lead to the first page. */
export function serveSignIn(app: Hono<Guarded>, { access, now }: ConsoleContext, failures: Failures): void {
  const limit = bodyLimit({ maxSize: LARGEST_BODY, onError: (request) => refuse(request, { status: 413 }) })
  app.get('/sign-in', (request) =>
    access.loopback
      ? request.redirect('/', 303)
      : request.html(signInPage(ownPage(request.req.query('to')), false)),
  )
  app.post('/sign-in', limit, async (request) => {
    if (access.token === null || access.loopback) return request.redirect('/', 303)
    const form = formOf(await request.req.text())
    const page = ownPage(form.text('to'))
    const given = form.text('token') ?? ''
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
  app.post('/sign-out', limit, async (request) => {
    const visitor = request.get('visitor')
    const form = formOf(await request.req.text())
    if (visitor !== null && !isFormToken(form.text(FORM_TOKEN), visitor))
      return refuse(request, { status: 403, why: 'form-token' })
    signOut(request)
    return request.redirect('/sign-in', 303)
  })
}
