import type { ServiceBusClient } from '@azure/service-bus'
import Long from 'long'
import { RollcallError } from '../../core/errors.ts'
import { type EntityAddress, entityOf } from '../../core/intake/entity.ts'
import type { DeadLetterReasons } from '../../core/ports.ts'
import { receiverAt } from './address.ts'
import { busCode, closeWithin } from './client.ts'

const CLOSE_MS = 5_000

/** Peeks at a native dead-letter queue without reading or unpacking any body. */
export function busDeadLetterReasons(client: ServiceBusClient, address: EntityAddress): DeadLetterReasons {
  const entity = entityOf(address)
  let receiver: ReturnType<typeof receiverAt> | null = null
  return {
    entity,
    peek: async (from, limit, abortSignal) => {
      try {
        receiver ??= receiverAt(client, address, { subQueueType: 'deadLetter', skipConvertingDate: true })
        const found = await receiver.peekMessages(limit, {
          fromSequenceNumber: Long.fromString(from),
          abortSignal,
        })
        return found.map(({ sequenceNumber, enqueuedTimeUtc, deadLetterReason }) => ({
          sequence: String(sequenceNumber),
          enqueuedAt: enqueuedTimeUtc?.getTime() ?? 0,
          reason: deadLetterReason ?? null,
        }))
      } catch (error) {
        // The next peek opens another one.
        if (receiver) void closeWithin(CLOSE_MS, receiver.close())
        receiver = null
        throw deadLettersUnreadable(entity, error)
      }
    },
  }
}

export function deadLettersUnreadable(entity: string, error: unknown): RollcallError {
  return new RollcallError(
    'BusUnavailable',
    `the dead letters of ${entity} cannot be read (${busCode(error)}); see rollcall check`,
    { cause: error },
  )
}
