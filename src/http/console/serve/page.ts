import type { Context } from 'hono'
import type { Snapshot } from '../../../compose/observe/figures.ts'
import { RollcallError } from '../../../core/errors.ts'
import type { Guarded } from '../../access/guard.ts'
import type { Visitor } from '../../access/visitor.ts'
import { etagOf } from '../assets.ts'
import type { ConsoleContext } from '../context.ts'
import { messageIn } from '../done-message.ts'
import { page, type PageOptions } from '../layout.ts'
import type { Answer } from '../page.ts'

/** Answers with a page and its navigation, or with 304 when the browser has it. */
export async function shown(
  request: Context<Guarded>,
  answer: Answer,
  context: ConsoleContext,
): Promise<Response> {
  if ('redirect' in answer) return request.redirect(answer.redirect, 303)
  if ('file' in answer) {
    const { name, type, text } = answer.file
    request.header('content-disposition', `attachment; filename="${name}"`)
    return request.body(text, 200, { 'content-type': type })
  }
  const { status = 200, ...options } = answer
  const counts = countsOf(await context.snapshot())
  const visitor = visitorOn(request)
  const done = messageIn(request.req.query('done'), visitor, context.now())
  const text = String(await page({ ...options, counts, visitor, done }))
  const etag = etagOf(text)
  request.header('etag', etag)
  if (status === 200 && request.req.header('if-none-match') === etag) return request.body(null, 304)
  return request.html(text, status)
}

/** Who asks, on a route that is not open to everyone. */
export function visitorOn(request: Context<Guarded>): Visitor {
  const visitor = request.get('visitor')
  if (visitor === null)
    throw new RollcallError('Unreachable', 'the guard let a request through without a visitor')
  return visitor
}

function countsOf({ ledger }: Snapshot): PageOptions['counts'] {
  if (ledger === null) return null
  const { leavers, deadLetters, busDeadLetters, brake, incomplete, findings } = ledger.figures
  const failed = [...deadLetters, ...(busDeadLetters?.codes ?? [])]
  return {
    openLeavers: leavers.count,
    deadLetters: failed.reduce((sum, { count }) => sum + count, 0),
    held: brake.held + incomplete.count,
    findings: findings.reduce((sum, { count }) => sum + count, 0),
  }
}
