import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, it } from 'node:test'
import { brokerFor, configOf, manualClock } from './support.ts'
import { manual, receive, receiveOne } from '../../fakes/receiving.ts'

/**
 * What the conformance suite (`test/suites/conformance/service-bus/`) does not ask of every bus:
 * the counts and faults of the double, and what takes too many messages for a real namespace.
 */

const plain = configOf({ q: {}, other: {} })

void describe('a queue of the double', () => {
  void it('a message without an id gets one of 32 hexadecimal digits, and sequence numbers begin at 1', async (t) => {
    const { connect } = await brokerFor(t, plain)
    const client = connect()
    await client.createSender('q').sendMessages([{ body: 1 }, { body: 2, subject: 's' }])
    const messages = await receive(client.createReceiver('q', manual), 2)
    for (const { messageId } of messages) assert.match(String(messageId), /^[0-9a-f]{32}$/)
    assert.equal(messages[1]?.subject, 's')
    assert.deepEqual(
      messages.map(({ sequenceNumber }) => sequenceNumber?.toNumber()),
      [1, 2],
    )
  })

  void it('a message larger than a frame arrives whole', async (t) => {
    const { connect } = await brokerFor(t, plain)
    const client = connect()
    const body = 'x'.repeat(200_000)
    await client.createSender('q').sendMessages({ body })
    assert.equal((await receiveOne(client.createReceiver('q', manual))).body, body)
  })

  void it('the queues of the configuration are apart, and their names are found in any case', async (t) => {
    const { connect, broker } = await brokerFor(t, plain)
    await connect().createSender('OTHER').sendMessages({ body: 1 })
    assert.equal((await broker.counts('q')).active, 0)
    assert.equal((await broker.counts('other')).active, 1)
    await assert.rejects(broker.counts('nowhere'), /could not be found/)
  })

  void it('the counts tell active, locked, completed and dead-lettered messages apart', async (t) => {
    const { connect, broker } = await brokerFor(t, plain)
    const client = connect()
    await client.createSender('q').sendMessages([1, 2, 3, 4].map((body) => ({ body })))
    const receiver = client.createReceiver('q', manual)
    const [first, second, third] = await receive(receiver, 3)
    assert.ok(first !== undefined && second !== undefined && third !== undefined)
    await receiver.completeMessage(first)
    await receiver.deadLetterMessage(second)
    const { active, locked, completed, deadLetter } = await broker.counts('q')
    assert.deepEqual(
      { active, locked, completed, deadLetter },
      { active: 1, locked: 1, completed: 1, deadLetter: 1 },
    )
  })

  void it('the counts include duplicates, which are stored once', async (t) => {
    const config = configOf({ q: { RequiresDuplicateDetection: true } })
    const { connect, broker } = await brokerFor(t, config)
    const sender = connect().createSender('q')
    await sender.sendMessages(['a', 'a', 'b'].map((messageId) => ({ body: 1, messageId })))
    await sender.sendMessages({ body: 1, messageId: 'b' })
    const { active, duplicates } = await broker.counts('q')
    assert.deepEqual([active, duplicates], [2, 2])
  })

  void it('a renewed lock lasts the lock duration from that moment', async (t) => {
    const clock = manualClock()
    const { connect } = await brokerFor(t, plain, { now: clock.now })
    const client = connect()
    await client.createSender('q').sendMessages({ body: 1 })
    const receiver = client.createReceiver('q', manual)
    const message = await receiveOne(receiver)
    clock.advance(50_000)
    const until = await receiver.renewMessageLock(message)
    assert.ok(Math.abs(until.getTime() - clock.now() - 60_000) < 2000)
  })

  void it('a message of a dead-letter queue cannot be dead-lettered again', async (t) => {
    const { connect, broker } = await brokerFor(t, configOf({ q: { MaxDeliveryCount: 1 } }))
    const client = connect()
    await client.createSender('q').sendMessages({ body: 1 })
    const receiver = client.createReceiver('q', manual)
    await receiver.abandonMessage(await receiveOne(receiver))
    const queue = client.createReceiver('q', { ...manual, subQueueType: 'deadLetter' })
    const dead = await receiveOne(queue)
    assert.equal(dead.deadLetterErrorDescription, 'Message could not be consumed after 1 delivery attempts.')
    await assert.rejects(queue.deadLetterMessage(dead))
    assert.equal((await broker.counts('q')).deadLetter, 1)
  })

  void it('the expire-locks fault ends every lock at once', async (t) => {
    const { connect, broker } = await brokerFor(t, plain)
    const client = connect()
    await client.createSender('q').sendMessages([{ body: 1 }, { body: 2 }])
    const receiver = client.createReceiver('q', manual)
    const [first] = await receive(receiver, 2)
    await broker.inject({ kind: 'expire-locks', entity: 'q' })
    assert.equal((await broker.counts('q')).active, 2)
    assert.ok(first)
    await assert.rejects(receiver.completeMessage(first), { code: 'MessageLockLost' })
  })

  void it('competing receivers share the messages, and each message goes to one of them', async (t) => {
    const { connect, broker } = await brokerFor(t, plain)
    const client = connect()
    const seen: string[][] = [[], [], []]
    for (const ids of seen) {
      client.createReceiver('q', manual).subscribe(
        {
          processMessage: async (message) => void ids.push(String(message.messageId)),
          processError: async () => {},
        },
        { maxConcurrentCalls: 8 },
      )
    }
    // The receivers open their links over a real socket, and nothing shows when they have.
    await delay(50)
    const ids = Array.from({ length: 300 }, (_, index) => `m${index}`)
    await client.createSender('q').sendMessages(ids.map((messageId) => ({ body: 1, messageId })))
    while ((await broker.counts('q')).completed < 300) await delay(10)
    assert.deepEqual(seen.flat().sort(), ids.sort())
    assert.ok(seen.every((mine) => mine.length > 30))
  })
})

void describe('links and connections', () => {
  void it('one message left unsettled stalls its receiver at 2048, and settling it lets the rest flow', async (t) => {
    const { connect, broker } = await brokerFor(t, plain)
    const client = connect()
    const sender = client.createSender('q')
    for (let round = 0; round < 5; round += 1)
      await sender.sendMessages(Array.from({ length: 500 }, () => ({ body: 1 })))
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    let first = true
    client.createReceiver('q', manual).subscribe(
      {
        processMessage: async () => {
          if (!first) return
          first = false
          await held
        },
        processError: async () => {},
      },
      { maxConcurrentCalls: 100 },
    )
    while ((await broker.counts('q')).completed < 2047) await delay(20)
    // Shows that nothing follows on a real socket.
    await delay(100)
    assert.equal((await broker.counts('q')).completed, 2047)
    release()
    while ((await broker.counts('q')).completed < 2500) await delay(20)
  })

  void it('a subscriber goes on without help after every connection was dropped', async (t) => {
    const { connect, broker } = await brokerFor(t, plain)
    const client = connect({ retryOptions: { maxRetries: 3, retryDelayInMs: 20, timeoutInMs: 5000 } })
    const bodies: unknown[] = []
    client.createReceiver('q', manual).subscribe({
      processMessage: async ({ body }) => void bodies.push(body),
      processError: async () => {},
    })
    await connect().createSender('q').sendMessages({ body: 'before' })
    while (!bodies.includes('before')) await delay(10)
    await broker.inject({ kind: 'drop-connections' })
    await connect().createSender('q').sendMessages({ body: 'after' })
    while (!bodies.includes('after')) await delay(10)
  })

  void it('the broker stops while a client is connected, and can be stopped again', async (t) => {
    const { connect, broker } = await brokerFor(t, plain)
    await connect().createSender('q').sendMessages({ body: 1 })
    const started = performance.now()
    await Promise.all([broker.stop(), broker.stop()])
    await broker.stop()
    assert.ok(performance.now() - started < 10_000)
  })
})
