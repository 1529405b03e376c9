import type { Reply } from '../amqp/control.ts'
import { REFUSALS } from '../errors.ts'
import { amqp } from '../amqp/rhea-types.ts'
import type { SessionRecord } from '../store/holdings/sessions.ts'
import { type Ask, failed, numberOf, ok, textOf } from './answers.ts'

export const sessionLost = (sessionId: string): Reply => failed(410, REFUSALS.sessionLockLost(sessionId))

export function renewSessionLock(ask: Ask): Reply {
  const session = heldSession(ask)
  const { sessions } = ask.entity.queue
  if (session === undefined || sessions === undefined)
    return sessionLost(textOf(ask.body['session-id']) ?? '')
  return ok({ expiration: amqp.wrap_timestamp(sessions.renew(session, ask.now)) })
}

export function setSessionState(ask: Ask): Reply {
  const session = heldSession(ask)
  if (session === undefined) return sessionLost(textOf(ask.body['session-id']) ?? '')
  const state = ask.body['session-state']
  const kept = Buffer.isBuffer(state) && state.length > 0 ? Buffer.from(state) : undefined
  ask.entity.queue.setSessionState(session, kept, ask.now)
  return ok()
}

export function getSessionState(ask: Ask): Reply {
  const session = heldSession(ask)
  if (session === undefined) return sessionLost(textOf(ask.body['session-id']) ?? '')
  return ok({ 'session-state': session.state === undefined ? null : amqp.wrap_binary(session.state) })
}

/**
 * A last-updated-time this late asks for the sessions with messages instead of those with a recent
 * state.
 */
const ANY_TIME = Date.UTC(9999, 11, 31)

/** Sessions with messages, or whose state was set after the time given. */
export function listSessions({ entity, body }: Ask): Reply {
  const after = body['last-updated-time']
  const since = after instanceof Date ? after.getTime() : ANY_TIME
  const skip = numberOf(body['skip']) ?? 0
  const top = numberOf(body['top']) ?? 100
  const wanted = (session: SessionRecord) =>
    since >= ANY_TIME ? session.live > 0 : session.state !== undefined && session.stateChangedAt > since
  const ids = [...(entity.queue.sessions?.all() ?? [])].filter(wanted).map((session) => session.id)
  const page = ids.slice(skip, skip + top)
  if (page.length === 0) return { status: 204, description: 'There are no sessions.' }
  return ok({ skip: amqp.wrap_int(skip + page.length), 'sessions-ids': page })
}

/**
 * The named session, if a receiver holds it. If the request names a link, it must be the link of
 * that receiver.
 */
function heldSession({ entity, body, linkName, now }: Ask): SessionRecord | undefined {
  const sessionId = textOf(body['session-id'])
  if (sessionId === undefined) return undefined
  const session = entity.queue.sessions?.get(sessionId)
  if (session === undefined || session.lock === 0 || session.lockedUntil <= now) return undefined
  const holder = entity.desk?.holder(sessionId)
  return linkName !== undefined && holder !== undefined && holder.linkName !== linkName ? undefined : session
}
