import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import rhea from 'rhea'
import type { EventContext, Message } from 'rhea'
import type { Broker } from '../../../src/local/service-bus/broker.ts'
import { brokerFor, configOf } from './support.ts'
import { manual, receiveOne } from '../../fakes/receiving.ts'

const config = configOf({ q: {}, s: { RequiresSession: true } })

/** Asks a management node what the official client offers no call for. */
async function ask(broker: Broker, entity: string, operation: string, body: unknown): Promise<Message> {
  const connection = rhea
    .create_container()
    .connect({ port: broker.port, host: '127.0.0.1', reconnect: false })
  const receiver = connection.open_receiver({ source: `${entity}/$management`, target: 'me' })
  await once(receiver, 'receiver_open')
  const sender = connection.open_sender(`${entity}/$management`)
  await once(sender, 'sendable')
  sender.send({ message_id: 'm', reply_to: 'me', application_properties: { operation }, body })
  const [context] = (await once(receiver, 'message')) as [EventContext]
  connection.close()
  if (context.message === undefined) throw new Error('no answer')
  return context.message
}

void describe('the management node', () => {
  void it('shows no messages of an entity that is disabled, or disabled for receiving [inference]', async (t) => {
    const { connect } = await brokerFor(
      t,
      configOf({
        none: { Status: 'Disabled' },
        sendOnly: { Status: 'ReceiveDisabled' },
        receiveOnly: { Status: 'SendDisabled' },
      }),
    )
    for (const name of ['none', 'sendOnly'])
      await assert.rejects(connect().createReceiver(name, manual).peekMessages(1), {
        code: 'MessagingEntityDisabled',
      })
    assert.deepEqual(await connect().createReceiver('receiveOnly', manual).peekMessages(1), [])
  })

  void it('deletes messages in a batch, oldest first, and returns how many', async (t) => {
    const { broker, connect } = await brokerFor(t, config)
    await connect()
      .createSender('q')
      .sendMessages([1, 2, 3].map((body) => ({ body })))
    const enqueued = rhea.types.wrap_timestamp(Date.now() + 1000)
    const reply = await ask(broker, 'q', 'com.microsoft:batch-delete-messages', {
      'message-count': rhea.types.wrap_int(2),
      'enqueued-time-utc': enqueued,
    })
    assert.equal(reply.application_properties?.['statusCode'], 200)
    assert.equal(Reflect.get(Object(reply.body), 'message-count'), 2)
    assert.equal((await receiveOne(connect().createReceiver('q', manual))).body, 3)
    const none = await ask(broker, 'q', 'com.microsoft:batch-delete-messages', {
      'message-count': rhea.types.wrap_int(2),
    })
    assert.equal(none.application_properties?.['statusCode'], 204)
    assert.equal(none.application_properties['errorCondition'], 'com.microsoft:message-not-found')
  })

  void it('lists the sessions that have messages', async (t) => {
    const { broker, connect } = await brokerFor(t, config)
    await connect()
      .createSender('s')
      .sendMessages(['a', 'b', 'c'].map((sessionId) => ({ body: 1, sessionId })))
    const page = {
      'last-updated-time': new Date(253_402_300_799_999),
      skip: rhea.types.wrap_int(1),
      top: rhea.types.wrap_int(5),
    }
    const reply = await ask(broker, 's', 'com.microsoft:get-message-sessions', page)
    assert.deepEqual(Reflect.get(Object(reply.body), 'sessions-ids'), ['b', 'c'])
  })

  void it('answers an unknown or unreadable request with 400', async (t) => {
    const { broker } = await brokerFor(t, config)
    assert.equal(
      (await ask(broker, 'q', 'com.microsoft:dance', {})).application_properties?.['statusCode'],
      400,
    )
    const broken = { messages: [{ message: Buffer.from([1, 2, 3]) }] }
    assert.equal(
      (await ask(broker, 'q', 'com.microsoft:schedule-message', broken)).application_properties?.[
        'statusCode'
      ],
      400,
    )
    assert.equal(
      (await ask(broker, 'q', 'com.microsoft:update-disposition', {})).application_properties?.['statusCode'],
      400,
    )
  })
})

void describe('settings where the service is not known', () => {
  void it('deadLetterSequence: a dead letter keeps its sequence number, or gets a new one', async (t) => {
    for (const [deadLetterSequence, expected] of [
      ['keep', 2],
      ['renew', 1],
    ] as const) {
      const { connect } = await brokerFor(t, config, { settings: { deadLetterSequence } })
      const client = connect()
      await client.createSender('q').sendMessages([{ body: 1 }, { body: 2 }])
      const receiver = client.createReceiver('q', manual)
      await receiveOne(receiver)
      await receiver.deadLetterMessage(await receiveOne(receiver))
      const dead = await receiveOne(client.createReceiver('q', { ...manual, subQueueType: 'deadLetter' }))
      assert.equal(dead.sequenceNumber?.toNumber(), expected)
    }
  })

  void it('oversizedMessage: reject refuses the message alone and leaves the link open', async (t) => {
    const { connect, broker } = await brokerFor(t, config, {
      settings: { oversizedMessage: 'reject', maxMessageBytes: 100_000 },
    })
    const sender = connect().createSender('q')
    await assert.rejects(sender.sendMessages({ body: 'x'.repeat(150_000) }), { code: 'MessageSizeExceeded' })
    await sender.sendMessages({ body: 'small' })
    assert.equal((await broker.counts('q')).incoming, 1)
  })

  void it('missingMessageId: leave delivers a message without an id as it was sent', async (t) => {
    const { connect } = await brokerFor(t, config, { settings: { missingMessageId: 'leave' } })
    const client = connect()
    await client.createSender('q').sendMessages([{ body: 1 }])
    const receiver = client.createReceiver('q', { ...manual, receiveMode: 'receiveAndDelete' })
    assert.equal((await receiveOne(receiver)).messageId, undefined)
  })

  void it('locksAfterDetach: release gives messages back when their receiver closes', async (t) => {
    const { connect, broker } = await brokerFor(t, config, { settings: { locksAfterDetach: 'release' } })
    const client = connect()
    await client.createSender('q').sendMessages({ body: 1 })
    const receiver = client.createReceiver('q', manual)
    await receiveOne(receiver)
    await receiver.close()
    assert.equal((await broker.counts('q')).active, 1)
    assert.equal((await receiveOne(client.createReceiver('q', manual))).deliveryCount, 1)
  })
})

void it('heartbeats keep an idle connection alive', async (t) => {
  const { broker } = await brokerFor(t, config)
  const connection = rhea
    .create_container()
    .connect({ port: broker.port, host: '127.0.0.1', reconnect: false, idle_time_out: 400 })
  await once(connection, 'connection_open')
  let lost = false
  for (const event of ['disconnected', 'connection_error']) connection.on(event, () => (lost = true))
  // Heartbeats of a real connection, by the timers of the client: three times its idle time.
  await delay(1_500)
  assert.equal(lost, false)
  connection.close()
  await once(connection, 'connection_close')
})
