import type { Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { RollcallError } from '../../../core/errors.ts'
import { CALLBACK_PATH } from '../../../core/sign-in.ts'
import type { Failures } from '../../access/failures.ts'
import type { Guarded } from '../../access/guard.ts'
import type { EntraAccess } from '../../access/identify.ts'
import { ownPage } from '../../access/routes.ts'
import type { Sealer } from '../../access/sealed.ts'
import { beginSignIn, finishSignIn, signIn, signOut } from '../../access/sign-in.ts'
import { isFormToken } from '../../access/visitor.ts'
import { formOf } from '../acts/asked.ts'
import type { ConsoleContext } from '../context.ts'
import { FORM_TOKEN } from '../forms.ts'
import { refusalPage, refuse } from '../refusals.ts'
import { signedInPage, signInPage, type SignInProblem } from '../sign-in-page.ts'

/** A sign-in form holds a token and a path. */
const LARGEST_BODY = 8_192

interface Serving {
  readonly failures: Failures
  readonly sealer: Sealer
}

/** Where the console is open there is no sign-in, and its pages lead to the first page. */
export function serveSignIn(app: Hono<Guarded>, context: ConsoleContext, serving: Serving): void {
  const { access } = context
  const limit = bodyLimit({ maxSize: LARGEST_BODY, onError: (request) => refuse(request, { status: 413 }) })
  const page = (to: string, problem: SignInProblem | null) =>
    signInPage({ to, problem, token: access.token !== null, entra: access.entra !== null })
  app.get('/sign-in', (request) =>
    access.open ? request.redirect('/', 303) : request.html(page(ownPage(request.req.query('to')), null)),
  )
  app.post('/sign-in', limit, (request) => withToken(request, context, { ...serving, page }))
  app.post('/sign-out', limit, async (request) => {
    const visitor = request.get('visitor')
    const form = formOf(await request.req.text())
    if (visitor !== null && !isFormToken(form.text(FORM_TOKEN), visitor))
      return refuse(request, { status: 403, why: 'form-token' })
    signOut(request)
    return request.redirect('/sign-in', 303)
  })
  serveEntra(app, context, { ...serving, page })
}

interface Paging extends Serving {
  readonly page: (to: string, problem: SignInProblem | null) => ReturnType<typeof signInPage>
}

async function withToken(
  request: Context<Guarded>,
  { access: { token, open }, now }: ConsoleContext,
  { page, ...serving }: Paging,
): Promise<Response> {
  if (token === null || open) return request.redirect('/', 303)
  const form = formOf(await request.req.text())
  const to = ownPage(form.text('to'))
  const result = await signIn(request, form.text('token') ?? '', { token, now: now(), ...serving })
  switch (result.kind) {
    case 'signed-in':
      return request.redirect(to, 303)
    case 'wrong-token':
      return request.html(page(to, 'wrong-token'), 401)
    case 'wait':
      request.header('retry-after', String(Math.ceil(result.waitMs / 1_000)))
      return request.html(refusalPage({ status: 429, waitMs: result.waitMs }), 429)
  }
}

function serveEntra(
  app: Hono<Guarded>,
  { access: { entra }, now, log }: ConsoleContext,
  { sealer, page }: Paging,
): void {
  const served = async (
    request: Context<Guarded>,
    answer: (entra: EntraAccess) => Promise<Response>,
  ): Promise<Response> => {
    if (entra === null) return refuse(request, { status: 404 })
    try {
      return await answer(entra)
    } catch (error) {
      if (!(error instanceof RollcallError)) throw error
      if (error.code === 'SignInUnavailable') return refuse(request, { status: 503 })
      if (error.code !== 'SignInRefused') throw error
      log.error('console.sign-in-refused', { error: error.code })
      return request.html(page('/', 'refused'), 401)
    }
  }
  app.get('/sign-in/entra', (request) =>
    served(request, async (by) => {
      const to = request.req.query('to') ?? '/'
      return request.redirect(await beginSignIn(request, by, { sealer, now: now(), to }), 303)
    }),
  )
  app.get(CALLBACK_PATH, (request) =>
    served(request, async (by) => {
      const to = await finishSignIn(request, by, { sealer, now: now() })
      return to === null ? request.html(page('/', 'expired'), 401) : request.html(signedInPage(to))
    }),
  )
}
