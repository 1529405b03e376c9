import { amqp, type RheaLink, type RheaSession, type RheaTerminus, type Typed } from './rhea-types.ts'

const COORDINATOR: ReadonlySet<unknown> = new Set([0x30, 'amqp:coordinator:list'])
const TARGET_FIELD = 6
const MAX_HANDLE = 0xffff_ffff

/**
 * Makes a session of rhea's take the links that a peer opens as AMQP 1.0 has them. rhea 3.0.5 knows
 * links by name alone, so that a sender and a receiver of one name would be one link (they are two,
 * 2.6.1), and warns of a target it does not know on the console.
 */
export function takeAttaches(session: RheaSession): void {
  session.local.begin.handle_max = MAX_HANDLE
  session.on_attach = (frame) => {
    const { name, role, handle, value } = frame.performative
    if (isCoordinator(value[TARGET_FIELD])) value[TARGET_FIELD] = amqp.Null()
    const link = linkFor(session, name, Boolean(role))
    session.remote.handles[handle] = link
    link.on_attach(frame)
  }
}

/** The name the peer gave the link. */
export const nameOf = (link: RheaLink): string => link.local.attach.name

/**
 * A source or target with fields; undefined when the peer sent none, or one of a kind that is not
 * known here.
 */
export function terminusOf(terminus: RheaLink['source']): RheaTerminus | undefined {
  return terminus !== null && terminus !== undefined && 'address' in terminus ? terminus : undefined
}

function linkFor(session: RheaSession, name: string, peerReceives: boolean): RheaLink {
  const known = session.links[name]
  if (known !== undefined && known.is_receiver() !== peerReceives) return known
  const key = known === undefined ? name : `${name} of the other role`
  const other = session.links[key]
  if (other !== undefined) return other
  const link = peerReceives ? session.create_sender(key) : session.create_receiver(key)
  link.local.attach.name = name
  return link
}

function isCoordinator(target: Typed | undefined): boolean {
  return COORDINATOR.has(target?.descriptor?.value)
}
