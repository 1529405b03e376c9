import { numberedLines } from '../../compose/files.ts'
import type { Config } from '../../config/load.ts'
import type { HrEvent } from '../../core/model.ts'
import { takingIn } from '../../compose/rules.ts'

export interface EventFile {
  /** Each event once: of several with the same source and id, the first. */
  readonly events: readonly HrEvent[]
  readonly duplicates: number
  /** Lines that intake would refuse, counted from 1, with the reason. */
  readonly rejected: readonly { readonly line: number; readonly code: string; readonly description: string }[]
}

/**
 * Reads a file with one message a line, as intake reads messages from a queue: from `entity`, or
 * from that of the first source. Each message counts as enqueued at `now`.
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
  for await (const { line, text } of numberedLines(file)) {
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
    const intake = await takeIn(message)
    if (intake.rejected)
      rejected.push({ line, code: intake.rejected.code, description: intake.rejected.description })
    for (const event of intake.events) {
      const name = `${event.source}\n${event.id}`
      if (events.has(name)) duplicates += 1
      else events.set(name, event)
    }
  }
  return { events: [...events.values()], duplicates, rejected }
}
