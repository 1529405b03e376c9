import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { takeIn } from '../core/intake/consume.ts'
import type { SourceRules } from '../core/intake/sources.ts'
import type { HrEvent } from '../core/model.ts'

export interface EventFile {
  /** Each event once, the first of a name. */
  readonly events: readonly HrEvent[]
  readonly duplicates: number
  /** Lines that intake would refuse, from 1, with the reason it would give. */
  readonly rejected: readonly { readonly line: number; readonly code: string; readonly description: string }[]
}

/**
 * Reads a file of one CloudEvent a line the way intake reads messages. `entity` is the queue they stand for; `now` is
 * the moment they were enqueued at.
 */
export async function readEvents(file: string, sources: SourceRules, entity: string, now: number): Promise<EventFile> {
  const events = new Map<string, HrEvent>()
  const rejected: { line: number; code: string; description: string }[] = []
  let duplicates = 0
  let line = 0
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1
    if (text.trim() === '') continue
    const message = {
      entity,
      sequence: String(line),
      enqueuedAt: now,
      contentType: 'application/cloudevents+json',
      text,
      properties: {},
    }
    const taken = takeIn(message, sources)
    if (taken.rejected) rejected.push({ line, code: taken.rejected.code, description: taken.rejected.description })
    for (const event of taken.events) {
      const name = `${event.source}\n${event.id}`
      if (events.has(name)) duplicates += 1
      else events.set(name, event)
    }
  }
  return { events: [...events.values()], duplicates, rejected }
}
