import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ServiceBusClient } from '@azure/service-bus'
import { runBroker } from '../../../src/local/service-bus/run.ts'
import { startBrokerThread } from '../../../src/local/service-bus/thread/thread.ts'
import { manual, receiveOne } from '../../fakes/receiving.ts'

const configPath = new URL('../../../deploy/service-bus/Config.json', import.meta.url).pathname

void it('a broker in a thread has the same methods as one in the process', async () => {
  const broker = await startBrokerThread({ config: configPath })
  const client = new ServiceBusClient(broker.connectionString)
  await client.createSender('hr-events').sendMessages({ body: 1 })
  const receiver = client.createReceiver('hr-events', manual)
  const message = await receiveOne(receiver)
  assert.equal((await broker.counts('hr-events')).locked, 1)
  await broker.inject({ kind: 'expire-locks' })
  await assert.rejects(receiver.completeMessage(message), { code: 'MessageLockLost' })
  await assert.rejects(broker.counts('nowhere'), /could not be found/)
  await client.close()
  await broker.stop()
  await broker.stop()
})

void it('a thread whose port is taken rejects with the reason', async () => {
  const broker = await startBrokerThread({ config: configPath })
  await assert.rejects(startBrokerThread({ config: configPath, port: broker.port }), /EADDRINUSE/)
  await broker.stop()
})

void it('a broker alone runs until it is stopped', async () => {
  const controller = new AbortController()
  const { promise, resolve } = Promise.withResolvers<string>()
  const running = runBroker({
    configPath,
    port: 0,
    signal: controller.signal,
    started: (broker) => resolve(broker.connectionString),
  })
  const client = new ServiceBusClient(await promise)
  await client.createSender('hr-outcomes').sendMessages({ body: 1 })
  await client.close()
  controller.abort()
  await running
})
