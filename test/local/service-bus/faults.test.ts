import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { brokerFor, configOf, isEmpty } from './support.ts'
import { manual, receiveOne } from '../../fakes/receiving.ts'

const config = configOf({ q: {}, s: { RequiresSession: true } })

void describe('faults on request', () => {
  void it('a lost acknowledgement of a send leaves the message in the queue and the sender in doubt', async (t) => {
    const { connect, broker } = await brokerFor(t, config)
    await broker.inject({ kind: 'lose-acknowledgements', of: 'sends', count: 1, entity: 'q' })
    const sender = connect({ retryOptions: { maxRetries: 0, timeoutInMs: 500 } }).createSender('q')
    await assert.rejects(sender.sendMessages({ body: 1 }))
    assert.equal((await broker.counts('q')).active, 1)
    await connect().createSender('q').sendMessages({ body: 2 })
    assert.equal((await broker.counts('q')).active, 2)
  })

  void it('a lost acknowledgement of a settlement removes the message and leaves the receiver in doubt', async (t) => {
    const { connect, broker } = await brokerFor(t, config)
    const client = connect({ retryOptions: { maxRetries: 0, timeoutInMs: 500 } })
    await client.createSender('q').sendMessages({ body: 1 })
    const receiver = client.createReceiver('q', manual)
    const message = await receiveOne(receiver)
    await broker.inject({ kind: 'lose-acknowledgements', of: 'settlements', count: 1 })
    const outcome = await Promise.race([
      receiver.completeMessage(message).then(
        () => 'done',
        () => 'failed',
      ),
      delay(300, 'nothing'),
    ])
    assert.notEqual(outcome, 'done')
    assert.equal((await broker.counts('q')).completed, 1)
  })

  void it('slow acknowledgements come late, as often as asked for', async (t) => {
    const { connect, broker } = await brokerFor(t, config)
    const sender = connect().createSender('q')
    await sender.sendMessages({ body: 0 })
    await broker.inject({ kind: 'slow-acknowledgements', of: 'sends', delayMs: 500, count: 1 })
    let started = performance.now()
    await sender.sendMessages({ body: 1 })
    assert.ok(performance.now() - started >= 495)
    started = performance.now()
    await sender.sendMessages({ body: 2 })
    assert.ok(performance.now() - started < 495)
  })

  void it('deliver twice: a completed message is acknowledged and comes once more', async (t) => {
    const { connect, broker } = await brokerFor(t, config)
    const client = connect()
    await client.createSender('q').sendMessages({ body: 1 })
    await broker.inject({ kind: 'deliver-twice', count: 1, entity: 'Q' })
    const receiver = client.createReceiver('q', manual)
    await receiver.completeMessage(await receiveOne(receiver))
    const again = await receiveOne(receiver)
    assert.equal(again.deliveryCount, 1)
    await receiver.completeMessage(again)
    assert.ok(await isEmpty(receiver))
  })

  void it('server-busy refuses sends and new links until its count is used up', async (t) => {
    const { connect, broker } = await brokerFor(t, config)
    const sender = connect().createSender('q')
    await sender.sendMessages({ body: 0 })
    const peeking = connect().createReceiver('q', manual)
    await peeking.peekMessages(1)
    await broker.inject({ kind: 'server-busy', count: 3, entity: 'q' })
    await assert.rejects(sender.sendMessages({ body: 1 }), { code: 'ServiceBusy' })
    await assert.rejects(connect().createReceiver('q', manual).receiveMessages(1, { maxWaitTimeInMs: 100 }), {
      code: 'ServiceBusy',
    })
    await assert.rejects(peeking.peekMessages(1), { code: 'ServiceBusy' })
    await sender.sendMessages({ body: 2 })
    assert.equal((await broker.counts('q')).active, 2)
  })

  void it('a stalled entity hands out nothing until it resumes', async (t) => {
    const { connect, broker } = await brokerFor(t, config)
    const client = connect({ retryOptions: { maxRetries: 0, timeoutInMs: 5000 } })
    await broker.inject({ kind: 'stall' })
    await client.createSender('q').sendMessages({ body: 1 })
    await client.createSender('s').sendMessages({ body: 2, sessionId: 'a' })
    assert.ok(await isEmpty(client.createReceiver('q', manual)))
    const accepted = client.acceptNextSession('s', manual)
    assert.equal(await Promise.race([accepted.then(() => 'got one'), delay(100, 'none')]), 'none')
    await broker.inject({ kind: 'resume' })
    assert.equal((await receiveOne(client.createReceiver('q', manual))).body, 1)
    assert.equal((await receiveOne(await accepted)).body, 2)
  })

  void it('an expired session lock is lost to its receiver', async (t) => {
    const { connect, broker } = await brokerFor(t, config)
    const client = connect()
    await client.createSender('s').sendMessages({ body: 1, sessionId: 'a' })
    const receiver = await client.acceptSession('s', 'a', manual)
    const message = await receiveOne(receiver)
    await broker.inject({ kind: 'expire-locks', entity: 's' })
    // A settlement that crosses the detach on the wire is answered, but the client no longer
    // listens.
    await delay(50)
    await assert.rejects(receiver.completeMessage(message), { code: 'SessionLockLost' })
    assert.equal((await receiveOne(await client.acceptSession('s', 'a', manual))).deliveryCount, 1)
  })
})

void describe('limits', () => {
  void it('an entity that is full refuses sends with QuotaExceeded', async (t) => {
    const { connect } = await brokerFor(t, config, { settings: { maxEntityBytes: 1000 } })
    const sender = connect().createSender('q')
    await sender.sendMessages({ body: 'x'.repeat(500) })
    await assert.rejects(sender.sendMessages({ body: 'x'.repeat(500) }), { code: 'QuotaExceeded' })
  })

  void it('a disabled entity refuses the operations that its status disables', async (t) => {
    const { connect } = await brokerFor(
      t,
      configOf({
        off: { Status: 'Disabled' },
        deaf: { Status: 'SendDisabled' },
        mute: { Status: 'ReceiveDisabled' },
      }),
    )
    const client = connect()
    const receiveFrom = async (name: string) =>
      await client.createReceiver(name, manual).receiveMessages(1, { maxWaitTimeInMs: 50 })
    await assert.rejects(client.createSender('off').sendMessages({ body: 1 }), {
      code: 'MessagingEntityDisabled',
    })
    await assert.rejects(receiveFrom('off'), { code: 'MessagingEntityDisabled' })
    await assert.rejects(client.createSender('deaf').sendMessages({ body: 1 }), {
      code: 'MessagingEntityDisabled',
    })
    assert.deepEqual(await receiveFrom('deaf'), [])
    await client.createSender('mute').sendMessages({ body: 1 })
    await assert.rejects(receiveFrom('mute'), { code: 'MessagingEntityDisabled' })
  })

  void it('a batch with too many messages is refused whole', async (t) => {
    const { connect, broker } = await brokerFor(t, config, { settings: { maxBatchMessages: 10 } })
    const sender = connect().createSender('q')
    await assert.rejects(sender.sendMessages(Array.from({ length: 11 }, () => ({ body: 1 }))), /batch/)
    assert.equal((await broker.counts('q')).incoming, 0)
  })

  void it('a chain of more than four forwards ends in the transfer dead-letter queue of its last queue', async (t) => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    const queues = names.map((name, index) => [name, index < 6 ? { ForwardTo: names[index + 1] } : {}])
    const { connect, broker } = await brokerFor(t, configOf(Object.fromEntries(queues)))
    const client = connect()
    await client.createSender('c').sendMessages({ body: 'arrives' })
    assert.equal((await broker.counts('g')).active, 1)
    await client.createSender('a').sendMessages({ body: 'too far' })
    assert.equal((await broker.counts('g')).active, 1)
    const dead = await receiveOne(
      client.createReceiver('e', { ...manual, subQueueType: 'transferDeadLetter' }),
    )
    assert.equal(dead.deadLetterReason, 'MaxTransferHopCountExceeded')
  })

  void it('an idle link is detached, and the client opens another when it needs one', async (t) => {
    const { connect, broker } = await brokerFor(t, config, { settings: { linkIdleMs: 1_000 } })
    const sender = connect().createSender('q')
    await sender.sendMessages({ body: 1 })
    // Links age on the broker's real clock. A slow machine needs time between opening and sending.
    await delay(2_000)
    await sender.sendMessages({ body: 2 })
    assert.equal((await broker.counts('q')).active, 2)
  })
})
