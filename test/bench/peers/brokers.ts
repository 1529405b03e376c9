import { once } from 'node:events'
import { parseArgs } from 'node:util'
import rhea from 'rhea'
import { expect, printRound } from '../support/figures.ts'
import { LOAD } from '../support/load.ts'
import { BROKERS } from './amqp-brokers.ts'

/**
 * What brokers do with durable messages over AMQP 1.0, next to the Service Bus double that the
 * other benchmarks use. Messages are sent until the broker has confirmed them all, and then received
 * with the credit of intake and accepted one by one.
 *
 *     apt-get install rabbitmq-server libqpid-proton11-dev libqpid-proton11-dev-examples
 *     node test/bench/peers/brokers.ts --broker rabbitmq      or proton, double, double-with-file
 *
 * The client is rhea, the library under the official client of Service Bus, because the latter
 * speaks to no other broker.
 */
const { values } = parseArgs({
  options: { broker: { type: 'string', default: 'double' }, messages: { type: 'string', default: '20000' } },
})
const start = BROKERS[values.broker]
if (!start) throw new Error(`--broker is one of ${Object.keys(BROKERS).join(', ')}`)
const MESSAGES = Number(values.messages)
const BODY = Buffer.alloc(320, 'x')

await using stack = new AsyncDisposableStack()
const broker = await start(stack)
const connection = rhea.create_container().connect({ ...broker.login, host: '127.0.0.1', reconnect: false })
stack.defer(async () => {
  const closed = once(connection, 'connection_close')
  // RabbitMQ ends a session with an error when its connection closes.
  connection.on('session_error', () => {})
  connection.close()
  await closed
})
await round(Math.ceil(MESSAGES / 5))
const { figures, received } = await round(MESSAGES)
printRound({
  figures,
  settings: { broker: values.broker, durability: broker.durability, messages: MESSAGES },
  wrong: expect('messages received', received, MESSAGES),
})

async function round(count: number) {
  const sent = await measured(count, () => sendAll(count))
  let received = 0
  const taken = await measured(count, async () => void (received = await receiveAll(count)))
  return {
    received,
    figures: {
      'messages sent/s': sent.perSecond,
      'messages received/s': taken.perSecond,
      'client µs a message received': taken.clientMicroseconds,
      'broker µs a message sent': sent.brokerMicroseconds,
      'broker µs a message received': taken.brokerMicroseconds,
    },
  }
}

async function measured(count: number, work: () => Promise<void>) {
  const [client, server, startedAt] = [process.cpuUsage(), await broker.cpuSeconds(), performance.now()]
  await work()
  const seconds = (performance.now() - startedAt) / 1_000
  const { user, system } = process.cpuUsage(client)
  return {
    perSecond: count / seconds,
    clientMicroseconds: (user + system) / count,
    brokerMicroseconds: (((await broker.cpuSeconds()) - server) * 1e6) / count,
  }
}

/** Resolves once the broker has confirmed all of them. */
async function sendAll(count: number): Promise<void> {
  const sender = connection.open_sender({ target: { address: broker.address, durable: 2 } })
  const all = Promise.withResolvers<void>()
  let [sent, confirmed] = [0, 0]
  sender.on('sendable', () => {
    for (; sent < count && sender.sendable(); sent++) sender.send({ durable: true, body: BODY })
  })
  sender.on('accepted', () => ++confirmed === count && all.resolve())
  for (const failure of ['rejected', 'sender_error', 'disconnected'] as const)
    sender.on(failure, () => all.reject(new Error(`the broker answers with ${failure}`)))
  await all.promise
  sender.close()
}

/** Resolves with the number of messages that came. */
async function receiveAll(count: number): Promise<number> {
  const receiver = connection.open_receiver({
    source: { address: broker.address, durable: 2 },
    credit_window: LOAD.inFlight,
    autoaccept: true,
  })
  const all = Promise.withResolvers<void>()
  let received = 0
  receiver.on('message', () => ++received === count && all.resolve())
  receiver.on('receiver_error', () => all.reject(new Error('the broker closes the receiver')))
  await all.promise
  receiver.close()
  return received
}
