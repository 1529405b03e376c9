import { linesOf } from '../../adapters/files.ts'
import type { Config } from '../../config/load.ts'
import type { HrEvent } from '../../core/model.ts'
import { takingIn } from '../../compose/rules.ts'

export interface EventFile {
  /** Each event once, the first of a name. */
  readonly events: readonly HrEvent[]
  readonly duplicates: number
  /** Lines that intake would refuse, from 1, with the reason it would give. */
  readonly rejected: readonly { readonly line: number; readonly code: string; readonly description: string }[]
}

/**
 * Reads a file of one message a line the way intake reads them off a queue: `entity`, or that of the first source. `now` stands in for the moment
 * a message was enqueued.
 */
export async function readEvents(
  file: string,
  config: Config,
  now: number,
  entity?: string,
): Promise<EventFile> {
  const takeIn = takingIn(config)
  const events = new Map<string, HrEvent>()
  const rejected: { line: number; code: string; description: string }[] = []
  let duplicates = 0
  let line = 0
  for await (const text of linesOf(file)) {
    line += 1
    if (text.trim() === '') continue
    const message = {
      entity: entity ?? config.rules.sourceAddresses[0]?.entity ?? config.SERVICEBUS_QUEUE,
      sequence: String(line),
      enqueuedAt: now,
      messageId: null,
      sessionId: null,
      contentType: 'application/cloudevents+json',
      text,
      properties: {},
    }
    const taken = await takeIn(message)
    if (taken.rejected)
      rejected.push({ line, code: taken.rejected.code, description: taken.rejected.description })
    for (const event of taken.events) {
      const name = `${event.source}\n${event.id}`
      if (events.has(name)) duplicates += 1
      else events.set(name, event)
    }
  }
  return { events: [...events.values()], duplicates, rejected }
}
