import type { Ledger } from '../ledger/ledger.ts'
import { loop, type WakeableService } from '../service.ts'
import { type DirectParts, DirectWriter } from './writer.ts'

export interface DirectLoopParts extends DirectParts {
  readonly ledger: DirectParts['ledger'] & Pick<Ledger, 'claimBatch' | 'finalizeOperations'>
  /** There may be work for planning and publishing. */
  readonly onSettled: () => void
}

/** Operations that are ended in one transaction. */
const FINISHED_AT_ONCE = 500
/** No request is larger than one record. */
const MOST_BYTES = 10_000_000

/**
 * Writes the operations of a direct destination, a few at once, and records each answer at once. An
 * operation whose answer was not recorded stays in its batch and is written again, which changes
 * nothing more.
 */
export function directLoop(name: string, parts: DirectLoopParts): WakeableService {
  const { ledger, settings, runtime } = parts
  const writer = new DirectWriter(parts)
  let finishAt = 0
  return loop(name, runtime, async (signal) => {
    const now = runtime.now()
    const { owner, leaseMs, maxOperations, limits } = settings
    const query = { now, owner, leaseMs, maxOperations, maxBytes: MOST_BYTES, fillMs: 0, limits }
    const batch = await ledger.claimBatch(query)
    if (batch) {
      const origins = batch.operations.flatMap((operation) => operation.origins)
      const attributes = { 'rollcall.operations': batch.operations.length }
      await runtime.telemetry.span('rollcall.submit', { origins, attributes }, () =>
        writer.turn(batch, signal),
      )
    }
    if (batch || finishAt <= now) {
      finishAt = now + settings.finishMs
      if (await finish(parts)) parts.onSettled()
    }
    return batch ? 0 : settings.pollMs
  })
}

/** Whether any operation was ended. */
async function finish({ ledger, runtime }: DirectLoopParts): Promise<boolean> {
  let ended = 0
  let last = FINISHED_AT_ONCE
  while (last === FINISHED_AT_ONCE) {
    last = await ledger.finalizeOperations(runtime.now(), FINISHED_AT_ONCE)
    ended += last
  }
  return ended > 0
}
