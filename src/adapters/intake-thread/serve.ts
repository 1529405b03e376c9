import { committer, type CommitSettings, type ReadBatch } from '../../core/intake/commit.ts'
import type { SourceRules } from '../../core/intake/sources.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import type { SourceMessage } from '../../core/ports.ts'
import { silentLogger, silentTelemetry, type Telemetry } from '../../core/runtime.ts'
import { systemRuntime } from '../system.ts'
import { received } from './messages.ts'
import type { Counted, IntakeMethods, Refused } from './protocol.ts'

/**
 * One batch is read while the one before is committed. More can wait only after failures, and are
 * sent again then.
 */
const MOST_READ = 4

/**
 * The thread's side of `threadCommitter`: the committer of the core, on the ledger that is open
 * here.
 */
export function intakeMethods(
  ledger: Pick<Ledger, 'recordMessages'>,
  sources: SourceRules,
  settings: CommitSettings,
): IntakeMethods {
  let counted: Counted[] = []
  const telemetry: Telemetry = {
    ...silentTelemetry,
    count: (name, value, attributes) => void counted.push({ name, value, attributes }),
  }
  const { read } = committer<SourceMessage>(ledger, sources, settings, systemRuntime(silentLogger, telemetry))
  const batches = new Map<number, ReadBatch<SourceMessage>>()
  let last = 0
  return {
    readMessages: async (messages, wantsOrigins) => {
      const batch = ++last
      const ready = await read(received(messages))
      batches.set(batch, ready)
      for (const old of batches.keys()) if (old <= batch - MOST_READ) batches.delete(old)
      return { batch, origins: wantsOrigins ? ready.origins : [] }
    },
    commitMessages: async (batch, backlog) => {
      const ready = batches.get(batch)
      if (!ready) throw new TypeError(`batch ${batch} is not there`)
      batches.delete(batch)
      const dispositions = await ready.commit(backlog)
      const refused = dispositions.flatMap((disposition, place): readonly Refused[] => {
        if (disposition.kind === 'complete') return []
        const { reason, field, description } = disposition
        return [{ place, reason, field, description }]
      })
      const told = counted
      counted = []
      return { refused, counted: told }
    },
  }
}
