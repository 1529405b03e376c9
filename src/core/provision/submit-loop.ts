import pRetry from 'p-retry'
import type { DeactivationGuard } from '../directory/guard.ts'
import { unreachable } from '../errors.ts'
import type { Batch, BatchAnswer, CallLimits, Slot } from '../ledger/port/submit.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Provisioning } from '../ports.ts'
import type { Runtime } from '../runtime.ts'
import { loop, withGrace, type WakeableService } from '../service.ts'
import { bulkRequest } from './batch.ts'
import { statusLabel, type Verdict, verdictOf, type VerdictSettings } from './verdict.ts'

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

interface Submitting {
  readonly ledger: Pick<Ledger, 'claimBatch' | 'takeSlot' | 'recordBatchAnswer'>
  readonly provisioning: Provisioning
  readonly settings: SubmitSettings
  readonly runtime: Runtime
  /** Looks at the accounts of a batch before it is sent. */
  readonly guard?: DeactivationGuard
}

/** Sends full batches, never faster than the service allows, and records each answer. */
export function submitLoop(name: string, submitting: Submitting): WakeableService {
  const { ledger, settings, runtime } = submitting
  const { owner, leaseMs, maxOperations, maxBytes, fillMs, limits } = settings
  return loop(name, runtime, async (signal) => {
    const now = runtime.now()
    const batch = await ledger.claimBatch({ now, owner, leaseMs, maxOperations, maxBytes, fillMs, limits })
    if (!batch) return settings.pollMs
    const origins = batch.operations.flatMap((operation) => operation.origins)
    await runtime.telemetry.span(
      'rollcall.submit',
      { origins, attributes: { 'rollcall.operations': batch.operations.length } },
      () => send(submitting, batch, signal),
    )
    return 0
  })
}

/** Repeats the call until an answer settles the batch for now. */
async function send(submitting: Submitting, batch: Batch, signal: AbortSignal): Promise<void> {
  const { ledger, settings, runtime, guard } = submitting
  // What the guard holds is withdrawn with the slot.
  await guard?.check(batch.operations, signal)
  const answer = await pRetry((attempt) => tryOnce(submitting, batch, attempt, signal), {
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

/**
 * `null` when there is nothing to record. Throws `TryAgain` when the answer asks for another
 * attempt.
 */
async function tryOnce(
  submitting: Submitting,
  batch: Batch,
  attempt: number,
  signal: AbortSignal,
): Promise<BatchAnswer | null> {
  const { provisioning, settings, runtime } = submitting
  const slot = await slotFor(submitting, batch, signal)
  switch (slot.kind) {
    case 'lost':
    case 'empty':
      return null
    case 'wait':
      return again({ call: null, status: null, notBefore: slot.until, countsAsAttempt: false, hold: null })
    case 'taken': {
      // A stop waits a while, because an answer on its way is worth more than a quick end.
      const body = bulkRequest(slot.operations)
      runtime.telemetry.record('rollcall.batch.operations', slot.operations.length)
      const reply = await withGrace(signal, ANSWER_GRACE_MS, runtime, (cut) =>
        provisioning.upload(body, runtime.id(), cut),
      )
      const chance = runtime.random()
      const verdict = verdictOf(reply, { attempt, now: runtime.now(), chance, settings })
      runtime.telemetry.count('rollcall.bulk_upload.requests', 1, {
        status: statusLabel(reply),
      })
      if (verdict.kind === 'snooze') logSnooze(verdict, submitting)
      return batchAnswer(verdict, slot.call)
    }
    default:
      return unreachable(slot)
  }
}

/**
 * Waits here for the short window. A wait for the day's budget is long, and releases the batch.
 */
async function slotFor(
  { ledger, settings, runtime }: Submitting,
  batch: Batch,
  signal: AbortSignal,
): Promise<Slot> {
  const { owner, leaseMs, limits } = settings
  for (;;) {
    const slot = await ledger.takeSlot(batch.id, { now: runtime.now(), owner, leaseMs, limits })
    if (slot.kind !== 'wait' || slot.why !== 'window' || signal.aborted) return slot
    await runtime.sleep(slot.until - runtime.now(), signal)
  }
}

function batchAnswer(verdict: Verdict, call: number): BatchAnswer {
  switch (verdict.kind) {
    case 'done':
      return { kind: 'accepted', call, acceptedAt: verdict.acceptedAt, requestId: verdict.requestId }
    case 'refused': {
      const { status, code, requestId } = verdict
      return { kind: 'refused', call, status, code, requestId }
    }
    case 'snooze': {
      const { status, until: notBefore, why: hold } = verdict
      return again({ call, status, notBefore, countsAsAttempt: false, hold })
    }
    case 'retry': {
      const { status, at: notBefore } = verdict
      throw new TryAgain(again({ call, status, notBefore, countsAsAttempt: true, hold: null }))
    }
    default:
      return unreachable(verdict)
  }
}

type Again = Extract<BatchAnswer, { kind: 'again' }>

function again(answer: Omit<Again, 'kind' | 'release'>): Again {
  return { kind: 'again', release: true, ...answer }
}

function logSnooze(
  { why, status, until }: Extract<Verdict, { kind: 'snooze' }>,
  { settings, runtime }: Submitting,
): void {
  if (why === 'access')
    runtime.log.error('submit.access', {
      status,
      what: 'the service refuses the call: check the identity, its permission, the job id and the endpoint; run rollcall check',
      retryInMs: settings.accessMs,
    })
  else runtime.log.warn(`submit.${why}`, { status, untilMs: Math.round(until - runtime.now()) })
}

/** Carries an answer that asks for another attempt through p-retry. */
class TryAgain extends Error {
  override readonly name = 'TryAgain'
  readonly answer: Again
  constructor(answer: Again) {
    super('the service did not settle the batch')
    this.answer = answer
  }
}
