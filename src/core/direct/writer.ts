import type { DeactivationGuard } from '../directory/guard.ts'
import { type Spending, usdOf } from '../emergency/money.ts'
import { unreachable } from '../errors.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Batch, BatchAnswer, BatchOperation, CallLimits, Slot } from '../ledger/port/submit.ts'
import { parseRecord } from '../plan/mapping/record.ts'
import { statusLabel, type VerdictSettings } from '../provision/verdict.ts'
import type { Runtime } from '../runtime.ts'
import { withGrace } from '../service.ts'
import type { DirectAccounts } from './accounts.ts'
import { type FinalVerdict, joinedRecordOf } from './joined-record.ts'
import type { DirectBegun } from './ledger.ts'
import { endOfTurn, stopsTurn, type TurnResult, type TurnTimes } from './turn.ts'
import { MOST_CALLS, type WriteOrder, writeRecord, type Written } from './write.ts'

export interface DirectSettings extends VerdictSettings, TurnTimes {
  readonly owner: string
  /** Operations in one turn: a leaver that is planned meanwhile waits for its end. */
  readonly maxOperations: number
  /** Operations that are written at once. */
  readonly atOnce: number
  /** Longer than the calls for one operation take. */
  readonly leaseMs: number
  readonly pollMs: number
  /** Between two looks for operations that are answered and not ended, as after a crash. */
  readonly finishMs: number
  readonly limits: CallLimits
  /** What the calls may cost in any 24 hours, and in any 31 days. */
  readonly budget: Spending
  readonly microUsdPerCall: number
}

export interface DirectParts {
  /** The name of the destination, for the answers. */
  readonly destination: string
  readonly ledger: Pick<
    Ledger,
    'takeSlot' | 'recordBatchAnswer' | 'setHold' | 'beginDirectWrite' | 'endDirectWrite'
  >
  readonly accounts: DirectAccounts
  readonly settings: DirectSettings
  readonly runtime: Runtime
  /** Looks at the accounts of a batch before it is written. */
  readonly guard?: DeactivationGuard
}

type Taken = Extract<Slot, { readonly kind: 'taken' }>
type Begun = Extract<DirectBegun, { readonly kind: 'begun' }>

/** One operation whose calls were made. */
interface Attempted {
  readonly operation: BatchOperation
  readonly order: WriteOrder
  readonly begun: Begun
  readonly written: Written
}

/** How long a stop waits for answers that are on their way. */
const ANSWER_GRACE_MS = 5_000
/** For how long a record that was taken shows that no permission is missing. */
const PROOF_MS = 3_600_000

/** Writes batches, one after the other. */
export class DirectWriter {
  readonly #parts: DirectParts
  /** When the directory last took a record. */
  #tookAt = Number.NEGATIVE_INFINITY

  constructor(parts: DirectParts) {
    this.#parts = parts
  }

  async turn(batch: Batch, signal: AbortSignal): Promise<void> {
    const { ledger, settings, runtime, guard } = this.#parts
    const { owner, leaseMs, limits } = settings
    // What the guard holds is withdrawn with the slot.
    await guard?.check(batch.operations, signal)
    const slot = await ledger.takeSlot(batch.id, { now: runtime.now(), owner, leaseMs, limits })
    switch (slot.kind) {
      case 'lost':
      case 'empty':
        return
      case 'wait': {
        const answer: BatchAnswer = {
          kind: 'again',
          call: null,
          status: null,
          notBefore: slot.until,
          countsAsAttempt: false,
          release: true,
          hold: null,
        }
        return ledger.recordBatchAnswer(batch.id, answer, runtime.now())
      }
      case 'taken': {
        const turn = new Turn(this.#parts, batch, slot, signal)
        if (await turn.write()) this.#tookAt = runtime.now()
        return turn.end(this.#tookAt + PROOF_MS > runtime.now())
      }
      default:
        return unreachable(slot)
    }
  }
}

/** The operations of one slot. */
class Turn {
  readonly #parts: DirectParts
  readonly #batch: Batch
  readonly #slot: Taken
  readonly #signal: AbortSignal
  /** Refused with 403: whether the account is the reason shows at the end. */
  readonly #forbidden: Attempted[] = []
  readonly #results: TurnResult[] = []

  constructor(parts: DirectParts, batch: Batch, slot: Taken, signal: AbortSignal) {
    this.#parts = parts
    this.#batch = batch
    this.#slot = slot
    this.#signal = signal
  }

  /**
   * A few at once, in the order of the batch, until one meets what the others would meet too. Answers
   * whether the directory took a record.
   */
  async write(): Promise<boolean> {
    const { atOnce } = this.#parts.settings
    const queue = [...this.#slot.operations]
    let failures = 0
    let isStopped = false
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const result = isStopped || this.#signal.aborted ? LEFT : await this.#writeOne(next)
        if (result) this.#results.push(result)
        failures = result?.kind === 'again' ? failures + 1 : 0
        isStopped ||= failures >= atOnce || (result !== null && stopsTurn(result))
      }
    }
    await Promise.all(Array.from({ length: atOnce }, work))
    return this.#results.some((result) => result.kind === 'answered' && result.wrote)
  }

  /** `isProven`: a record that was taken lately shows that no permission is missing. */
  async end(isProven: boolean): Promise<void> {
    const { ledger, settings, runtime, destination } = this.#parts
    for (const attempted of this.#forbidden) this.#results.push(await this.#endForbidden(attempted, isProven))
    const now = runtime.now()
    const { answer, accessUntil } = endOfTurn(this.#results, this.#slot.call, now, settings)
    if (answer === null) return
    await ledger.recordBatchAnswer(this.#batch.id, answer, now)
    if (answer.kind !== 'again') return
    if (accessUntil !== null)
      await ledger.setHold({ name: 'access', since: now, until: accessUntil, status: 403, detail: null })
    const hold = accessUntil === null ? answer.hold : 'access'
    if (hold !== null) runtime.log.warn('direct.held', { destination, hold })
  }

  /** `null` for an operation whose result shows at the end. */
  async #writeOne(operation: BatchOperation): Promise<TurnResult | null> {
    const { ledger, settings, runtime } = this.#parts
    const { owner, leaseMs, microUsdPerCall, budget } = settings
    const microUsd = microUsdPerCall * MOST_CALLS
    const order = { batch: this.#batch.id, operation: operation.id, owner, leaseMs, microUsd, budget }
    const begun = await ledger.beginDirectWrite(order, runtime.now())
    switch (begun.kind) {
      case 'lost':
      case 'spent':
        return { kind: begun.kind }
      case 'changed':
        return LEFT
      case 'begun':
        return this.#settle(await this.#attempt(operation, begun))
      default:
        return unreachable(begun)
    }
  }

  async #attempt(operation: BatchOperation, begun: Begun): Promise<Attempted> {
    const { accounts, settings, runtime } = this.#parts
    const { employeeId, record } = operation
    const { objectId, managerObjectId } = begun
    const order = { employeeId, record: parseRecord(record), objectId, managerObjectId }
    const attempt = this.#batch.attempts + 1
    const written = await withGrace(this.#signal, ANSWER_GRACE_MS, runtime, (cut) =>
      writeRecord(order, {
        accounts,
        call: () => ({ clientRequestId: runtime.id(), cut }),
        context: () => ({ attempt, now: runtime.now(), chance: runtime.random(), settings }),
        onAnswer: (reply) =>
          runtime.telemetry.count('rollcall.direct.requests', 1, {
            status: statusLabel(reply),
          }),
      }),
    )
    return { operation, order, begun, written }
  }

  async #settle(attempted: Attempted): Promise<TurnResult | null> {
    const { verdict } = attempted.written
    switch (verdict.kind) {
      case 'done':
      case 'no-account':
      case 'failed':
        return this.#end(attempted, verdict)
      case 'again':
        await this.#end(attempted, null)
        return { kind: 'again', wait: verdict.wait }
      case 'forbidden':
        this.#forbidden.push(attempted)
        return null
      default:
        return unreachable(verdict)
    }
  }

  async #endForbidden(attempted: Attempted, proven: boolean): Promise<TurnResult> {
    const { verdict } = attempted.written
    const isAccount = proven && verdict.kind === 'forbidden'
    await this.#end(attempted, isAccount ? verdict.failure : null)
    return isAccount ? { kind: 'answered', wrote: false } : { kind: 'forbidden' }
  }

  /** Records what the calls cost, and the answer if there is one. */
  async #end(
    { operation, order, begun, written }: Attempted,
    verdict: FinalVerdict | null,
  ): Promise<TurnResult> {
    const { ledger, settings, runtime, destination } = this.#parts
    const at = runtime.now()
    const microUsd = settings.microUsdPerCall * written.billed
    if (written.billed > 0) runtime.telemetry.count('rollcall.direct.cost_usd', usdOf(microUsd))
    const source = { destination, batch: this.#batch.id, call: this.#slot.call, at }
    const answer = verdict && joinedRecordOf(operation, verdict, order, source)
    await ledger.endDirectWrite({ reservation: begun.reservation, microUsd, answer }, at)
    return { kind: 'answered', wrote: verdict?.kind === 'done' }
  }
}

const LEFT: TurnResult = { kind: 'left' }
