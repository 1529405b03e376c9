import pRetry from 'p-retry'
import { unreachable } from '../errors.ts'
import type { Batch, BatchAnswer, CallLimits, Slot } from '../ledger/port/submit.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Provisioning } from '../ports.ts'
import type { Runtime } from '../runtime.ts'
import { loop, withGrace, type WakeableService } from '../service.ts'
import { bulkRequest } from './batch.ts'
import { type Verdict, verdictOf, type VerdictSettings } from './verdict.ts'

export interface SubmitSettings extends VerdictSettings {
  readonly owner: string
  readonly maxOperations: number
  readonly maxBytes: number
  readonly fillMs: number
  readonly leaseMs: number
  readonly pollMs: number
  /** Attempts in a row before the batch is put back for a while. */
  readonly attempts: number
  readonly limits: CallLimits
}

/**
 * How long a stop waits for an answer. The rest of the turn's end is left for releasing the batch.
 */
const ANSWER_GRACE_MS = 5_000

/** Sends full batches, never faster than the service allows, and records each answer. */
export function submitLoop(
  name: string,
  ledger: Pick<Ledger, 'claimBatch' | 'takeSlot' | 'recordBatchAnswer'>,
  provisioning: Provisioning,
  settings: SubmitSettings,
  runtime: Runtime,
): WakeableService {
  const { owner, leaseMs, limits } = settings
  return loop(name, runtime, async (signal) => {
    const { maxOperations, maxBytes, fillMs } = settings
    const batch = await ledger.claimBatch({
      now: runtime.now(),
      owner,
      leaseMs,
      maxOperations,
      maxBytes,
      fillMs,
      limits,
    })
    if (!batch) return settings.pollMs
    const links = batch.operations.flatMap((operation) => operation.links)
    await runtime.telemetry.span(
      'rollcall.submit',
      { links, attributes: { 'rollcall.operations': batch.operations.length } },
      () => send(batch, signal),
    )
    return 0
  })

  /** Repeats the call until an answer settles the batch for now. */
  async function send(batch: Batch, signal: AbortSignal): Promise<void> {
    const answer = await pRetry((attempt) => tryOnce(batch, attempt, signal), {
      retries: settings.attempts - 1,
      minTimeout: 0,
      maxTimeout: 0,
      shouldRetry: ({ error }) => error instanceof TryAgain && !signal.aborted,
      onFailedAttempt: async ({ error, retriesLeft }) => {
        if (!(error instanceof TryAgain) || retriesLeft === 0 || signal.aborted) return
        await ledger.recordBatchAnswer(batch.id, { ...error.answer, release: false }, runtime.now())
        await runtime.sleep(error.answer.notBefore - runtime.now(), signal)
      },
    }).catch((error: unknown) => {
      // Out of attempts, or stopped: the batch stays as it is and is claimed again later.
      if (error instanceof TryAgain) return error.answer
      throw error
    })
    if (answer) await ledger.recordBatchAnswer(batch.id, answer, runtime.now())
  }

  async function tryOnce(batch: Batch, attempt: number, signal: AbortSignal): Promise<BatchAnswer | null> {
    const slot = await slotFor(batch, signal)
    switch (slot.kind) {
      case 'lost':
      case 'empty':
        return null
      case 'wait':
        return {
          kind: 'again',
          call: null,
          status: null,
          notBefore: slot.until,
          countsAsAttempt: false,
          release: true,
          hold: null,
        }
      case 'taken': {
        // A stop waits a while, because an answer on its way is worth more than a quick end.
        const body = bulkRequest(slot.operations)
        const reply = await withGrace(signal, ANSWER_GRACE_MS, runtime, (cut) =>
          provisioning.upload(body, runtime.id(), cut),
        )
        const verdict = verdictOf(reply, attempt, runtime.now(), runtime.random(), settings)
        runtime.telemetry.count('rollcall.bulk_upload.requests', 1, {
          status: reply.kind === 'response' ? String(reply.status) : reply.code,
        })
        return settle(verdict, slot.call)
      }
      default:
        return unreachable(slot)
    }
  }

  /**
   * Waits here for the short window. A wait for the day's budget is long, and releases the batch.
   */
  async function slotFor(batch: Batch, signal: AbortSignal): Promise<Slot> {
    for (;;) {
      const slot = await ledger.takeSlot(batch.id, { now: runtime.now(), owner, leaseMs, limits })
      if (slot.kind !== 'wait' || slot.why !== 'window' || signal.aborted) return slot
      await runtime.sleep(slot.until - runtime.now(), signal)
    }
  }

  function settle(verdict: Verdict, call: number): BatchAnswer {
    switch (verdict.kind) {
      case 'done':
        return { kind: 'accepted', call, acceptedAt: verdict.acceptedAt, requestId: verdict.requestId }
      case 'reject':
        return {
          kind: 'refused',
          call,
          status: verdict.status,
          code: verdict.reason,
          requestId: verdict.requestId,
        }
      case 'snooze':
        if (verdict.why === 'refused')
          runtime.log.error('submit.refused', {
            status: verdict.status,
            what: 'the service refuses the call: check the identity, its permission, the job id and the endpoint; run rollcall check',
            retryInMs: settings.refusedMs,
          })
        else
          runtime.log.warn(`submit.${verdict.why}`, {
            status: verdict.status,
            untilMs: Math.round(verdict.until - runtime.now()),
          })
        return {
          kind: 'again',
          call,
          status: verdict.status,
          notBefore: verdict.until,
          countsAsAttempt: false,
          release: true,
          hold: verdict.why,
        }
      case 'retry':
        throw new TryAgain({
          kind: 'again',
          call,
          status: verdict.status,
          notBefore: verdict.at,
          countsAsAttempt: true,
          release: true,
          hold: null,
        })
      default:
        return unreachable(verdict)
    }
  }
}

/** Carries an answer that asks for another attempt through p-retry. */
class TryAgain extends Error {
  override readonly name = 'TryAgain'
  readonly answer: Extract<BatchAnswer, { kind: 'again' }>
  constructor(answer: Extract<BatchAnswer, { kind: 'again' }>) {
    super('the service did not settle the batch')
    this.answer = answer
  }
}
