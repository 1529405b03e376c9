import type { NewFinding } from '../findings/finding.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { RecordResult } from '../ledger/port/intake.ts'
import type { Disposition, SourceMessage } from '../ports.ts'
import type { Runtime, SpanOptions } from '../runtime.ts'
import { estimateClockOffset } from './receive/clock-offset.ts'
import { unmappedAttributes, type UnmappedSettings } from './unmapped.ts'
import { takeIn, takeInShaped, type TakenIn, toIntakeMessage } from './message.ts'
import type { ShapeOf, SourceRules } from './sources.ts'

export interface CommitSettings {
  readonly quietMs: number
  readonly maxWaitMs: number
  /** How far the clocks of the bus and of this process may be apart. */
  readonly skewMs: number
  /** The shape of each message. Without it, every message is canonical. */
  readonly shapes?: ShapeOf
  /** Names attributes that no mapping takes. Without it, none are named. */
  readonly unmapped?: UnmappedSettings
}

/** Messages that were read, and are to be committed together. */
export interface ReadBatch<M> {
  /** The traces of their events. */
  readonly origins: readonly string[]
  /** Commits in one transaction. Returns how each message is then to be settled. */
  commit(backlog: boolean): Promise<readonly Disposition<M>[]>
}

/** Reads messages as events and commits them to the ledger. */
export interface Committer<M> {
  read(messages: readonly M[]): Promise<ReadBatch<M>>
}

/** A message and the events read from it. */
type ReadMessage<M> = TakenIn & { readonly message: M }

/** Messages, and characters of their bodies, that are read before the event loop gets a turn. */
const READ_AT_ONCE = 64
const CHARACTERS_AT_ONCE = 256_000

export function committer<M extends SourceMessage>(
  ledger: Pick<Ledger, 'recordMessages'>,
  sources: SourceRules,
  settings: CommitSettings,
  runtime: Runtime,
): Committer<M> {
  const clockOffset = estimateClockOffset(settings.skewMs, runtime)
  const unmappedIn = settings.unmapped ? unmappedAttributes(settings.unmapped) : null
  /** Kept until a commit has raised them. */
  let findings: readonly NewFinding[] = []

  const readOne = async (message: M): Promise<ReadMessage<M>> => {
    const shaped = settings.shapes?.(message) ?? null
    return { message, ...(shaped ? await takeInShaped(message, shaped) : takeIn(message, sources)) }
  }

  const record = async (
    read: readonly ReadMessage<M>[],
    backlog: boolean,
  ): Promise<readonly Disposition<M>[]> => {
    const { quietMs, maxWaitMs } = settings
    const aheadMs = clockOffset(read.map(({ message }) => message))
    const now = runtime.now()
    const unmapped = unmappedIn?.(read.flatMap(({ events }) => events)) ?? null
    if (unmapped) findings = [...findings, ...unmapped.findings]
    const raising = findings
    const result = await ledger.recordMessages({
      messages: read.map(toIntakeMessage),
      now,
      quietMs,
      maxWaitMs,
      backlog,
      aheadMs,
      ...(raising.length > 0 ? { findings: raising } : {}),
    })
    findings = findings.slice(raising.length)
    for (const [source, count] of unmapped?.counts ?? [])
      runtime.telemetry.count('rollcall.attributes.unmapped', count, { source })
    countResult(result, runtime)
    return dispositionsOf(read, result)
  }

  return {
    read: async (messages) => {
      const read: ReadMessage<M>[] = []
      for (let from = 0; from < messages.length;) {
        const part = messages.slice(from, from + countAtOnce(messages, from))
        from += part.length
        read.push(...(await Promise.all(part.map(readOne))))
        if (part.length === READ_AT_ONCE || from < messages.length) await runtime.yieldToEventLoop()
      }
      const origins = originsOf(read)
      return {
        origins,
        commit: (backlog) =>
          runtime.telemetry.span('rollcall.intake', spanOf(messages, origins), () => record(read, backlog)),
      }
    },
  }
}

function countResult(
  { fresh, duplicates, replays, rejected }: RecordResult,
  { telemetry }: Pick<Runtime, 'telemetry'>,
): void {
  telemetry.count('rollcall.events', fresh, { outcome: 'received' })
  telemetry.count('rollcall.events', duplicates, { outcome: 'duplicate' })
  telemetry.count('rollcall.events', replays, { outcome: 'replay' })
  telemetry.count('rollcall.messages', rejected, { outcome: 'rejected' })
}

/** How each message is settled. A message can be rejected when it is read, or by the ledger. */
function dispositionsOf<M>(
  read: readonly ReadMessage<M>[],
  { refused = [] }: RecordResult,
): readonly Disposition<M>[] {
  const byPlace = new Map(refused.map((refusal) => [refusal.message, refusal]))
  return read.map(({ message, rejected }, place): Disposition<M> => {
    const rejection = rejected ?? byPlace.get(place)
    if (!rejection) return { kind: 'complete', message }
    const { code, field, description } = rejection
    return { kind: 'dead-letter', message, reason: code, field, description }
  })
}

function originsOf(read: readonly Pick<TakenIn, 'events'>[]): readonly string[] {
  return read.flatMap(({ events }) => events.flatMap((event) => event.traceparent ?? []))
}

/** What the span of a commit says. `origins`: the traces of its events. */
export function spanOf(messages: readonly SourceMessage[], origins: readonly string[]): SpanOptions {
  return { origins, messages: { count: messages.length, queue: onlyQueueOf(messages) } }
}

/** `null` when they come from several. */
function onlyQueueOf(messages: readonly SourceMessage[]): string | null {
  const [first, ...others] = new Set(messages.map(({ entity }) => entity))
  return first !== undefined && others.length === 0 ? first : null
}

/**
 * How many of the messages from this one on are read together: at least one, and not too much text.
 */
function countAtOnce(messages: readonly SourceMessage[], from: number): number {
  let characters = 0
  let count = 0
  while (count < READ_AT_ONCE && from + count < messages.length) {
    characters += messages[from + count]?.text?.length ?? 0
    if (count > 0 && characters > CHARACTERS_AT_ONCE) break
    count += 1
  }
  return count
}
