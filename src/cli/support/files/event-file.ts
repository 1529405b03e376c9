import { numberedLines } from '../../../compose/files.ts'
import type { Config } from '../../../config/load.ts'
import { isCollision } from '../../../core/intake/collision.ts'
import { unmappedAttributes } from '../../../core/intake/unmapped.ts'
import type { HrEvent } from '../../../core/model.ts'
import { takingIn } from '../../../compose/rules.ts'

/** What intake would make of one event of a line, or of a line that it refuses. */
export interface EventLine {
  /** Counted from 1. */
  readonly line: number
  readonly becomes: 'taken' | 'duplicate' | 'collision' | 'refused'
  /** `null` for a line that is refused or holds no event. */
  readonly event: HrEvent | null
  /** Why it is refused; `null` when it is not. */
  readonly code: string | null
  readonly description: string
}

export interface EventFile {
  /** In the order of the file. A line with several events is there several times. */
  readonly lines: readonly EventLine[]
  /** Each event once: of several with the same source and id, the first. */
  readonly events: readonly HrEvent[]
  /** Lines that intake would refuse, with the reason. */
  readonly rejected: readonly EventLine[]
  /** By source, the attributes of its events that no mapping takes. */
  readonly unmapped: ReadonlyMap<string, readonly string[]>
}

/** How a file is read. */
export interface EventFileSettings {
  readonly config: Config
  /** When each message counts as enqueued. */
  readonly now: number
  /**
   * The queue or subscription that the messages count as coming from. Default: that of the first
   * source.
   */
  readonly entity?: string | undefined
  /** Whether the mapping takes an attribute. */
  uses(path: string): boolean
}

/** Reads a file with one message a line, as intake reads messages from a queue. */
export async function readEvents(file: string, settings: EventFileSettings): Promise<EventFile> {
  const { config, now, entity } = settings
  const takeIn = takingIn(config)
  const events = new Map<string, HrEvent>()
  const lines: EventLine[] = []
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
    const { rejected, events: taken } = await takeIn(message)
    if (rejected) {
      const { code, description } = rejected
      lines.push({ line, becomes: 'refused', event: null, code, description })
    }
    for (const event of taken) {
      const name = `${event.source}\n${event.id}`
      const first = events.get(name)
      if (!first) events.set(name, event)
      lines.push(lineOf(line, event, first ?? null))
    }
  }
  const refused = lines.filter(({ becomes }) => becomes === 'refused')
  const unmapped = unmappedIn([...events.values()], settings)
  return { lines, events: [...events.values()], rejected: refused, unmapped }
}

function lineOf(line: number, event: HrEvent, first: HrEvent | null): EventLine {
  const taken: EventLine = { line, becomes: 'taken', event, code: null, description: '' }
  if (first === null) return taken
  return isCollision(event, first) ? collided(taken) : { ...taken, becomes: 'duplicate' }
}

/** The line as one whose event has the id of another one. */
export function collided(line: EventLine): EventLine {
  return {
    ...line,
    becomes: 'collision',
    code: 'EventCollision',
    description: 'the id is that of another event of this source; give each event an id of its own',
  }
}

function unmappedIn(
  events: readonly HrEvent[],
  { uses }: EventFileSettings,
): ReadonlyMap<string, readonly string[]> {
  const attributes = new Map<string, string[]>()
  const { findings } = unmappedAttributes({ uses, nameOf: (source) => source })(events)
  for (const { about } of findings) {
    const [source = '', path = ''] = about.split('\n')
    attributes.set(source, [...(attributes.get(source) ?? []), path])
  }
  return attributes
}
