import type { Ledger } from './ledger.ts'
import type { LedgerAge, LedgerMark } from './port/upkeep.ts'
import type { Runtime } from '../runtime.ts'
import { loop, type Service } from '../service.ts'

/** A counter outside of the ledger, which no backup of the ledger takes back. */
export interface Witness {
  /**
   * Gives the mark to `work`, `null` when there is none, and keeps what `work` answers, `null` for as it was; nobody else reads or writes it
   * meanwhile. Answers false when somebody else has it. Rejects when it cannot be reached.
   */
  compare(work: (mark: LedgerMark | null) => Promise<LedgerMark | null>): Promise<boolean>
}
export interface WitnessSettings {
  readonly pollMs: number
}

/** Whether the ledger was seen further than it is now: it is a copy from before, or another one. */
export function isOlder(ledger: LedgerMark, mark: LedgerMark): boolean {
  return ledger.epoch < mark.epoch || (ledger.epoch === mark.epoch && ledger.progress < mark.progress)
}

/**
 * Finds out that the ledger is older than the world: a backup that was restored, a replica that lagged, a file that was copied. From then on it only
 * takes in and reads the log: nothing is planned or sent until a person says that the ledger is whole again. `checked` resolves after the first
 * comparison; nothing may be sent before.
 */
export function witnessing(
  ledger: Pick<Ledger, 'readAge' | 'markOlder'>,
  witness: Witness,
  { pollMs }: WitnessSettings,
  runtime: Runtime,
): Service & { readonly checked: Promise<void> } {
  const checked = Promise.withResolvers<void>()
  let last: LedgerAge | null = null
  const service = loop('witness', runtime, async () => {
    const now = await ledger.readAge()
    if (last && now.progress === last.progress && now.epoch === last.epoch) return pollMs
    const compared = await witness.compare(async (mark) => {
      // Read after the mark: what was written there had been read from the ledger before.
      const age = await ledger.readAge()
      last = age
      if (age.olderSince !== null) return null
      if (mark === null || !isOlder(age, mark)) return { epoch: age.epoch, progress: age.progress }
      await ledger.markOlder(mark, runtime.now())
      runtime.log.error('ledger.older', {
        behind: mark.progress - age.progress,
        what: 'the ledger is older than what was last taken in and sent; nothing is sent until the missing time was fed again and rollcall ledger restored says so: see docs/guides/restore.md',
      })
      return null
    })
    if (compared) checked.resolve()
    return pollMs
  })
  return { ...service, checked: checked.promise }
}

/** A service that begins only after `ready`, unless it is stopped before. */
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
