import type { Batch, SubmitLedger } from '../ledger/port/submit.ts'
import type { Runtime } from '../runtime.ts'

/**
 * The ledger for several loops that send batches and are woken together. They ask for a batch one
 * after another: where the first gets none, there is none for the others, and where it gets one, it
 * asks for its slot before the next asks for a batch.
 */
export function sharingClaims<L extends Pick<SubmitLedger, 'claimBatch'>>(
  ledger: L,
  { yieldToEventLoop }: Pick<Runtime, 'yieldToEventLoop'>,
): L {
  let asking: Promise<Batch | null> | null = null
  const claimBatch: L['claimBatch'] = async (query) => {
    for (let earlier = asking; earlier !== null; earlier = asking) {
      if ((await earlier) === null) return null
      await yieldToEventLoop()
    }
    asking = ledger.claimBatch(query)
    try {
      return await asking
    } finally {
      asking = null
    }
  }
  return { ...ledger, claimBatch }
}
