import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import rhea from 'rhea'
import type { Connection, EventContext } from 'rhea'
import type { Broker } from '../../../src/local/service-bus/broker.ts'
import { brokerFor, configOf } from './support.ts'
import { manual, receiveOne } from '../../fakes/receiving.ts'

const config = configOf({ q: { LockDuration: 'PT0.2S', MaxDeliveryCount: 3 }, s: { RequiresSession: true } })
const saslHeader = Buffer.from('AMQP\x03\x01\x00\x00', 'latin1')
const amqpHeader = Buffer.from('AMQP\x00\x01\x00\x00', 'latin1')

async function open(broker: Broker): Promise<Socket> {
  const socket = connectSocket(broker.port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

async function closes(socket: Socket, withinMs: number): Promise<boolean> {
  if (socket.destroyed) return true
  socket.resume()
  return await Promise.race([once(socket, 'close').then(() => true), delay(withinMs, false)])
}

/** A connection of a client that is not Microsoft's. */
function dial(broker: Broker): Connection {
  const connection = rhea
    .create_container()
    .connect({ port: broker.port, host: '127.0.0.1', username: 'anyone', reconnect: false })
  for (const event of [
    'connection_error',
    'disconnected',
    'sender_error',
    'receiver_error',
    'session_error',
    'rejected',
  ])
    connection.on(event, () => {})
  return connection
}

/** rhea keeps its socket where its typings do not show it. */
function socketOf(connection: Connection): Socket {
  return Reflect.get(connection, 'socket') as Socket
}

async function errorOf(
  link: { on(event: string, listener: (context: EventContext) => void): void },
  event: string,
): Promise<string> {
  return await new Promise((resolve) => {
    link.on(event, (context) => {
      const error = context.sender?.error ?? context.receiver?.error
      resolve(error !== undefined && 'condition' in error ? String(error.condition) : 'no condition')
    })
  })
}

void describe('what is not AMQP, or not quite', () => {
  const garbage: readonly (readonly [string, Buffer])[] = [
    ['text', Buffer.from('EHLO x\r\n\r\n')],
    ['another version', Buffer.from('AMQP\x00\x00\x09\x01', 'latin1')],
    [
      'a frame of four gigabytes',
      Buffer.concat([amqpHeader, Buffer.from([0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0])]),
    ],
    ['a frame smaller than its header', Buffer.concat([amqpHeader, Buffer.from([0, 0, 0, 4, 2, 0, 0, 0])])],
    [
      'a frame of noise',
      Buffer.concat([amqpHeader, Buffer.from([0, 0, 0, 16, 2, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9])]),
    ],
    [
      'a transfer before anything is open',
      Buffer.concat([amqpHeader, Buffer.from([0, 0, 0, 14, 2, 0, 0, 0, 0x00, 0x53, 0x14, 0xc0, 1, 0])]),
    ],
    [
      'a large handshake',
      Buffer.concat([saslHeader, Buffer.from([0, 1, 0, 0, 2, 1, 0, 0]), Buffer.alloc(80_000)]),
    ],
  ]
  for (const [name, bytes] of garbage) {
    void it(`${name} ends the connection, and only that`, async (t) => {
      const { connect, broker } = await brokerFor(t, config)
      const socket = await open(broker)
      socket.write(bytes)
      assert.ok(await closes(socket, 30_000))
      await connect().createSender('q').sendMessages({ body: 1 })
    })
  }

  void it('an array longer than its bytes is refused, in a frame and in a message', async (t) => {
    const { broker, connect } = await brokerFor(t, config)
    // An open whose desired-capabilities are four thousand million nulls.
    const bomb = Buffer.from([0xf0, 0, 0, 0, 5, 0xff, 0xff, 0xff, 0xff, 0x40])
    const fields = Buffer.concat([Buffer.from([0xa1, 1, 0x78]), Buffer.alloc(7, 0x40), bomb])
    const list = Buffer.concat([Buffer.from([0x00, 0x53, 0x10, 0xc0, fields.length + 1, 9]), fields])
    const socket = await open(broker)
    socket.write(Buffer.concat([amqpHeader, Buffer.from([0, 0, 0, 8 + list.length, 2, 0, 0, 0]), list]))
    assert.ok(await closes(socket, 30_000))

    const connection = dial(broker)
    const sender = connection.open_sender('q/$management')
    await once(sender, 'sendable')
    const rejected = once(sender, 'rejected')
    sender.send(Buffer.concat([Buffer.from([0x00, 0x53, 0x77]), bomb]), undefined, 0)
    await rejected
    connection.close()
    await connect().createSender('q').sendMessages({ body: 1 })
  })

  void it('random bytes after a proper opening do not bring the broker down', async (t) => {
    const { connect, broker } = await brokerFor(t, config)
    let state = 7
    const random = () => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
      return state % 256
    }
    for (let round = 0; round < 40; round += 1) {
      const socket = await open(broker)
      const body = Buffer.from(Array.from({ length: 40 }, random))
      const frame = Buffer.concat([
        Buffer.from([0, 0, 0, 51, 2, 0, 0, 0, 0x00, 0x53, 0x10 + (round % 9)]),
        body,
      ])
      socket.write(Buffer.concat([amqpHeader, frame]))
      await closes(socket, 50)
      socket.destroy()
    }
    await connect().createSender('q').sendMessages({ body: 1 })
  })

  void it('a connection that never opens is dropped after the handshake timeout', async (t) => {
    const { broker } = await brokerFor(t, config, { settings: { handshakeTimeoutMs: 100 } })
    const socket = await open(broker)
    socket.write(saslHeader)
    assert.ok(await closes(socket, 30_000))
  })

  void it('a half-open connection is detected by its silence', async (t) => {
    const { broker } = await brokerFor(t, config, { settings: { idleTimeoutMs: 100 } })
    const connection = dial(broker)
    await once(connection, 'connection_open')
    const socket = socketOf(connection)
    // From here on the peer is silent: it sends no heartbeats either.
    socket.write = () => true
    assert.ok(await closes(socket, 30_000))
  })

  void it('a payload that is not a message is rejected, and the link stays open', async (t) => {
    const { broker } = await brokerFor(t, config)
    const connection = dial(broker)
    const sender = connection.open_sender('q')
    await once(sender, 'sendable')
    const rejected = once(sender, 'rejected')
    sender.send(Buffer.from([1, 2, 3, 4]), undefined, 0)
    await rejected
    const accepted = once(sender, 'accepted')
    sender.send({ body: 'fine' })
    await accepted
    assert.equal((await broker.counts('q')).incoming, 1)
    connection.close()
  })
})

void describe('another AMQP client', () => {
  void it('may come with a name and a password', async (t) => {
    const { broker } = await brokerFor(t, config)
    const connection = rhea.create_container().connect({
      port: broker.port,
      host: '127.0.0.1',
      username: 'key',
      password: 'secret',
      reconnect: false,
    })
    await once(connection, 'connection_open')
    connection.close()
    await once(connection, 'connection_close')
  })

  void it('sends, receives and settles', async (t) => {
    // A lock that outlives a busy machine.
    const { broker, connect } = await brokerFor(t, configOf({ q: {} }))
    const connection = dial(broker)
    const sender = connection.open_sender('q')
    await once(sender, 'sendable')
    sender.send({ message_id: 'r-1', body: 'hello', application_properties: { a: 1 } })
    const receiver = connection.open_receiver({ source: 'q', autoaccept: false, credit_window: 1 })
    const [context] = (await once(receiver, 'message')) as [EventContext]
    assert.equal(context.message?.body, 'hello')
    assert.equal(context.message.message_annotations?.['x-opt-sequence-number'], 1)
    context.delivery?.reject({ condition: 'my:reason', description: 'not for me' })
    const dead = await receiveOne(connect().createReceiver('q', { ...manual, subQueueType: 'deadLetter' }))
    assert.deepEqual(
      [dead.messageId, dead.deadLetterReason, dead.deadLetterErrorDescription],
      ['r-1', 'my:reason', 'not for me'],
    )
    connection.close()
  })

  void it('gets the conditions that the service uses', async (t) => {
    const { broker } = await brokerFor(t, config)
    const connection = dial(broker)
    assert.equal(await errorOf(connection.open_sender('nowhere'), 'sender_error'), 'amqp:not-found')
    assert.equal(await errorOf(connection.open_receiver('nowhere'), 'receiver_error'), 'amqp:not-found')
    assert.equal(await errorOf(connection.open_receiver('s'), 'receiver_error'), 'amqp:not-allowed')
    assert.equal(
      await errorOf(connection.open_sender('q/$deadletterqueue'), 'sender_error'),
      'amqp:not-allowed',
    )
    connection.close()
  })

  void it('a message larger than a frame is sent and received', async (t) => {
    const { broker } = await brokerFor(t, config)
    const connection = rhea
      .create_container()
      .connect({ port: broker.port, host: '127.0.0.1', reconnect: false, max_frame_size: 512 })
    const sender = connection.open_sender('q')
    await once(sender, 'sendable')
    sender.send({ body: 'x'.repeat(20_000) })
    const receiver = connection.open_receiver({ source: 'q', autoaccept: true, credit_window: 10 })
    const [context] = (await once(receiver, 'message')) as [EventContext]
    assert.equal(String(context.message?.body).length, 20_000)
    connection.close()
  })

  void it('a released message comes back uncounted', async (t) => {
    const { broker } = await brokerFor(t, config)
    const connection = dial(broker)
    const sender = connection.open_sender('q')
    await once(sender, 'sendable')
    sender.send({ body: 'x' })
    const receiver = connection.open_receiver({ source: 'q', autoaccept: false, credit_window: 1 })
    const [first] = (await once(receiver, 'message')) as [EventContext]
    first.delivery?.release()
    const [second] = (await once(receiver, 'message')) as [EventContext]
    assert.equal(second.message?.delivery_count ?? 0, 0)
    connection.close()
  })
})

void describe('clients that behave badly', () => {
  void it('a peer that never settles gets no more than the limit, and others get its messages', async (t) => {
    const { broker, connect } = await brokerFor(t, config, { settings: { maxUnsettled: 100 } })
    await connect()
      .createSender('q')
      .sendMessages(Array.from({ length: 500 }, () => ({ body: 1 })))
    const connection = dial(broker)
    let received = 0
    const receiver = connection.open_receiver({ source: 'q', autoaccept: false, credit_window: 1000 })
    receiver.on('message', () => (received += 1))
    // Shows that nothing follows on a real socket.
    await delay(500)
    assert.equal(received, 100)
    const counts = await broker.counts('q')
    assert.equal(counts.active + counts.locked + counts.deadLetter, 500)
    connection.close()
  })

  void it('a peer that does not read does not fill the memory of the broker', async (t) => {
    const { broker, connect } = await brokerFor(t, configOf({ q: {} }), {
      settings: { outputHighWater: 64 * 1024 },
    })
    const sender = connect().createSender('q')
    for (let round = 0; round < 200; round += 1) await sender.sendMessages({ body: 'x'.repeat(200_000) })
    const connection = dial(broker)
    await once(connection, 'connection_open')
    const socket = socketOf(connection)
    connection.open_receiver({ source: 'q', autoaccept: false, credit_window: 1000 })
    await delay(5)
    socket.pause()
    // The broker writes into a real socket that is not read, and must stop.
    await delay(300)
    const { locked } = await broker.counts('q')
    assert.ok(locked < 150, `${locked} messages were sent to a client that does not read`)
    socket.destroy(new Error('enough'))
  })

  void it('a thousand connections are held and released, and one beyond the limit is refused with a reason', async (t) => {
    const { broker, connect } = await brokerFor(t, config, { settings: { maxConnections: 1001 } })
    const container = rhea.create_container()
    const connections = Array.from({ length: 1000 }, () => {
      const connection = container.connect({ port: broker.port, host: '127.0.0.1', reconnect: false })
      connection.on('disconnected', () => {})
      return connection
    })
    await Promise.all(connections.map(async (connection) => await once(connection, 'connection_open')))
    await connect().createSender('q').sendMessages({ body: 1 })
    const extra = dial(broker)
    const refused = new Promise<string>((resolve) => {
      extra.on('connection_error', (context: EventContext) =>
        resolve(String(Reflect.get(Object(context.connection.error), 'condition'))),
      )
    })
    assert.equal(await refused, 'amqp:resource-limit-exceeded')
    for (const connection of connections) connection.close()
    await Promise.all(connections.map(async (connection) => await once(connection, 'connection_close')))
    // The sockets close a moment after the connections on them.
    await delay(300)
    await connect().createSender('q').sendMessages({ body: 2 })
  })
})
