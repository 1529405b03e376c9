import type { Ledger } from './ledger.ts'
import type { LedgerAge, LedgerMark } from './port/upkeep.ts'
import { describeError, type Runtime } from '../runtime.ts'
import { endingWithin, loop, type Service } from '../service.ts'

/** A counter outside the ledger, which restoring a backup of the ledger does not set back. */
export interface Witness {
  /**
   * Gives the mark to `work`, or `null` when there is none, and stores the mark that `work`
   * answers; `null` leaves it unchanged. No other instance reads or writes it at the same time.
   * Answers false when another instance is using it. Rejects when it cannot be reached.
   */
  compare(work: (mark: LedgerMark | null) => Promise<LedgerMark | null>): Promise<boolean>
}
export interface WitnessSettings {
  readonly pollMs: number
}

/**
 * Whether the ledger is behind a mark that was taken from it before: it is an older copy, or
 * another ledger.
 */
export function isOlder(ledger: LedgerMark, mark: LedgerMark): boolean {
  return ledger.epoch < mark.epoch || (ledger.epoch === mark.epoch && ledger.progress < mark.progress)
}

/** For the last comparison, when everything else has ended. The bus may be away. */
const END_MS = 3_000

/**
 * Detects a ledger that is older than what was already sent: a restored backup, a replica that
 * lagged, a copied file. From then on Rollcall only takes in events and reads the log. Nothing is
 * planned or sent until a person declares the ledger complete. `checked` resolves after the first
 * comparison; nothing may be sent before it.
 */
export function witnessing(
  ledger: Pick<Ledger, 'readAge' | 'markOlder'>,
  witness: Witness,
  { pollMs }: WitnessSettings,
  runtime: Runtime,
): Service & { readonly checked: Promise<void> } {
  const checked = Promise.withResolvers<void>()
  let last: LedgerAge | null = null
  const turn = async (): Promise<number> => {
    const now = await ledger.readAge()
    if (last && now.progress === last.progress && now.epoch === last.epoch) return pollMs
    const compared = await witness.compare(async (mark) => {
      // Read after the mark, which was itself taken from the ledger earlier.
      const age = await ledger.readAge()
      last = age
      if (age.olderSince !== null) return null
      if (mark === null || !isOlder(age, mark)) return { epoch: age.epoch, progress: age.progress }
      await ledger.markOlder(mark, runtime.now())
      runtime.log.error('ledger.older', {
        behind: mark.progress - age.progress,
        what: 'the ledger is older than the last events received and records sent; nothing is sent until the missing events are fed again and rollcall ledger restored is run: see docs/guides/restore.md',
      })
      return null
    })
    if (compared) checked.resolve()
    return pollMs
  }
  const polling = loop('witness', runtime, turn)
  const service = endingWithin('witness', END_MS, runtime, async (stopping) => {
    if (stopping.aborted) return
    stopping.addEventListener('abort', () => void polling.stop(), { once: true })
    await polling.run()
    // Otherwise a copy from before the last seconds would not look older.
    await turn().catch((error: unknown) => runtime.log.warn('witness.end.failed', describeError(error)))
  })
  return { ...service, checked: checked.promise }
}

/** A service that starts only after `ready`, or not at all when it is stopped before. */
export function startedAfter<S extends Service>(ready: Promise<void>, service: S): S {
  const stopping = Promise.withResolvers<void>()
  let running: Promise<void> | null = null
  const run = async (): Promise<void> => {
    await Promise.race([ready, stopping.promise])
    await service.run()
  }
  return {
    ...service,
    run: () => (running ??= run()),
    stop: async () => {
      stopping.resolve()
      await service.stop()
      await running
    },
  }
}
