import { setImmediate as nextMacrotask } from 'node:timers/promises'
import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus'
import { type Disposition, REJECTED_FIELD } from '../../core/ports.ts'
import type { Runtime } from '../../core/runtime.ts'
import { busCode } from './client.ts'

interface HasNative {
  readonly native: ServiceBusReceivedMessage
}
export type Settlement = Disposition<HasNative> | { readonly kind: 'abandon'; readonly message: HasNative }

type Settle = (message: ServiceBusReceivedMessage) => Promise<void>
export interface Settled {
  readonly message: ServiceBusReceivedMessage
  /** `null` when the bus confirmed it. */
  readonly error: unknown
}

type Settler = Pick<ServiceBusReceiver, 'completeMessage' | 'deadLetterMessage' | 'abandonMessage'>

/** A receiver and its one queue of settlements. */
export interface Settling<R extends Settler> {
  readonly receiver: R
  /** Resolves when the bus has answered all of them; never rejects. */
  readonly settle: (dispositions: readonly Settlement[]) => Promise<readonly Settled[]>
}

/** Settlements issued before the event loop gets a turn. */
const AT_ONCE = 64

/**
 * Settles through one queue for each receiver. The client's AMQP library sends the first two
 * consecutive deliveries settled in one tick as one disposition with the first one's outcome (rhea
 * 3.0.5, `write_dispositions`): a dead-lettered message would be completed, and so lost.
 * Completions therefore go together, and so do abandonments. Each dead-lettering goes in a
 * macrotask of its own.
 */
export function withSettler<R extends Settler>(receiver: R): Settling<R> {
  let last: Promise<unknown> = Promise.resolve()
  const settleAll = (dispositions: readonly Settlement[]): Promise<readonly Settled[]> => {
    const answers: Promise<Settled>[] = []
    const issue = (message: ServiceBusReceivedMessage, settle: Settle): void => {
      answers.push(
        settle(message).then(
          () => ({ message, error: null }),
          (error: unknown) => ({ message, error: error ?? new Error('not settled') }),
        ),
      )
    }
    const issueAll = async (kind: Settlement['kind'], settle: Settle): Promise<void> => {
      let count = 0
      for (const one of dispositions) {
        if (one.kind !== kind) continue
        issue(one.message.native, settle)
        if (++count % AT_ONCE === 0) await nextMacrotask()
      }
    }
    const issued = last.then(async () => {
      await issueAll('complete', (native) => receiver.completeMessage(native))
      await nextMacrotask()
      await issueAll('abandon', (native) => receiver.abandonMessage(native))
      for (const disposition of dispositions) {
        if (disposition.kind !== 'dead-letter') continue
        const { reason, field, description } = disposition
        await nextMacrotask()
        issue(disposition.message.native, (native) =>
          receiver.deadLetterMessage(native, {
            deadLetterReason: reason,
            deadLetterErrorDescription: description,
            ...(field === null ? {} : { [REJECTED_FIELD]: field }),
          }),
        )
      }
      await nextMacrotask()
    })
    last = issued
    return issued.then(() => Promise.all(answers))
  }
  return { receiver, settle: settleAll }
}

export function logUnsettled(settled: readonly Settled[], runtime: Pick<Runtime, 'log'>): void {
  const failed = settled.filter(({ error }) => error !== null)
  if (failed.length === 0) return
  runtime.log.warn('inbox.settle.failed', {
    messages: failed.length,
    code: busCode(failed[0]?.error),
    what: 'they come again and are known',
  })
}
