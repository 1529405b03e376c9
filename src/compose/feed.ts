import type { ServiceBusClient, ServiceBusMessage } from '@azure/service-bus'
import { linesOf } from '../adapters/files.ts'
import { sendInBatches } from '../adapters/service-bus/sender.ts'

const AT_ONCE = 1_000

/** Where events are sent. */
export interface FeedTarget {
  /** A queue or topic. */
  readonly queue: string
  /** The session of every message; without it they have none. */
  readonly session?: string | null
}

/**
 * Sends every line of a JSON-lines file to a queue as one structured CloudEvent, unchanged and in
 * the order of the file. The connector refuses lines that are not events. Returns the number of
 * messages sent. Memory does not grow with the file.
 */
export async function feed(
  client: ServiceBusClient,
  { queue, session = null }: FeedTarget,
  file: string | URL,
  onSent: (messages: number) => void = () => {},
): Promise<number> {
  const sender = client.createSender(queue)
  // Every run gives its lines new message ids, so that a queue with duplicate detection does not
  // drop them: duplicates are a task of the connector.
  const run = crypto.randomUUID()
  let sent = 0
  let waiting: ServiceBusMessage[] = []
  const flush = async (): Promise<void> => {
    await sendInBatches(sender, waiting)
    sent += waiting.length
    waiting = []
    onSent(sent)
  }
  try {
    for await (const line of linesOf(file)) {
      if (line.trim() === '') continue
      waiting.push({
        messageId: `${run}-${sent + waiting.length}`,
        contentType: 'application/cloudevents+json',
        body: Buffer.from(line),
        ...(session === null ? {} : { sessionId: session }),
      })
      if (waiting.length === AT_ONCE) await flush()
    }
    if (waiting.length > 0) await flush()
  } finally {
    await sender.close()
  }
  return sent
}
