import { amqp, type AmqpError } from '../amqp/rhea-types.ts'
import { writeDisposition } from './frames.ts'
import type { Output } from './output.ts'

/** The broker's answer to one delivery. */
export type Answer =
  | { readonly kind: 'accepted' | 'released' | 'abandoned' | 'deferred' | 'deadLettered' }
  /** Not done, and why. */
  | { readonly kind: 'rejected'; readonly error: AmqpError }

export const ACCEPTED: Answer = { kind: 'accepted' }

/** The delivery states of AMQP 1.0 (3.4) for a settled delivery, with all their fields. */
const STATES = {
  accepted: Buffer.from([0x00, 0x53, 0x24, 0x45]),
  released: Buffer.from([0x00, 0x53, 0x26, 0x45]),
  abandoned: Buffer.from([0x00, 0x53, 0x27, 0xc0, 0x04, 0x03, 0x41, 0x42, 0x40]),
  deferred: Buffer.from([0x00, 0x53, 0x27, 0xc0, 0x04, 0x03, 0x41, 0x41, 0x40]),
  deadLettered: Buffer.from([0x00, 0x53, 0x25, 0xc0, 0x02, 0x01, 0x40]),
} as const

/**
 * Writes settled dispositions. Deliveries with consecutive ids and the same outcome share one
 * frame; an outcome never reaches a delivery it was not meant for (rhea 3.0.5's own
 * `write_dispositions` does that).
 */
export class DispositionRun {
  private readonly output: Output
  private readonly channel: number
  private readonly receiver: boolean
  private state: Buffer | undefined
  private first = 0
  private last = 0

  constructor(output: Output, channel: number, receiver: boolean) {
    this.output = output
    this.channel = channel
    this.receiver = receiver
  }

  add(id: number, answer: Answer): void {
    const state = answer.kind === 'rejected' ? rejectedState(answer.error) : STATES[answer.kind]
    if (this.state === state && id === this.last + 1) {
      this.last = id
      return
    }
    this.flush()
    this.state = state
    this.first = id
    this.last = id
  }

  flush(): void {
    const { output, channel, receiver, first, last, state } = this
    if (state !== undefined) writeDisposition(output, channel, { receiver, first, last, state })
    this.state = undefined
  }
}

function rejectedState(error: AmqpError): Buffer {
  const fields = [amqp.wrap_symbol(error.condition), amqp.wrap_string(error.description), amqp.Null()]
  const inner = amqp.described(amqp.wrap_ulong(0x1d), amqp.List32(fields))
  const writer = new amqp.Writer()
  writer.write(amqp.described(amqp.wrap_ulong(0x25), amqp.List32([inner])))
  return writer.toBuffer()
}
