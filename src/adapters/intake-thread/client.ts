import { type Committer, spanOf } from '../../core/intake/commit.ts'
import type { Disposition } from '../../core/ports.ts'
import type { Runtime } from '../../core/runtime.ts'
import { type ArrivedMessage, sendable } from './messages.ts'
import type { BatchCommitted, BatchRead, IntakeMethods } from './protocol.ts'

/** Calls a method in the ledger's thread. */
type Ask = (
  method: keyof IntakeMethods,
  given: readonly unknown[],
  transfer?: readonly ArrayBuffer[],
) => Promise<unknown>

/**
 * Reads and commits messages in the ledger's thread. This thread only copies their bytes: no
 * expression, no large body and no transaction holds up a settlement, a lock or a probe.
 */
export function threadCommitter<M extends ArrivedMessage>(
  ask: Ask,
  { telemetry }: Pick<Runtime, 'telemetry'>,
): Committer<M> {
  const commit = async (
    batch: number,
    messages: readonly M[],
    backlog: boolean,
  ): Promise<readonly Disposition<M>[]> => {
    const { refused, counted } = (await ask('commitMessages', [batch, backlog])) as BatchCommitted
    for (const { name, value, attributes } of counted) telemetry.count(name, value, attributes)
    const refusals = new Map(refused.map((one) => [one.place, one]))
    return messages.map((message, place): Disposition<M> => {
      const refusal = refusals.get(place)
      if (!refusal) return { kind: 'complete', message }
      const { reason, field, description } = refusal
      return { kind: 'dead-letter', message, reason, field, description }
    })
  }
  return {
    read: async (messages) => {
      const sent = sendable(messages)
      const { batch, origins } = (await ask(
        'readMessages',
        [sent, telemetry.traces],
        [sent.bodies.buffer as ArrayBuffer],
      )) as BatchRead
      return {
        origins,
        commit: (backlog) =>
          telemetry.span('rollcall.intake', spanOf(messages, origins), () =>
            commit(batch, messages, backlog),
          ),
      }
    },
  }
}
