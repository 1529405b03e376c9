import type { ServiceBusClient, ServiceBusReceivedMessage } from '@azure/service-bus'
import { sendInBatches } from '../../../src/adapters/service-bus/sender.ts'

export const QUEUE = 'hr-events'
/** Of the bare client and of intake. */
export interface Load {
  /** The most unsettled messages. */
  readonly inFlight: number
  /** Messages that the bare client completes together, and that intake commits together. */
  readonly atOnce: number
}
/** As the configuration has it, unless it says otherwise. */
export const LOAD: Load = { inFlight: 768, atOnce: 384 }

const EMPLOYEES = 10_000
const SENT_AT_ONCE = 1_000

/** Sends `count` changes of a job as CloudEvents of about 320 bytes. */
export async function fill(client: ServiceBusClient, run: string, count: number): Promise<void> {
  const sender = client.createSender(QUEUE)
  for (let at = 0; at < count; at += SENT_AT_ONCE)
    await sendInBatches(
      sender,
      Array.from({ length: Math.min(SENT_AT_ONCE, count - at) }, (_, index) => ({
        messageId: `${run}-${at + index}`,
        contentType: 'application/cloudevents+json',
        body: bodyOf(run, at + index),
      })),
    )
  await sender.close()
}

function bodyOf(run: string, index: number): Buffer {
  return Buffer.from(
    JSON.stringify({
      specversion: '1.0',
      id: `${run}-${index}`,
      source: '/hr/bench',
      type: 'worker.job.changed',
      subject: String(100_000 + (index % EMPLOYEES)),
      time: '2026-11-02T08:15:00Z',
      datacontenttype: 'application/json',
      data: {
        effectiveDate: '2026-11-01',
        version: index,
        worker: { title: `Engineer ${index}`, department: 'Development', managerId: '10015' },
      },
    }),
  )
}

/** The official client alone: receives messages and completes them. */
export async function receiveAndComplete(
  client: ServiceBusClient,
  count: number,
  { inFlight, atOnce }: Load = LOAD,
): Promise<void> {
  const receiver = client.createReceiver(QUEUE, {
    maxAutoLockRenewalDurationInMs: 0,
    skipParsingBodyAsJson: true,
  })
  const waiting: { readonly message: ServiceBusReceivedMessage; readonly done: () => void }[] = []
  receiver.subscribe(
    {
      processMessage: (message) => new Promise<void>((done) => void waiting.push({ message, done })),
      processError: async () => {},
    },
    { autoCompleteMessages: false, maxConcurrentCalls: inFlight },
  )
  for (let settled = 0; settled < count;) {
    const batch = waiting.splice(0, atOnce)
    if (batch.length === 0) await new Promise((resolve) => setTimeout(resolve, 2))
    await Promise.all(
      batch.map(async ({ message, done }) => {
        await receiver.completeMessage(message)
        done()
      }),
    )
    settled += batch.length
  }
  await receiver.close()
}
