import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import type { ServiceBusClient } from '@azure/service-bus'
import { WebSocket } from 'ws'
import { closeWithin, connect } from '../../../src/adapters/service-bus/client.ts'
import { busAddress } from '../../../src/compose/addresses.ts'
import { readConfig } from '../../../src/compose/config.ts'
import { type Broker, type BrokerOptions, startBroker } from '../../../src/local/service-bus/broker.ts'
import { WEBSOCKET_PATH, WEBSOCKET_PROTOCOL } from '../../../src/local/service-bus/listener.ts'
import { proxyFor } from '../../fakes/proxy.ts'
import { configOf } from '../../local/service-bus/support.ts'
import { complete, numbered, numberOf, openInbox, QUEUE, send } from '../support/bus.ts'
import { until } from '../support/until.ts'

/** Closed before their broker. */
const clientsOf = new WeakMap<Broker, ServiceBusClient[]>()

async function brokerFor(t: TestContext, options: Partial<BrokerOptions> = {}): Promise<Broker> {
  const broker = await startBroker({ config: configOf({ [QUEUE]: {} }), ...options })
  const clients: ServiceBusClient[] = []
  clientsOf.set(broker, clients)
  t.after(async () => {
    await closeWithin(
      500,
      Promise.all(clients.map((client) => client.close())).then(() => {}),
    )
    await broker.stop()
  })
  return broker
}

/** The connector's own way from its configuration to a client. */
function clientOf(broker: Broker, environment: Record<string, string>): ServiceBusClient {
  const config = readConfig({
    SERVICEBUS_CONNECTION_STRING: broker.connectionString,
    SERVICEBUS_WEBSOCKETS: 'true',
    ...environment,
  })
  const client = connect(busAddress(config), { maxRetries: 0, timeoutInMs: 2_000 })
  clientsOf.get(broker)?.push(client)
  return client
}

void describe('AMQP over WebSockets', () => {
  void test('everything arrives and is settled, as over TCP', async (t) => {
    const broker = await brokerFor(t)
    const client = clientOf(broker, {})
    await send(client, numbered(3_000))
    const opened = await openInbox(
      t,
      client,
      {},
      undefined,
      (message, { settle }) => void settle([complete(message)]),
    )
    await until('all of them', async () => (await broker.counts(QUEUE)).completed === 3_000)
    assert.deepEqual(new Set(opened.arrived.map(numberOf)).size, 3_000)
  })

  void test('a connection that is cut is opened anew, and what was unsettled comes again', async (t) => {
    const broker = await brokerFor(t)
    const client = clientOf(broker, {})
    await send(client, numbered(10))
    const opened = await openInbox(t, client)
    await until('the first delivery', () => opened.held.size === 10)
    await broker.inject({ kind: 'drop-connections' })
    await broker.inject({ kind: 'expire-locks' })
    await until('the second', () => opened.arrived.length === 20)
    await opened.settle(opened.arrived.slice(10).map(complete))
    await until('settled', async () => (await broker.counts(QUEUE)).completed === 10)
  })

  void test('through a proxy, whose name and password are shown to it alone', async (t) => {
    const broker = await brokerFor(t)
    const proxy = await proxyFor(t)
    const withPassword = proxy.url.replace('://', '://somebody:secret@')
    await send(clientOf(broker, { HTTPS_PROXY: withPassword }), numbered(2))
    assert.equal((await broker.counts(QUEUE)).active, 2)
    assert.deepEqual(proxy.asked, [`127.0.0.1:${broker.port}`])
    assert.equal(proxy.authorization, `Basic ${Buffer.from('somebody:secret').toString('base64')}`)
  })

  void test('a host that NO_PROXY names is reached directly', async (t) => {
    const broker = await brokerFor(t)
    const proxy = await proxyFor(t)
    await send(clientOf(broker, { HTTPS_PROXY: proxy.url, NO_PROXY: 'contoso.com, 127.0.0.1' }), numbered(1))
    assert.equal((await broker.counts(QUEUE)).active, 1)
    assert.deepEqual(proxy.asked, [])
  })

  void test('nothing goes around a proxy that refuses', async (t) => {
    const broker = await brokerFor(t)
    const proxy = await proxyFor(t, true)
    await assert.rejects(send(clientOf(broker, { HTTPS_PROXY: proxy.url }), numbered(1)))
    assert.ok(proxy.asked.length >= 1)
    assert.equal((await broker.counts(QUEUE)).incoming, 0)
  })

  void test('without SERVICEBUS_WEBSOCKETS the bus is reached by TCP, proxy or not', async (t) => {
    const broker = await brokerFor(t)
    const proxy = await proxyFor(t)
    await send(clientOf(broker, { HTTPS_PROXY: proxy.url, SERVICEBUS_WEBSOCKETS: 'false' }), numbered(1))
    assert.deepEqual(proxy.asked, [])
  })
})

void describe('the local broker takes WebSockets on the port of AMQP', () => {
  const opening = (url: string, protocols: string[]): Promise<string> =>
    new Promise((resolve) => {
      const socket = new WebSocket(url, protocols)
      socket.on('open', () => resolve(`open ${socket.protocol}`))
      socket.on('unexpected-response', (_request, response) => {
        response.resume()
        resolve(String(response.statusCode))
      })
      socket.on('error', () => resolve('failed'))
    })

  void test('at one path and in one protocol', async (t) => {
    const { port } = await brokerFor(t)
    const at = (path: string): string => `ws://127.0.0.1:${port}${path}`
    assert.equal(
      await opening(at(WEBSOCKET_PATH), ['other', WEBSOCKET_PROTOCOL]),
      `open ${WEBSOCKET_PROTOCOL}`,
    )
    assert.equal(await opening(at('/elsewhere'), [WEBSOCKET_PROTOCOL]), '404')
    assert.equal(await opening(at(WEBSOCKET_PATH), []), '400')
    assert.equal((await fetch(`http://127.0.0.1:${port}${WEBSOCKET_PATH}`)).status, 426)
  })

  void test('a client that sends nothing or nonsense is disconnected, and the broker goes on', async (t) => {
    const broker = await brokerFor(t, { settings: { handshakeTimeoutMs: 100 } })
    const url = `ws://127.0.0.1:${broker.port}${WEBSOCKET_PATH}`
    const silent = new WebSocket(url, [WEBSOCKET_PROTOCOL])
    const talking = new WebSocket(url, [WEBSOCKET_PROTOCOL])
    let closed = 0
    for (const one of [silent, talking]) one.on('close', () => (closed += 1))
    talking.on('open', () => talking.send('GET / HTTP/1.1\r\n\r\n'))
    await until('let go', () => closed === 2)
    await send(clientOf(broker, {}), numbered(1))
  })
})
