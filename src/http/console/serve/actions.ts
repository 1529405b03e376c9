import type { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { RollcallError } from '../../../core/errors.ts'
import type { Guarded } from '../../access/guard.ts'
import { isFormToken } from '../../access/visitor.ts'
import { actionsOf } from '../actions.ts'
import { onceByKey } from '../acts/once.ts'
import { askedFor, formOf } from '../acts/asked.ts'
import type { ConsoleContext } from '../context.ts'
import { withMessage } from '../done-message.ts'
import { FORM_TOKEN } from '../forms.ts'
import { notice, sentence } from '../layout.ts'
import { markup } from '../markup.ts'
import { type Answer, LEDGER_AWAY } from '../page.ts'
import { refuse } from '../refusals.ts'
import { shown, visitorOn } from './page.ts'

/** An edited event is the largest thing that a form carries. */
const LARGEST_FORM = 256 * 1_024

const FORM_TYPE = 'application/x-www-form-urlencoded'

/**
 * Serves every action of `actionsOf`: checks the form, has the action taken, and shows its result.
 */
export function serveActions(app: Hono<Guarded>, context: ConsoleContext): void {
  const limit = bodyLimit({ maxSize: LARGEST_FORM, onError: (request) => refuse(request, { status: 413 }) })
  const once = onceByKey()
  for (const [path, act] of Object.entries(actionsOf(context)))
    app.post(path, limit, async (request) => {
      const visitor = visitorOn(request)
      const [type = ''] = (request.req.header('content-type') ?? '').split(';', 1)
      if (type.trim().toLowerCase() !== FORM_TYPE) return refuse(request, { status: 415 })
      const form = formOf(await request.req.text())
      if (!isFormToken(form.text(FORM_TOKEN), visitor))
        return refuse(request, { status: 403, why: 'form-token' })
      const ledger = context.ledger()
      if (ledger === null) return shown(request, LEDGER_AWAY, context)
      const now = context.now()
      try {
        const given = form.text('form-key')
        const key = given && `${visitor.key ?? visitor.actor.id} ${path} ${given}`
        const result = await once(key, () => act(askedFor(visitor, form, ledger, now)))
        if ('page' in result) return shown(request, result.page, context)
        if ('done' in result) return request.redirect(withMessage(result.to, result.done, visitor, now), 303)
        return shown(request, refusedAnswer(result.refused, result.fix, result.to), context)
      } catch (error) {
        if (!(error instanceof RollcallError)) throw error
        return shown(request, refusedAnswer('Nothing was done', sentence(error.message), '/'), context)
      }
    })
}

function refusedAnswer(refused: string, fix: string, to: string): Answer {
  const back = markup`<p><a class="button" href="${to}">Back</a></p>`
  return {
    title: refused,
    body: markup`<h1>${refused}</h1>${notice(refused, fix, back)}`,
    current: null,
    status: 422,
  }
}
