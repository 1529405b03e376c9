import type { Channel } from '../../core/alerts/channel.ts'
import { cloudEventOf, typeOf } from '../../core/alerts/message.ts'
import type { Sender } from '../../core/ports.ts'
import { busCode } from '../service-bus/client.ts'

/** Longer than a connection that is opened anew takes. */
const TIMEOUT_MS = 30_000

/** Sends notifications to a queue or topic of the bus, as CloudEvents. */
export function queueChannel(
  sender: Pick<Sender, 'send'>,
  probe: (cut: AbortSignal) => Promise<string>,
): Channel {
  return {
    send: async (message, cut) => {
      const signal = AbortSignal.any([cut, AbortSignal.timeout(TIMEOUT_MS)])
      const over = new Promise<null>((resolve) => {
        if (signal.aborted) resolve(null)
        else signal.addEventListener('abort', () => resolve(null), { once: true })
      })
      const sending = sender
        .send([
          {
            id: message.id,
            subject: typeOf(message.kind),
            contentType: 'application/cloudevents+json',
            body: cloudEventOf(message),
            properties: { kind: message.kind, urgency: message.urgency },
          },
        ])
        .then(
          () => ({ kind: 'sent' }) as const,
          (error: unknown) => ({ kind: 'again', code: busCode(error), afterMs: null }) as const,
        )
      return (await Promise.race([sending, over])) ?? { kind: 'again', code: 'TimeoutError', afterMs: null }
    },
    probe,
  }
}
