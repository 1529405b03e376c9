import assert from 'node:assert/strict'
import { test } from 'node:test'
import { queueChannel } from '../../../src/adapters/notify/queue.ts'
import { busSender } from '../../../src/adapters/service-bus/sender.ts'
import { aMessage } from '../../fakes/alerts.ts'
import { busFor, QUEUE } from '../support/bus.ts'

const never = new AbortController().signal

void test('a queue gets notifications as CloudEvents, under an id by which duplicate detection drops a repetition', async (t) => {
  const { client } = await busFor(t, { RequiresDuplicateDetection: true })
  const sender = busSender(client, QUEUE)
  const channel = queueChannel(sender, async () => '')
  assert.deepEqual(await channel.send(aMessage(), never), { kind: 'sent' })
  assert.deepEqual(await channel.send(aMessage(), never), { kind: 'sent' })
  const receiver = client.createReceiver(QUEUE)
  const [message, ...more] = await receiver.peekMessages(10)
  assert.deepEqual(more, [])
  assert.equal(message?.messageId, 'id-1')
  assert.equal(message.contentType, 'application/cloudevents+json')
  assert.deepEqual(message.applicationProperties, { kind: 'opened', urgency: 'normal' })
  assert.equal((message.body as { readonly type: string }).type, 'rollcall.alert.opened')
  await receiver.close()
  await sender.close()
})

void test('a queue that is not there is tried again', async (t) => {
  const { client } = await busFor(t)
  const sender = busSender(client, 'none')
  assert.deepEqual(await queueChannel(sender, async () => '').send(aMessage(), never), {
    kind: 'again',
    code: 'MessagingEntityNotFound',
    afterMs: null,
  })
  await sender.close()
})
