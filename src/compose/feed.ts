import type { ServiceBusClient, ServiceBusMessage } from '@azure/service-bus'
import { linesOf } from '../adapters/files.ts'
import { sendInBatches } from '../adapters/service-bus/sender.ts'

const AT_ONCE = 1_000

/**
 * Sends every line of a JSON-lines file to a queue as one structured CloudEvent, in the order of
 * the file, as it stands: a line that is no event is for the connector to refuse. Answers how many
 * messages the bus took. Memory stays flat for a file of any size.
 */
export async function feed(
  client: ServiceBusClient,
  queue: string,
  file: string | URL,
  onSent: (messages: number) => void = () => {},
): Promise<number> {
  const sender = client.createSender(queue)
  // Every line is a message of its own, also where a queue looks for duplicates: those are what the
  // connector is shown.
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
      })
      if (waiting.length === AT_ONCE) await flush()
    }
    if (waiting.length > 0) await flush()
  } finally {
    await sender.close()
  }
  return sent
}
