import type { ServiceBusReceivedMessage } from '@azure/service-bus'
import { received, sendable } from '../../../../src/adapters/intake-thread/messages.ts'
import { unpack } from '../../../../src/adapters/service-bus/bodies/unpack.ts'
import { toMessage, unpackMessage } from '../../../../src/adapters/service-bus/message.ts'
import { takeIn } from '../../../../src/core/intake/message.ts'
import { DEFAULT_SOURCE } from '../../../../src/core/intake/sources.ts'
import { anyMessage } from '../amqp-message.ts'
import { receivedMessage } from '../received-message.ts'
import { type Target, unaccounted } from './target.ts'

/** What the client cannot read it does not hand over. */
function readByClient(bytes: Buffer): ServiceBusReceivedMessage | null {
  try {
    return receivedMessage(bytes)
  } catch {
    return null
  }
}

/** A message of any AMQP types, from the wire through the client and into the ledger's thread. */
export const amqp: Target = {
  share: 10,
  run: async (chance) => {
    const native = readByClient(anyMessage(chance))
    if (native === null) return null
    const message = toMessage('hr-events', native)
    await unpackMessage(message, unpack)
    const [there] = received(structuredClone(sendable([message])))
    if (!there) return 'a message did not come into the thread'
    if ((there.text === null) === ((there.unreadable ?? null) === null))
      return 'a body is neither text nor unreadable, or both'
    return unaccounted(takeIn(there, () => DEFAULT_SOURCE))
  },
}
