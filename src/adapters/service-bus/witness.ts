import type { ServiceBusClient } from '@azure/service-bus'
import { z } from 'zod'
import { RollcallError } from '../../core/errors.ts'
import type { Witness } from '../../core/ledger/witness.ts'
import { busCode, closeWithin } from './client.ts'

const CLOSE_MS = 5_000
/** The longest name a session may have. */
const LONGEST_SESSION = 128
const Mark = z.object({ epoch: z.int().min(0), progress: z.int().min(0) })

/**
 * The state of a session of a queue that never holds a message. Only one receiver at a time can
 * have the session, and its state outlives every message.
 */
export function busWitness(client: ServiceBusClient, queue: string, name: string): Witness {
  const session = name.slice(0, LONGEST_SESSION)
  return {
    compare: async (work) => {
      const receiver = await client.acceptSession(queue, session).catch((error: unknown) => {
        const code = busCode(error)
        if (code === 'SessionCannotBeLocked') return null
        throw new RollcallError(
          'WitnessUnreachable',
          `the state of a session of ${queue} cannot be read (${code}): the queue must exist, require sessions and grant the right to receive; CONTROL_QUEUE=none goes without`,
          { cause: error },
        )
      })
      if (receiver === null) return false
      try {
        const state: unknown = await receiver.getSessionState()
        const mark = Mark.nullable().safeParse(state ?? null)
        if (!mark.success)
          throw new RollcallError(
            'WitnessUnreadable',
            `the state of session "${session}" of ${queue} is not what Rollcall keeps there: give CONTROL_QUEUE a queue of its own`,
          )
        const next = await work(mark.data)
        if (next !== null) await receiver.setSessionState(next)
        return true
      } finally {
        await closeWithin(CLOSE_MS, receiver.close())
      }
    },
  }
}
