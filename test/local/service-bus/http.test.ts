import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ServiceBusClient, type ServiceBusReceiver } from '@azure/service-bus'
import { type Broker, startBroker } from '../../../src/local/service-bus/broker.ts'
import { brokerFor, configOf, isEmpty } from './support.ts'
import { manual, receive, receiveOne } from '../../fakes/receiving.ts'

const config = configOf({ q: {}, 'q/b': {}, s: { RequiresSession: true } })

/** Calls the broker's port over plain HTTP. */
async function call(
  { port }: Broker,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly text: string; readonly json: () => unknown }> {
  const payload = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { connection: 'close', ...headers },
    ...(body === undefined ? {} : { body: payload }),
  })
  const text = await response.text()
  return { status: response.status, text, json: (): unknown => JSON.parse(text) }
}

async function inject(broker: Broker, fault: object | readonly object[]): Promise<void> {
  const { status, text } = await call(broker, 'POST', '/$double/faults', fault)
  assert.equal(status, 204, text)
}

const withToken = { authorization: 'SharedAccessSignature anything' }

/** The error a subscribed receiver hears next. */
async function heard(t: TestContext, receiver: ServiceBusReceiver): Promise<() => Promise<string>> {
  const codes: string[] = []
  const { close } = receiver.subscribe({
    processMessage: async () => {},
    processError: async ({ error }) => void codes.push('code' in error ? String(error.code) : error.message),
  })
  t.after(() => close())
  // The link is opened over a real socket, and nothing shows when it is.
  await delay(150)
  return async () => {
    for (let round = 0; round < 200 && codes.length === 0; round += 1) await delay(20)
    return codes[0] ?? 'nothing'
  }
}

void describe('the control API', () => {
  void it('accepts faults, lists those in force, and ends them', async (t) => {
    const { broker, connect } = await brokerFor(t, config)
    await inject(broker, [
      { kind: 'server-busy', count: 2, entity: 'q' },
      { kind: 'stall', entity: 's' },
    ])
    const sender = connect().createSender('q')
    await assert.rejects(sender.sendMessages({ body: 1 }), { code: 'ServiceBusy' })
    assert.deepEqual((await call(broker, 'GET', '/$double/faults')).json(), [
      { fault: { kind: 'stall', entity: 's' } },
      { fault: { kind: 'server-busy', count: 2, entity: 'q' }, left: 1 },
    ])
    assert.equal((await call(broker, 'DELETE', '/$double/faults')).status, 204)
    await sender.sendMessages({ body: 2 })
    assert.deepEqual((await call(broker, 'GET', '/$double/faults')).json(), [])
  })

  void it('refuses what is not a fault, not a setting or not JSON, and says what is wrong', async (t) => {
    const { broker } = await brokerFor(t, config)
    for (const body of [{ kind: 'earthquake' }, { kind: 'server-busy' }, { kind: 'vanish' }, '{'])
      assert.equal((await call(broker, 'POST', '/$double/faults', body)).status, 400)
    const answer = await call(broker, 'PATCH', '/$double/settings', { maxBatchMessage: 1 })
    assert.equal(answer.status, 400)
    assert.match(answer.text, /maxBatchMessage/)
    assert.equal((await call(broker, 'GET', '/$double/nothing')).status, 404)
  })

  void it('a page of another origin is refused', async (t) => {
    const { broker } = await brokerFor(t, config)
    const headers = { origin: 'https://elsewhere.example' }
    const fault = { kind: 'drop-connections' }
    assert.equal((await call(broker, 'POST', '/$double/faults', fault, headers)).status, 403)
  })

  void it('changes settings for everything that begins afterwards', async (t) => {
    const { broker, connect } = await brokerFor(t, config)
    const before = connect().createSender('q')
    await before.sendMessages({ body: 1 })
    const changed = await call(broker, 'PATCH', '/$double/settings', { maxMessageBytes: 2000 })
    assert.equal(changed.status, 200)
    const batch = await connect().createSender('q').createMessageBatch()
    assert.equal(batch.maxSizeInBytes, 2000)
  })

  void it('counts what every entity holds', async (t) => {
    const { broker, connect } = await brokerFor(t, config)
    await connect()
      .createSender('q')
      .sendMessages([{ body: 1 }, { body: 2 }])
    const counts = (await call(broker, 'GET', '/$double/entities')).json()
    assert.ok(typeof counts === 'object' && counts !== null)
    assert.equal(Reflect.get(Reflect.get(counts, 'q') as object, 'active'), 2)
    assert.ok('q/$DeadLetterQueue' in counts)
  })
})

void describe('faults of connections, links and tokens', () => {
  void it('a connection closed by force is reopened by the client, and nothing is lost', async (t) => {
    const { broker, connect } = await brokerFor(t, config)
    const client = connect({ retryOptions: { maxRetries: 3, retryDelayInMs: 50, timeoutInMs: 5000 } })
    const sender = client.createSender('q')
    await sender.sendMessages({ body: 1 })
    await inject(broker, { kind: 'close-connections', description: 'maintenance' })
    // The client hears of it over its socket.
    await delay(300)
    await sender.sendMessages({ body: 2 })
    assert.equal((await receive(client.createReceiver('q', manual), 2)).length, 2)
  })

  void it('links of the entity are detached with the condition asked for, links of others are not', async (t) => {
    const { broker, connect } = await brokerFor(t, config)
    const [hit, spared] = [connect().createReceiver('q', manual), connect().createReceiver('q/b', manual)]
    const [hitHears, sparedHears] = [await heard(t, hit), await heard(t, spared)]
    await inject(broker, { kind: 'detach-links', entity: 'q', condition: 'com.microsoft:server-busy' })
    assert.equal(await hitHears(), 'ServiceBusy')
    await inject(broker, { kind: 'detach-links', entity: 'Q/B', condition: 'amqp:internal-error' })
    assert.notEqual(await sparedHears(), 'ServiceBusy')
  })

  void it('a receiver that waits for a session gets the error when its link is detached', async (t) => {
    const { broker, connect } = await brokerFor(t, config)
    const accepted = connect().acceptNextSession('s', manual)
    const failed = assert.rejects(accepted, { code: 'MessagingEntityDisabled' })
    // The link is opened over a real socket, and nothing shows when it is.
    await delay(200)
    await inject(broker, { kind: 'detach-links', entity: 's', condition: 'com.microsoft:entity-disabled' })
    await failed
  })

  void it('a token refused fails the link that needed it, and the management request', async (t) => {
    const { broker, connect } = await brokerFor(t, config)
    await inject(broker, { kind: 'refuse-tokens', count: 1, entity: 'q' })
    await connect().createSender('s').sendMessages({ body: 1, sessionId: 'a' })
    await assert.rejects(connect().createSender('q').sendMessages({ body: 1 }), {
      code: 'UnauthorizedAccess',
    })
    await inject(broker, { kind: 'refuse-tokens', count: 1 })
    assert.equal((await call(broker, 'GET', '/q', undefined, withToken)).status, 401)
    assert.equal((await call(broker, 'GET', '/q', undefined, withToken)).status, 200)
  })

  void it('a token that runs out ends the links opened with it', async (t) => {
    const { broker, connect } = await brokerFor(t, config)
    const hears = await heard(t, connect().createReceiver('q', manual))
    await inject(broker, { kind: 'expire-tokens' })
    assert.equal(await hears(), 'UnauthorizedAccess')
  })

  void it('an entity that is removed and restored has everything it held', async (t) => {
    const { broker, connect } = await brokerFor(t, config)
    const client = connect()
    await client.createSender('q').sendMessages({ body: 'stays' })
    await inject(broker, { kind: 'vanish', entity: 'q' })
    // The client hears over its socket that its link is gone.
    await delay(100)
    const gone = { code: 'MessagingEntityNotFound' }
    await assert.rejects(connect().createSender('q').sendMessages({ body: 1 }), gone)
    await connect().createSender('q/b').sendMessages({ body: 1 })
    await inject(broker, { kind: 'resume' })
    assert.equal((await receiveOne(connect().createReceiver('q', manual))).body, 'stays')
    await inject(broker, { kind: 'vanish', entity: 'q', forMs: 150 })
    await assert.rejects(connect().createSender('q').sendMessages({ body: 1 }), gone)
    // Faults end on the broker's real clock.
    await delay(200)
    await connect().createSender('q').sendMessages({ body: 1 })
  })

  void it('a half-open connection is silent until it thaws; new connections work', async (t) => {
    const { broker, connect } = await brokerFor(t, config)
    const client = connect()
    const sender = client.createSender('q')
    await sender.sendMessages({ body: 1 })
    const received = client.createReceiver('q/b', manual).receiveMessages(1, { maxWaitTimeInMs: 20_000 })
    // The link is opened over a real socket; then silence is what is shown.
    await delay(150)
    await inject(broker, { kind: 'freeze-connections' })
    await connect().createSender('q/b').sendMessages({ body: 'in flight' })
    assert.equal(await Promise.race([received, delay(200, 'nothing')]), 'nothing')
    const sent = sender.sendMessages({ body: 2 }).then(() => 'sent')
    assert.equal(await Promise.race([sent, delay(400, 'nothing')]), 'nothing')
    assert.equal((await broker.counts('q')).active, 1)
    await connect().createSender('q').sendMessages({ body: 3 })
    await inject(broker, { kind: 'resume' })
    assert.equal(await sent, 'sent')
    assert.equal((await received).length, 1)
    assert.equal((await broker.counts('q')).active, 3)
  })
})

void describe('the management API over plain HTTP', () => {
  void it('requires a token, as the service does, and does not verify it', async (t) => {
    const { broker } = await brokerFor(t, config)
    const { status, text } = await call(broker, 'GET', '/q')
    assert.equal(status, 401)
    assert.match(text, /<Code>401<\/Code><Detail>MissingToken/)
    assert.equal((await call(broker, 'GET', '/q', undefined, withToken)).status, 200)
  })

  void it('a busy namespace answers 503', async (t) => {
    const { broker } = await brokerFor(t, config)
    await inject(broker, { kind: 'server-busy', count: 1 })
    assert.equal((await call(broker, 'GET', '/q', undefined, withToken)).status, 503)
  })

  void it('hostile bodies and paths are refused, and the broker goes on', async (t) => {
    const { broker } = await brokerFor(t, config)
    const put = async (path: string, body: string) =>
      (await call(broker, 'PUT', path, body, withToken)).status
    const bomb = '<!DOCTYPE a [<!ENTITY b "bbbb">]><entry><content><QueueDescription/></content></entry>'
    assert.equal(await put('/new', bomb), 400)
    assert.equal(await put('/new', '<entry>'), 400)
    assert.equal(await put('/new', ''), 400)
    assert.equal(await put('/new', '<entry><content><Other/></content></entry>'), 400)
    assert.equal(await put('/new', 'x'.repeat(2 * 1024 ** 2)).catch(() => 413), 413)
    const fine = '<entry><content><QueueDescription/></content></entry>'
    for (const path of ['/%ff%fe', '/a%0ab', '/$cbs', '/x/$management', '/a//b', `/${'n'.repeat(300)}`])
      assert.equal(await put(path, fine), 400, path)
    assert.equal(await put('/__proto__', fine), 201)
    assert.equal((await call(broker, 'GET', '/$Resources/Queues?$skip=-1', undefined, withToken)).status, 400)
    assert.equal(await put('/new', fine), 201)
  })
})

void describe('entities created at run time', () => {
  void it('outlive the broker with their messages; changes and deletions last too', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'bus-'))
    t.after(() => rm(folder, { recursive: true }))
    const file = join(folder, 'bus.db')
    const description = (kind: string, inner = '') =>
      `<entry><content><${kind}Description>${inner}</${kind}Description></content></entry>`
    const first = await startBroker({ config, file })
    const put = async (path: string, body: string, headers: Readonly<Record<string, string>> = withToken) => {
      const { status, text } = await call(first, 'PUT', path, body, headers)
      assert.ok(status === 200 || status === 201, text)
    }
    await put('/added', description('Queue', '<MaxDeliveryCount>3</MaxDeliveryCount>'))
    await put('/t', description('Topic'))
    await put('/t/Subscriptions/one', description('Subscription'))
    await put('/s', description('Queue', '<LockDuration>PT7S</LockDuration>'), {
      ...withToken,
      'if-match': '*',
    })
    const firstClient = new ServiceBusClient(first.connectionString)
    await firstClient.createSender('added').sendMessages({ body: 1 })
    await firstClient.createSender('t').sendMessages({ body: 2 })
    await firstClient.createSender('q').sendMessages({ body: 3 })
    await firstClient.close()
    assert.equal((await call(first, 'DELETE', '/q', undefined, withToken)).status, 200)
    await first.stop()

    const { broker, connect } = await brokerFor(t, config, { file })
    const client = connect()
    assert.equal((await receiveOne(client.createReceiver('added', manual))).body, 1)
    assert.equal((await receiveOne(client.createReceiver('t', 'one', manual))).body, 2)
    const { text } = await call(broker, 'GET', '/s', undefined, withToken)
    assert.match(text, /<LockDuration>PT7S</)
    assert.match(text, /<RequiresSession>true</)
    assert.match(text, /<DefaultMessageTimeToLive>PT1H</)
    await assert.rejects(client.createSender('q').sendMessages({ body: 1 }), {
      code: 'MessagingEntityNotFound',
    })
    assert.equal((await call(broker, 'PUT', '/q', description('Queue'), withToken)).status, 201)
    assert.ok(await isEmpty(connect().createReceiver('q', manual)))
  })
})

void describe('entities changed at run time', () => {
  void it('a queue that starts to forward passes on what waits in it, and goes on with what is locked', async (t) => {
    const { broker, connect } = await brokerFor(t, config)
    const client = connect()
    await client.createSender('q').sendMessages([{ body: 'locked' }, { body: 'waits' }])
    const receiver = client.createReceiver('q', manual)
    const locked = await receiveOne(receiver)
    const description = '<QueueDescription><ForwardTo>q/b</ForwardTo></QueueDescription>'
    const body = `<entry><content>${description}</content></entry>`
    const { status } = await call(broker, 'PUT', '/q', body, { ...withToken, 'if-match': '*' })
    assert.equal(status, 200)
    assert.equal((await receiveOne(client.createReceiver('q/b', manual))).body, 'waits')
    await receiver.completeMessage(locked)
    assert.equal((await broker.counts('q')).completed, 1)
  })
})

void describe('a Premium namespace', () => {
  void it('accepts messages up to the size of the entity, and a Standard entity has no such setting', async (t) => {
    const large = '<MaxMessageSizeInKilobytes>102400</MaxMessageSizeInKilobytes>'
    const body = `<entry><content><QueueDescription>${large}</QueueDescription></content></entry>`
    const standard = await brokerFor(t, config)
    assert.equal((await call(standard.broker, 'PUT', '/big', body, withToken)).status, 400)
    const { broker, connect } = await brokerFor(t, config, { settings: { sku: 'Premium' } })
    assert.equal((await call(broker, 'PUT', '/big', body, withToken)).status, 201)
    const client = connect({ retryOptions: { maxRetries: 0, timeoutInMs: 60_000 } })
    const sender = client.createSender('big')
    assert.equal((await sender.createMessageBatch()).maxSizeInBytes, 100 * 1024 ** 2)
    assert.equal((await client.createSender('q').createMessageBatch()).maxSizeInBytes, 1024 ** 2)
    const payload = Buffer.alloc(20 * 1024 ** 2, 7)
    await sender.sendMessages({ body: payload })
    const message = await receiveOne(client.createReceiver('big', manual), 60_000)
    assert.ok(payload.equals(message.body as Buffer))
  })
})
