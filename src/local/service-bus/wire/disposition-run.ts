import { amqp } from '../rhea-types.ts'
import type { AmqpError } from '../rhea-types.ts'
import { writeDisposition } from './frames.ts'
import type { Output } from './output.ts'

const acceptedState = Buffer.from([0x00, 0x53, 0x24, 0x45])
const releasedState = Buffer.from([0x00, 0x53, 0x26, 0x45])

/** The broker's answer to one delivery. */
export type Answer =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'released' }
  | { readonly kind: 'rejected'; readonly error: AmqpError }

export const accepted: Answer = { kind: 'accepted' }

/**
 * Writes settled dispositions. Accepted deliveries with consecutive ids share one frame; any other outcome has a frame of its own, so that
 * an outcome never reaches a delivery it was not meant for (rhea 3.0.5's own `write_dispositions` does that).
 */
export class DispositionRun {
  private readonly output: Output
  private readonly channel: number
  private readonly receiver: boolean
  private first = -1
  private last = -1

  constructor(output: Output, channel: number, receiver: boolean) {
    this.output = output
    this.channel = channel
    this.receiver = receiver
  }

  add(id: number, answer: Answer): void {
    if (answer.kind === 'accepted') {
      if (this.first >= 0 && id === this.last + 1) {
        this.last = id
        return
      }
      this.flush()
      this.first = id
      this.last = id
      return
    }
    this.flush()
    this.write(id, id, answer.kind === 'released' ? releasedState : rejectedState(answer.error))
  }

  flush(): void {
    if (this.first >= 0) this.write(this.first, this.last, acceptedState)
    this.first = -1
  }

  private write(first: number, last: number, state: Buffer): void {
    writeDisposition(this.output, this.channel, { receiver: this.receiver, first, last, state })
  }
}

function rejectedState(error: AmqpError): Buffer {
  const fields = [amqp.wrap_symbol(error.condition), amqp.wrap_string(error.description)]
  const inner = amqp.described(amqp.wrap_ulong(0x1d), amqp.List32(fields))
  const writer = new amqp.Writer()
  writer.write(amqp.described(amqp.wrap_ulong(0x25), amqp.List32([inner])))
  return writer.toBuffer()
}
