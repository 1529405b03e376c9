import { Egress } from './egress.ts'
import { REFUSALS } from '../errors.ts'
import type { Faults } from '../faults.ts'
import { nameOf, terminusOf } from './rhea-attach.ts'
import { amqp, type RheaLink, type Typed } from './rhea-types.ts'
import type { WireSession } from './session.ts'
import type { Attached } from './session-contract.ts'
import type { SessionDesk, SessionWaiter } from '../entities/session-desk.ts'
import { sessionSource } from './source.ts'
import type { SessionGrant } from '../store/holdings/sessions.ts'
import type { FlowFrame } from '../wire/frames.ts'
import { isTyped } from '../wire/typed.ts'

const SESSION_FILTER = 'com.microsoft:session-filter'
/** .NET counts time in units of 100 ns from the year 1. */
const TICKS_AT_UNIX_EPOCH = 621_355_968_000_000_000n

/**
 * What a receiver's session filter asks for: a session by name, the next free one (null), or
 * nothing of sessions (undefined).
 */
export function requestedSession(link: RheaLink): string | null | undefined {
  const filter = terminusOf(link.source)?.filter
  if (filter === undefined || filter === null || !(SESSION_FILTER in filter)) return undefined
  const given = filter[SESSION_FILTER]
  const value = isTyped(given) ? given.value : given
  return typeof value === 'string' ? value : null
}

/**
 * The filter of a granted session as its receiver wrote it: described when it was described.
 * `@azure/service-bus` sends and expects a bare one, go-amqp a described one.
 */
function grantedFilter(link: RheaLink, sessionId: string): unknown {
  const given = terminusOf(link.source)?.filter?.[SESSION_FILTER]
  return isTyped(given) && given.descriptor !== undefined
    ? amqp.described(given.descriptor, amqp.wrap_string(sessionId))
    : sessionId
}

export interface SessionAttachContext {
  readonly session: WireSession
  readonly link: RheaLink
  readonly address: string
  readonly desk: SessionDesk
  readonly removes: boolean
  readonly faults: Faults
  readonly now: () => number
  /** How long to wait for a free session when the client does not say. Milliseconds. */
  readonly defaultWaitMs: number
}

/**
 * Opens the link on a session by name, or refuses it because another receiver holds that session.
 */
export function attachNamedSession(context: SessionAttachContext, sessionId: string): void {
  const { link, desk } = context
  const grant = desk.accept(sessionId)
  if (grant === undefined) {
    link.local.attach.source = null
    link.local.attach.target = null
    link.close(REFUSALS.sessionCannotBeLocked(sessionId))
    return
  }
  openOn(context, grant)
}

/**
 * Holds the attach back until a session is free or the client's time is up, as the service does.
 * The client names its patience in the property `com.microsoft:timeout`; nothing is written after
 * it has given up, because a late attach costs it the whole connection.
 */
export function attachNextSession(context: SessionAttachContext): void {
  const { session, link, desk, defaultWaitMs } = context
  // rhea has already noted that it owes the peer an attach: take that back for now.
  link.state.local_open = false
  link.state.open_requests = 0
  const patience = link.properties?.['com.microsoft:timeout']
  const waitMs = typeof patience === 'number' && patience >= 0 ? patience : defaultWaitMs
  const timer = setTimeout(() => {
    link.open()
    link.local.attach.source = null
    link.local.attach.target = null
    session.close(link, REFUSALS.sessionTimeout())
  }, waitMs)
  let asked: FlowFrame | undefined
  const waiter: SessionWaiter = {
    granted: (grant) => {
      clearTimeout(timer)
      link.open()
      const egress = openOn(context, grant)
      if (asked !== undefined) egress.onFlow(asked)
    },
  }
  const waiting: Attached = {
    onTransfer: () => {},
    // A client may give credit together with its attach: that counts once there is a session.
    onFlow: (frame) => (asked = frame),
    onRoom: () => {},
    onGone: () => {
      clearTimeout(timer)
      desk.giveUp(waiter)
    },
  }
  session.attach(link, waiting)
  desk.wait(waiter)
}

function openOn(context: SessionAttachContext, grant: SessionGrant): Egress {
  const { session, link, address, desk, removes, faults, now } = context
  link.set_source({ address, filter: { [SESSION_FILTER]: grantedFilter(link, grant.sessionId) } })
  link.local.attach.properties = { 'com.microsoft:locked-until-utc': ticks(grant.lockedUntil) }
  desk.hold({
    grant,
    linkName: nameOf(link),
    lost: () => session.close(link, REFUSALS.sessionLockLost(grant.sessionId)),
  })
  const egress = new Egress(session, link, sessionSource(desk, grant, faults), removes, now)
  session.attach(link, egress)
  return egress
}

function ticks(epochMs: number): Typed {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(epochMs) * 10_000n + TICKS_AT_UNIX_EPOCH)
  return amqp.Long(bytes)
}
