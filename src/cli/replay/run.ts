import type { ServiceBusClient } from '@azure/service-bus'
import { closeWithin } from '../../adapters/service-bus/client.ts'
import { busDeadLetterQueue } from '../../adapters/service-bus/dead-letter-queue.ts'
import type { Config } from '../../config/load.ts'
import { RollcallError } from '../../core/errors.ts'
import { originalOf, type TakenIn } from '../../core/intake/message.ts'
import type { IntakeMessage } from '../../core/ledger/port/intake.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import type { PutBack, ReplayItem, ReplayRun } from '../../core/ledger/port/replays.ts'
import type { SourceMessage } from '../../core/ports.ts'
import { replayNative, type TakeInPlace } from '../../core/report/replay/native.ts'
import { pacer } from '../../core/report/replay/pace.ts'
import type { Runtime } from '../../core/runtime.ts'
import { takingIn } from '../../compose/rules.ts'
import { messageOf } from './select.ts'

/** A run, and what carrying it out takes. */
export interface Carrying {
  readonly run: ReplayRun
  readonly ledger: Ledger
  /** `null` when nothing of the run is on the bus. */
  readonly bus: ServiceBusClient | null
  readonly config: Config
  readonly runtime: Runtime
  /** Dead letters a second; `null` for as fast as it goes. */
  readonly perSecond: number | null
}
/** How it ended. `held`: everything is sent, and somebody else keeps originals locked. */
export type Ending = 'finished' | 'paused' | 'held'

const BATCH = 500
const REMOVE_AT_ONCE = 1_000

/**
 * Carries out a frozen run from wherever it stands, first what stands in the ledger. Each step is one transaction or can be found again, so
 * it may end at any moment and be carried out once more.
 */
export async function carryOut(
  carrying: Carrying,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<Ending> {
  const { run, ledger, config, runtime, perSecond } = carrying
  let settled = 0
  const takeIn = takingIn(config)
  const pace = pacer({ perSecond, batch: BATCH }, runtime)
  for (;;) {
    const items = await ledger.listReplayItems(run.id, null, 'frozen', pace.atOnce)
    if (items.length === 0) break
    await pace.turn(items.length, signal)
    if (signal.aborted) return 'paused'
    const parts: PutBack[] = []
    for (const item of items) parts.push(await partOf(ledger, item, takeIn))
    await ledger.putBackDeadLetters(run.id, parts, runtime.now())
    onProgress((settled += items.length))
  }
  let ending: Ending = 'finished'
  for (const entity of run.entities) {
    const one = await inDeadLetterQueue(carrying, entity, signal, (moved) => onProgress(settled + moved))
    settled += one.moved
    if (one.ending === 'paused') return 'paused'
    if (one.ending === 'held') ending = 'held'
  }
  await ledger.endReplay(run.id, runtime.now())
  return ending
}

/** An edited one is read again, as it was when the run was planned. */
async function partOf(
  ledger: Ledger,
  { sequence, body }: ReplayItem,
  takeIn: (message: SourceMessage) => Promise<TakenIn>,
): Promise<PutBack> {
  const seq = Number(sequence)
  if (body === null) return { seq, kind: 'as it was' }
  const kept = await ledger.findDeadLetter(seq)
  if (!kept?.original) return { seq, kind: 'as it was' }
  const message = { ...messageOf(kept.original), text: body }
  const { events, rejected } = await takeIn(message)
  if (rejected) return { seq, kind: 'refused', code: rejected.code }
  const event = events.find(({ source, id }) => source === kept.letter.source && id === kept.letter.id)
  return event
    ? { seq, kind: 'edited', event, original: originalOf(message) }
    : { seq, kind: 'refused', code: 'EditNamesAnotherEvent' }
}

async function inDeadLetterQueue(
  { run, ledger, bus, config, runtime, perSecond }: Carrying,
  entity: string,
  signal: AbortSignal,
  onProgress: (moved: number) => void,
): Promise<{ readonly ending: Ending; readonly moved: number }> {
  const sourceAddress = config.rules.sourceAddresses.find((one) => one.entity === entity)
  if (!sourceAddress || !bus)
    throw new RollcallError(
      'EntityUnknown',
      `the run has dead letters of ${entity}, which is none of the configured sources any more`,
    )
  const shelf = busDeadLetterQueue(bus, { ...sourceAddress, shelf: 'dead-letters' }, runtime)
  const itself = busDeadLetterQueue(bus, { ...sourceAddress, shelf: 'queue' }, runtime)
  try {
    const edits = new Map<string, string>()
    for (const stage of ['frozen', 'sending'] as const)
      for (const { sequence, body } of await ledger.listReplayItems(
        run.id,
        entity,
        stage,
        Number.MAX_SAFE_INTEGER,
      ))
        if (body !== null) edits.set(sequence, body)
    const result = await replayNative(
      {
        run: `${run.name}.${run.entities.indexOf(entity)}`,
        shelf,
        // A queue that requires sessions cannot be looked through: a copy that waits there unseen is sent again, and known as a duplicate by its event.
        entity: sourceAddress.sessions ? { peek: async () => [] } : itself,
        log: {
          items: (stage, limit) => ledger.listReplayItems(run.id, entity, stage, limit),
          move: (moves, at) => ledger.moveReplayItems(run.id, entity, moves, at),
          takenIn: async (messageIds) => new Set((await ledger.findCopiesTakenIn(messageIds)).keys()),
        },
        edit: edits.size === 0 ? null : ({ sequence }) => edits.get(sequence) ?? null,
        takeIn: takingInPlace(ledger, config, runtime),
      },
      {
        perSecond,
        batch: BATCH,
        removeAtOnce: REMOVE_AT_ONCE,
        skewMs: config.CLOCK_SKEW_MS,
        inFlightMs: 2_000,
      },
      runtime,
      signal,
      ({ done, gone, refused }) => onProgress(done + gone + refused),
    )
    return { ending: result.kind, moved: result.done + result.gone + result.refused }
  } finally {
    await Promise.all([shelf, itself].map((one) => closeWithin(5_000, one.close())))
  }
}

/** A subscription's dead letter does not go through its topic again, where others would get it too: it goes straight into the ledger. */
function takingInPlace(
  ledger: Ledger,
  config: Config,
  runtime: Runtime,
): (messages: readonly TakeInPlace[]) => Promise<ReadonlyMap<string, string>> {
  const takeIn = takingIn(config)
  return async (messages) => {
    const refused = new Map<string, string>()
    const taken: { readonly sequence: string; readonly message: IntakeMessage }[] = []
    for (const { message, messageId, text } of messages) {
      const read = { ...message, text: text ?? message.text }
      const { events, rejected } = await takeIn(read)
      const { entity, sequence } = message
      if (rejected) refused.set(sequence, rejected.code)
      else
        taken.push({
          sequence,
          message: {
            entity: `${entity}/$DeadLetterQueue`,
            sequence,
            enqueuedAt: runtime.now(),
            events,
            original: originalOf(read),
            copyId: messageId,
            rejected: null,
          },
        })
    }
    const known = await ledger.findCopiesTakenIn(taken.flatMap(({ message }) => message.copyId ?? []))
    const fresh = taken.filter(({ message }) => message.copyId !== undefined && !known.has(message.copyId))
    for (const { sequence, message } of taken) {
      const code = known.get(message.copyId ?? '') ?? null
      if (code !== null) refused.set(sequence, code)
    }
    const { COALESCE_QUIET_MS: quietMs, COALESCE_MAX_WAIT_MS: maxWaitMs } = config
    if (fresh.length === 0) return refused
    const result = await ledger.recordMessages({
      messages: fresh.map(({ message }) => message),
      now: runtime.now(),
      quietMs,
      maxWaitMs,
      backlog: false,
    })
    for (const { message, code } of result.refused ?? []) {
      const one = fresh[message]
      if (one) refused.set(one.sequence, code)
    }
    return refused
  }
}
