import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, it } from 'node:test'
import { brokerFor, configOf, isEmpty, manual, manualClock, receive, receiveOne } from './support.ts'

const plain = configOf({ q: {}, other: {} })
const reason = (deadLetterReason: string) => ({ deadLetterReason, deadLetterErrorDescription: 'said so' })

void describe('sending to a queue', () => {
  void it('what was sent arrives as it was: body, properties and application properties', async (t) => {
    const { connect } = await brokerFor(t, plain)
    const client = connect()
    const sent = {
      body: { name: 'Åsa', list: [1, 2.5, null, true] },
      messageId: 'id-1',
      correlationId: 'c-1',
      subject: 'hired',
      contentType: 'application/json',
      to: 'somewhere',
      replyTo: 'back',
      timeToLive: 60_000,
      applicationProperties: { text: 'x', whole: 7, real: 1.5, flag: true },
    }
    await client.createSender('q').sendMessages(sent)
    const message = await receiveOne(client.createReceiver('q', manual))
    for (const [name, value] of Object.entries(sent))
      assert.deepEqual(Reflect.get(message, name), value, name)
    assert.equal(message.deliveryCount, 0)
    assert.equal(message.sequenceNumber?.toNumber(), 1)
    assert.ok(Math.abs(Number(message.enqueuedTimeUtc) - Date.now()) < 5000)
  })

  void it('a message without an id gets one of 32 hexadecimal digits', async (t) => {
    const { connect } = await brokerFor(t, plain)
    const client = connect()
    await client.createSender('q').sendMessages([{ body: 1 }, { body: 2, subject: 's' }])
    const messages = await receive(client.createReceiver('q', manual), 2)
    for (const { messageId } of messages) assert.match(String(messageId), /^[0-9a-f]{32}$/)
    assert.equal(messages[1]?.subject, 's')
  })

  void it('a batch arrives message by message and in order', async (t) => {
    const { connect, broker } = await brokerFor(t, plain)
    const client = connect()
    const sender = client.createSender('q')
    const batch = await sender.createMessageBatch()
    for (let index = 0; index < 300; index += 1)
      assert.ok(batch.tryAddMessage({ body: { index }, messageId: `m${index}` }))
    await sender.sendMessages(batch)
    const messages = await receive(
      client.createReceiver('q', { ...manual, receiveMode: 'receiveAndDelete' }),
      300,
    )
    assert.deepEqual(
      messages.map((message) => message.messageId),
      Array.from({ length: 300 }, (_, index) => `m${index}`),
    )
    assert.equal((await broker.counts('q')).completed, 300)
  })

  void it('a message larger than a frame arrives whole', async (t) => {
    const { connect } = await brokerFor(t, plain)
    const client = connect()
    const body = 'x'.repeat(200_000)
    await client.createSender('q').sendMessages({ body })
    assert.equal((await receiveOne(client.createReceiver('q', manual))).body, body)
  })

  void it('a queue that detects duplicates accepts and drops a message id it knows', async (t) => {
    const clock = manualClock()
    const config = configOf({
      q: { RequiresDuplicateDetection: true, DuplicateDetectionHistoryTimeWindow: 'PT20S' },
    })
    const { connect, broker } = await brokerFor(t, config, { now: clock.now })
    const sender = connect().createSender('q')
    await sender.sendMessages([
      { body: 1, messageId: 'a' },
      { body: 2, messageId: 'a' },
      { body: 3, messageId: 'b' },
    ])
    await sender.sendMessages({ body: 4, messageId: 'b' })
    const counts = await broker.counts('q')
    assert.deepEqual([counts.active, counts.duplicates], [2, 2])
    clock.advance(20_001)
    await sender.sendMessages({ body: 5, messageId: 'a' })
    assert.equal((await broker.counts('q')).active, 3)
  })

  void it('an entity that does not exist is refused as such, to senders and receivers', async (t) => {
    const { connect } = await brokerFor(t, plain)
    const client = connect()
    await assert.rejects(client.createSender('nowhere').sendMessages({ body: 1 }), {
      code: 'MessagingEntityNotFound',
    })
    await assert.rejects(client.createReceiver('nowhere').receiveMessages(1, { maxWaitTimeInMs: 100 }), {
      code: 'MessagingEntityNotFound',
    })
  })

  void it('the queues of the configuration are apart, and their names are found in any case', async (t) => {
    const { connect, broker } = await brokerFor(t, plain)
    await connect().createSender('OTHER').sendMessages({ body: 1 })
    assert.equal((await broker.counts('q')).active, 0)
    assert.equal((await broker.counts('other')).active, 1)
    await assert.rejects(broker.counts('nowhere'), /could not be found/)
  })
})

void describe('peek-lock', () => {
  void it('a completed message is gone', async (t) => {
    const { connect, broker } = await brokerFor(t, plain)
    const client = connect()
    await client.createSender('q').sendMessages({ body: 1 })
    const receiver = client.createReceiver('q', manual)
    await receiver.completeMessage(await receiveOne(receiver))
    const counts = await broker.counts('q')
    assert.deepEqual([counts.active, counts.locked, counts.completed], [0, 0, 1])
  })

  void it('an abandoned message comes back before later ones, with its delivery count raised and the properties given', async (t) => {
    const { connect } = await brokerFor(t, plain)
    const client = connect()
    await client
      .createSender('q')
      .sendMessages([{ body: 1, applicationProperties: { kept: 'k', changed: 'old' } }, { body: 2 }])
    const receiver = client.createReceiver('q', manual)
    await receiver.abandonMessage(await receiveOne(receiver), { changed: 'new', added: 3 })
    const again = await receiveOne(receiver)
    assert.equal(again.body, 1)
    assert.equal(again.deliveryCount, 1)
    assert.deepEqual(again.applicationProperties, { kept: 'k', changed: 'new', added: 3 })
  })

  void it('a message whose lock expires is delivered again with its delivery count raised, and its old lock is lost', async (t) => {
    const clock = manualClock()
    const { connect } = await brokerFor(t, plain, { now: clock.now })
    const client = connect()
    await client.createSender('q').sendMessages({ body: 1 })
    const receiver = client.createReceiver('q', manual)
    const first = await receiveOne(receiver)
    clock.advance(60_001)
    const second = await receiveOne(receiver)
    assert.equal(second.deliveryCount, 1)
    await assert.rejects(receiver.completeMessage(first), { code: 'MessageLockLost' })
    await receiver.completeMessage(second)
  })

  void it('a lock that is renewed lives on from that moment', async (t) => {
    const clock = manualClock()
    const { connect, broker } = await brokerFor(t, plain, { now: clock.now })
    const client = connect()
    await client.createSender('q').sendMessages({ body: 1 })
    const receiver = client.createReceiver('q', manual)
    const message = await receiveOne(receiver)
    clock.advance(50_000)
    const until = await receiver.renewMessageLock(message)
    assert.ok(Math.abs(until.getTime() - clock.now() - 60_000) < 2000)
    clock.advance(50_000)
    await delay(50)
    assert.equal((await broker.counts('q')).locked, 1)
    await receiver.completeMessage(message)
    await assert.rejects(receiver.renewMessageLock(message), { code: 'MessageLockLost' })
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

  void it('a message delivered MaxDeliveryCount times without success is dead-lettered with that reason', async (t) => {
    const { connect, broker } = await brokerFor(t, configOf({ q: { MaxDeliveryCount: 3 } }))
    const client = connect()
    await client.createSender('q').sendMessages({ body: 'poison', messageId: 'p' })
    const receiver = client.createReceiver('q', manual)
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const message = await receiveOne(receiver)
      assert.equal(message.deliveryCount, attempt)
      await receiver.abandonMessage(message)
    }
    assert.ok(await isEmpty(receiver))
    const dead = await receiveOne(client.createReceiver('q', { ...manual, subQueueType: 'deadLetter' }))
    assert.equal(dead.messageId, 'p')
    assert.equal(dead.deadLetterReason, 'MaxDeliveryCountExceeded')
    assert.equal(dead.deadLetterErrorDescription, 'Message could not be consumed after 3 delivery attempts.')
    assert.equal((await broker.counts('q')).deadLetter, 1)
  })

  void it('settlements of different kinds in one tick each reach their own message', async (t) => {
    const { connect, broker } = await brokerFor(t, plain)
    const client = connect()
    await client
      .createSender('q')
      .sendMessages(Array.from({ length: 9 }, (_, index) => ({ body: index, messageId: String(index) })))
    const receiver = client.createReceiver('q', manual)
    const messages = await receive(receiver, 9)
    const settled: Promise<void>[] = []
    for (const [index, message] of messages.entries()) {
      // The client's own AMQP library merges unlike outcomes of one tick: one macrotask each keeps
      // it from doing so.
      await new Promise((resolve) => setImmediate(resolve))
      if (index % 3 === 0) settled.push(receiver.completeMessage(message))
      else if (index % 3 === 1) settled.push(receiver.deadLetterMessage(message, reason(`r${index}`)))
      else settled.push(receiver.abandonMessage(message))
    }
    await Promise.all(settled)
    const counts = await broker.counts('q')
    assert.deepEqual([counts.completed, counts.deadLetter, counts.active], [3, 3, 3])
    const dead = await receive(client.createReceiver('q', { ...manual, subQueueType: 'deadLetter' }), 3)
    assert.deepEqual(
      dead.map((message) => [message.messageId, message.deadLetterReason]),
      [
        ['1', 'r1'],
        ['4', 'r4'],
        ['7', 'r7'],
      ],
    )
  })

  void it('a message can be settled after its receiver was closed', async (t) => {
    const { connect, broker } = await brokerFor(t, plain)
    const client = connect()
    await client.createSender('q').sendMessages({ body: 1 })
    const receiver = client.createReceiver('q', manual)
    const message = await receiveOne(receiver)
    await receiver.close()
    assert.equal((await broker.counts('q')).locked, 1)
    await client.createReceiver('q', manual).completeMessage(message)
    assert.equal((await broker.counts('q')).completed, 1)
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
    await delay(50)
    const ids = Array.from({ length: 300 }, (_, index) => `m${index}`)
    await client.createSender('q').sendMessages(ids.map((messageId) => ({ body: 1, messageId })))
    while ((await broker.counts('q')).completed < 300) await delay(10)
    assert.deepEqual(seen.flat().sort(), ids.sort())
    assert.ok(seen.every((mine) => mine.length > 30))
  })
})

void describe('the dead-letter queue', () => {
  void it('a dead-lettered message keeps what it was and says why and what else was noted', async (t) => {
    const { connect } = await brokerFor(t, plain)
    const client = connect()
    await client
      .createSender('q')
      .sendMessages({ body: 1, messageId: 'a', applicationProperties: { own: 'o' } })
    const receiver = client.createReceiver('q', manual)
    await receiver.deadLetterMessage(await receiveOne(receiver), {
      deadLetterReason: 'Why',
      deadLetterErrorDescription: 'How',
      field: 'name',
    })
    const queue = client.createReceiver('q', { ...manual, subQueueType: 'deadLetter' })
    const dead = await receiveOne(queue)
    assert.equal(dead.deadLetterReason, 'Why')
    assert.equal(dead.deadLetterErrorDescription, 'How')
    assert.deepEqual(dead.applicationProperties, {
      own: 'o',
      field: 'name',
      DeadLetterReason: 'Why',
      DeadLetterErrorDescription: 'How',
    })
    assert.equal(dead.deadLetterSource, undefined)
    await queue.completeMessage(dead)
    assert.ok(await isEmpty(queue))
  })

  void it('a message there cannot be dead-lettered again, and abandoning it for ever does not move it', async (t) => {
    const { connect, broker } = await brokerFor(t, configOf({ q: { MaxDeliveryCount: 1 } }))
    const client = connect()
    await client.createSender('q').sendMessages({ body: 1 })
    const receiver = client.createReceiver('q', manual)
    await receiver.abandonMessage(await receiveOne(receiver))
    const queue = client.createReceiver('q', { ...manual, subQueueType: 'deadLetter' })
    for (let attempt = 0; attempt < 4; attempt += 1) await queue.abandonMessage(await receiveOne(queue))
    await assert.rejects(queue.deadLetterMessage(await receiveOne(queue)))
    assert.equal((await broker.counts('q')).deadLetter, 1)
  })
})

void describe('peeking', () => {
  void it('shows waiting and locked messages in order, from a sequence number on, and locks nothing', async (t) => {
    const { connect, broker } = await brokerFor(t, plain)
    const client = connect()
    await client.createSender('q').sendMessages(Array.from({ length: 5 }, (_, index) => ({ body: index })))
    const receiver = client.createReceiver('q', manual)
    await receive(receiver, 2)
    const peeked = await receiver.peekMessages(10)
    assert.deepEqual(
      peeked.map((message) => message.body),
      [0, 1, 2, 3, 4],
    )
    assert.equal(peeked[0]?.lockedUntilUtc, undefined)
    const from = peeked[3]?.sequenceNumber
    assert.ok(from)
    assert.deepEqual(
      (await receiver.peekMessages(10, { fromSequenceNumber: from })).map((message) => message.body),
      [3, 4],
    )
    assert.equal((await broker.counts('q')).active, 3)
  })
})

void describe('links and connections', () => {
  void it('a receive on an empty queue ends in time and leaves the link usable', async (t) => {
    const { connect } = await brokerFor(t, plain)
    const client = connect()
    const receiver = client.createReceiver('q', manual)
    for (let round = 0; round < 3; round += 1) {
      const started = performance.now()
      assert.deepEqual(await receiver.receiveMessages(5, { maxWaitTimeInMs: 30 }), [])
      assert.ok(performance.now() - started < 1000)
    }
    await client.createSender('q').sendMessages({ body: 1 })
    assert.equal((await receiveOne(receiver)).body, 1)
  })

  void it('no more messages are locked than a receiver asked for', async (t) => {
    const { connect, broker } = await brokerFor(t, plain)
    const client = connect()
    await client.createSender('q').sendMessages(Array.from({ length: 50 }, (_, index) => ({ body: index })))
    await receive(client.createReceiver('q', manual), 3)
    assert.equal((await broker.counts('q')).locked, 3)
  })

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
    await delay(100)
    assert.equal((await broker.counts('q')).completed, 2047)
    release()
    while ((await broker.counts('q')).completed < 2500) await delay(20)
  })

  void it('a subscriber goes on by itself after every connection was dropped', async (t) => {
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

  void it('stopping is prompt and may be repeated', async (t) => {
    const { connect, broker } = await brokerFor(t, plain)
    await connect().createSender('q').sendMessages({ body: 1 })
    const started = performance.now()
    await Promise.all([broker.stop(), broker.stop()])
    await broker.stop()
    assert.ok(performance.now() - started < 500)
  })
})
