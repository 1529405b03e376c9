import type { Ledger } from '../ledger/ledger.ts'
import type { Delivery, QueuedNotification } from '../ledger/port/alerts.ts'
import { DAY_MS, describeError, type Runtime } from '../runtime.ts'
import { loop, type WakeableService, withGrace } from '../service.ts'
import type { Channel, Sent } from './channel.ts'
import { messageOf } from './message.ts'

export interface DeliveryContext {
  readonly ledger: Pick<Ledger, 'claimNotification' | 'recordDelivery' | 'listAlertEmployees'>
  readonly runtime: Runtime
  /** Address of the console. */
  readonly link: string | null
}

const POLL_MS = 5_000
/** Longer than an attempt may take. An attempt whose process ended is made again after it. */
const LEASE_MS = 90_000
const FIRST_RETRY_MS = 5_000
const LONGEST_RETRY_MS = 900_000
/** A message that its receiver refuses is given up after this many attempts. */
const REFUSALS = 5
/** A message that cannot be delivered for any other reason is given up at this age. */
const GIVEN_UP_MS = 3 * DAY_MS
/** An attempt that is under way when the process stops may go on for this long. */
const STOP_GRACE_MS = 4_000
/** The most employees that are named. */
const NAMED = 20

/**
 * Delivers the notifications of one channel, in their order, at least once. A process that ends
 * between delivering and recording it delivers once more, under the same id.
 */
export function deliveryLoop(name: string, channel: Channel, context: DeliveryContext): WakeableService {
  const { ledger, runtime } = context
  let failing = false
  return loop(`notify.${name}`, runtime, async (stopping) => {
    const claimed = await ledger.claimNotification({ channel: name, now: runtime.now(), leaseMs: LEASE_MS })
    if (claimed === null) return POLL_MS
    const sent = await withGrace(stopping, STOP_GRACE_MS, runtime, (cut) =>
      attempt(channel, claimed, context, cut),
    )
    const delivery = deliveryOf(sent, claimed, runtime)
    await ledger.recordDelivery(claimed.seq, delivery, runtime.now())
    if (delivery.kind === 'given-up')
      runtime.log.error('notification.lost', {
        channel: name,
        code: delivery.code,
        kind: claimed.kind,
        alerts: claimed.alerts.map(({ code }) => code),
        attempts: claimed.attempts,
        what: 'the channel did not take this notification, and it is not sent again; rollcall alerts has the alert',
      })
    if (delivery.kind === 'again' && !failing)
      runtime.log.warn('notification.failed', {
        channel: name,
        code: delivery.code,
        what: 'it is sent again until it arrives; test the channel with rollcall notifications test',
      })
    if (delivery.kind === 'delivered' && failing) runtime.log.info('notification.arrives', { channel: name })
    failing = delivery.kind !== 'delivered'
    return delivery.kind === 'again' ? Math.min(POLL_MS, delivery.notBefore - runtime.now()) : 0
  })
}

async function attempt(
  channel: Channel,
  claimed: QueuedNotification,
  { ledger, link }: DeliveryContext,
  cut: AbortSignal,
): Promise<Sent> {
  // Read now and not when it was queued: an erased employee is then no longer named.
  const employees = claimed.names
    ? await Promise.all(claimed.alerts.map((alert) => ledger.listAlertEmployees(alert, NAMED)))
    : []
  try {
    return await channel.send(messageOf(claimed, { link, employees }), cut)
  } catch (error) {
    const { code } = describeError(error)
    return { kind: 'again', code: typeof code === 'string' ? code : 'Unknown', afterMs: null }
  }
}

function deliveryOf(
  sent: Sent,
  { attempts, queuedAt }: QueuedNotification,
  runtime: Pick<Runtime, 'now' | 'random'>,
): Delivery {
  if (sent.kind === 'sent') return { kind: 'delivered' }
  const now = runtime.now()
  const { code } = sent
  if (sent.kind === 'refused' && attempts >= REFUSALS) return { kind: 'given-up', code }
  if (now - queuedAt >= GIVEN_UP_MS) return { kind: 'given-up', code }
  const jitter = 0.75 + runtime.random() / 2
  const growing = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempts - 1, 10)) * jitter
  const asked = sent.kind === 'again' ? (sent.afterMs ?? 0) : 0
  return { kind: 'again', notBefore: now + Math.round(Math.max(growing, asked)), code }
}
