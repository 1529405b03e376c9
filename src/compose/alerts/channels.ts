import { randomUUID } from 'node:crypto'
import type { ServiceBusClient } from '@azure/service-bus'
import { mailChannel } from '../../adapters/notify/mail.ts'
import { queueChannel } from '../../adapters/notify/queue.ts'
import { webhookChannel } from '../../adapters/notify/webhook.ts'
import { useProxy } from '../../adapters/proxy.ts'
import { closeWithin, connect } from '../../adapters/service-bus/client.ts'
import { busSender } from '../../adapters/service-bus/sender.ts'
import type { Config } from '../../config/load.ts'
import { messageOf } from '../../core/alerts/message.ts'
import type { Channel, Sent } from '../../core/alerts/channel.ts'
import type { ChannelSettings } from '../../core/alerts/settings.ts'
import { RollcallError } from '../../core/errors.ts'
import { busAddress } from '../addresses.ts'

const CLOSE_MS = 2_000

/** What is opened for channels is closed with the stack. */
interface ChannelContext {
  readonly config: Config
  readonly stack: AsyncDisposableStack
  /** The connection for queues; asked for when there is one. */
  bus(): ServiceBusClient
}

/** Every configured channel of notifications, by name. */
export function channelsOf(context: ChannelContext): ReadonlyMap<string, Channel> {
  const { channels } = context.config.rules.notifications
  return new Map([...channels].map(([name, settings]) => [name, channelOf(settings, context)]))
}

function channelOf({ webhook, mail, queue }: ChannelSettings, context: ChannelContext): Channel {
  if (webhook) return webhookChannel(webhook, Date.now)
  if (mail) return mailChannel(mail, context.config)
  return queueAt(queue ?? '', context)
}

function queueAt(name: string, { bus, stack }: ChannelContext): Channel {
  const client = bus()
  const sender = stack.adopt(busSender(client, name), (it) => closeWithin(CLOSE_MS, it.close()))
  return queueChannel(sender, async () => {
    const link = client.createSender(name)
    try {
      // The client opens the link to learn how large a batch may be.
      await link.createMessageBatch()
      return 'can be sent to'
    } finally {
      await closeWithin(CLOSE_MS, link.close())
    }
  })
}

/** Runs `work` with one channel. Throws `ArgumentInvalid` for a name that is not configured. */
export async function withChannel<T>(
  config: Config,
  name: string,
  work: (channel: Channel) => Promise<T>,
): Promise<T> {
  await using stack = new AsyncDisposableStack()
  const bus = (): ServiceBusClient =>
    stack.adopt(connect(busAddress(config)), (it) => closeWithin(CLOSE_MS, it.close()))
  const { channels } = config.rules.notifications
  const settings = channels.get(name)
  if (settings === undefined)
    throw new RollcallError(
      'ArgumentInvalid',
      channels.size === 0
        ? 'no channel is configured: name one under notifications.channels in rollcall.yaml'
        : `the channels are ${[...channels.keys()].join(', ')}`,
    )
  return await work(channelOf(settings, { config, stack, bus }))
}

/** Longer than one attempt of any channel may take. */
const LIMIT_MS = 60_000

/** Sends one message to a channel at once, past rules, quiet hours and the outbox. */
export async function sendTest(config: Config, name: string): Promise<Sent> {
  using _proxied = useProxy(config)
  const message = messageOf(
    { id: randomUUID(), kind: 'test', alerts: [], names: false, queuedAt: Date.now() },
    { link: config.rules.notifications.link, employees: [] },
  )
  return await withChannel(config, name, (channel) => channel.send(message, AbortSignal.timeout(LIMIT_MS)))
}
