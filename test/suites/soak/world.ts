import type {
  Disposition,
  JobState,
  Provisioning,
  ProvisioningJob,
  ProvisioningLog,
  Sender,
  SourceMessage,
  SourceQueue,
} from '../../../src/core/ports.ts'
import type { JsonObject } from '../../../src/core/model.ts'
import { rawLogRecord } from '../../fakes/log.ts'
import type { Chance } from '../../fakes/plain-event.ts'
import { messageOn } from '../simulation/outside/bus.ts'
import type { Clock } from '../simulation/clock.ts'
import { response } from '../../fakes/upload-answer.ts'
import { echoOf, sentIn, type Sent as SentRecord } from '../simulation/outside/records.ts'
import { HOUR, MINUTE } from '../simulation/story.ts'
import type { Sent, Standing } from './story.ts'

const PAGE = 1_000
const REPORT = { code: 'Active', quarantine: null, failures: null }
/** So long the log keeps a record: longer than any deadline of the connector. */
const LOGGED_MS = 48 * HOUR
/** Until the job has come to an operation. */
const CYCLE_MS = 20 * MINUTE

/** A queue that forgets what is settled. */
export interface SoakedQueue extends SourceQueue {
  arrive(sent: Sent): void
  readonly waiting: number
  readonly deadLettered: number
}

export function queueOn(clock: Clock): SoakedQueue {
  const waiting = new Map<string, SourceMessage>()
  let sequences = 0
  let deadLettered = 0
  let onMessage: ((message: SourceMessage) => void) | null = null
  const settle = ({ kind, message }: Disposition<SourceMessage>): void => {
    waiting.delete(message.sequence)
    if (kind !== 'complete') deadLettered += 1
  }
  return {
    arrive: ({ id, text }) => {
      const sequence = String(++sequences)
      const message = messageOn(clock, { sequence, messageId: `${id}-${sequence}`, text })
      waiting.set(message.sequence, message)
      onMessage?.(message)
    },
    open: async (take) => {
      onMessage = take
      return {
        settle: async (dispositions) => dispositions.forEach(settle),
        stopReceiving: async () => void (onMessage = null),
        handBack: async () => {},
        close: async () => void (onMessage = null),
      }
    },
    get waiting() {
      return waiting.size
    },
    get deadLettered() {
      return deadLettered
    },
  }
}

/** A service that carries out every operation, and a log that forgets. */
export interface SoakedEntra {
  readonly provisioning: Provisioning
  readonly log: ProvisioningLog
  readonly job: ProvisioningJob
  readonly directory: ReadonlyMap<string, Standing>
  readonly operations: number
}

/** What is kept of a record; the rest of it is made when it is read. */
interface Logged {
  readonly id: string
  readonly at: number
  readonly employee: string
  readonly active: boolean
  readonly echo: Readonly<Record<string, string>>
}

export function entraOn(clock: Clock, { below }: Chance): SoakedEntra {
  const directory = new Map<string, Standing>()
  let records: Logged[] = []
  /** Of records that were forgotten, so that places of pages stay true. */
  let forgotten = 0
  let operations = 0
  const startedAt = clock.now() - HOUR

  const carryOut = (sent: SentRecord): void => {
    const at = clock.now()
    const { employee, active, record } = sent
    const before = directory.get(employee)
    const { title } = record
    directory.set(employee, { title: typeof title === 'string' ? title : (before?.title ?? ''), active })
    records.push({ id: `record-${++operations}`, at, employee, active, echo: echoOf(record) })
    const kept = records.findIndex((one) => one.at > at - LOGGED_MS)
    if (kept < PAGE) return
    records = records.slice(kept)
    forgotten += kept
  }
  return {
    provisioning: {
      upload: async (body) => {
        await clock.sleep(200)
        const doneAt = clock.now() + 1 + below(CYCLE_MS)
        const sent = sentIn(body)
        clock.at(doneAt, () => sent.forEach(carryOut))
        return response(202, { serverAt: clock.now() })
      },
    },
    log: {
      page: async ({ since, until, about, next }) => {
        const from = next === null ? firstAfter(records, since) : Math.max(0, Number(next) - forgotten)
        const found = records
          .slice(from, from + PAGE)
          .filter(
            ({ at, employee }) => (until === null || at <= until) && (about === null || employee === about),
          )
        return {
          records: found.map(rawOf),
          next: from + PAGE < records.length ? String(forgotten + from + PAGE) : null,
          serverAt: clock.now(),
        }
      },
    },
    job: { state: async (): Promise<JobState> => ({ kind: 'running', startedAt, report: REPORT }) },
    directory,
    get operations() {
      return operations
    },
  }
}

const rawOf = ({ id, at, employee, active, echo }: Logged): JsonObject =>
  rawLogRecord(id, { employee, at, scoping: active ? 'True' : 'False', echo })

/** The place of the first record after a moment; they are in order. */
function firstAfter(records: readonly { readonly at: number }[], since: number): number {
  let [low, high] = [0, records.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((records[middle]?.at ?? 0) > since) high = middle
    else low = middle + 1
  }
  return low
}

/** Counts outcomes. */
export function countingSender(): Sender & { readonly told: number } {
  let told = 0
  return {
    send: async (messages) => void (told += messages.length),
    get told() {
      return told
    },
  }
}
