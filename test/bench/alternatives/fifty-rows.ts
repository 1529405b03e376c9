/**
 * The same with fifty rows a call, which is what the service takes: receive, upload, complete. A
 * call that is refused is repeated after the time that the service names.
 */
import { ServiceBusClient } from '@azure/service-bus'
import { setTimeout } from 'node:timers/promises'
import { recordOf, upload } from './support/upload.ts'

const client = new ServiceBusClient(process.env['SERVICEBUS_CONNECTION_STRING'] ?? '')
const receiver = client.createReceiver('hr-events')

for (;;) {
  const messages = await receiver.receiveMessages(50, { maxWaitTimeInMs: 1_000 })
  if (messages.length === 0) continue
  for (;;) {
    const response = await upload(messages.map(({ body }) => recordOf(body))).catch(() => null)
    if (response?.ok) break
    await setTimeout(Number(response?.headers.get('retry-after') ?? 1) * 1_000)
  }
  await Promise.all(messages.map((message) => receiver.completeMessage(message)))
}
