import { openSqliteLedger } from '../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { closeWithin, connect } from '../../../src/adapters/service-bus/client.ts'
import { busDeadLetterQueue } from '../../../src/adapters/service-bus/dead-letter-queue.ts'
import { systemRuntime } from '../../../src/adapters/system.ts'
import { replayNative } from '../../../src/core/report/replay/native.ts'
import { silentLogger, silentTelemetry } from '../../../src/core/runtime.ts'

/**
 * Replays the last run of a ledger on one queue, so that a test can kill it. `argv`: bus, file of
 * the ledger, queue.
 */
const [, , connectionString = '', path = '', queue = ''] = process.argv
process.on('disconnect', () => process.exit())
const ledger = await openSqliteLedger({ path, now: Date.now, patienceMs: 10_000 })
const [run] = await ledger.listReplays({ open: null, limit: 1 })
if (!run) throw new Error('there is no run')
const client = connect({ kind: 'connection-string', connectionString })
const runtime = systemRuntime(silentLogger, silentTelemetry)
const deadLetters = busDeadLetterQueue(client, { queue, shelf: 'dead-letters' }, runtime)
const source = busDeadLetterQueue(client, { queue, shelf: 'queue' }, runtime)
const result = await replayNative(
  {
    run: run.name,
    deadLetters,
    queue: source,
    log: {
      items: (stage, limit) => ledger.listReplayItems(run.id, queue, stage, limit),
      move: (moves, at) => ledger.moveReplayItems(run.id, queue, moves, at),
      takenIn: async (ids) => new Set((await ledger.findCopiesTakenIn(ids)).keys()),
    },
    edit: () => null,
    takeIn: async () => new Map(),
  },
  { perSecond: null, batch: 100, removeAtOnce: 300, skewMs: 60_000, inFlightMs: 100 },
  {
    runtime,
    signal: new AbortController().signal,
    onProgress: (progress) => void process.send?.(progress),
  },
)
await deadLetters.close()
await source.close()
await closeWithin(2_000, client.close())
await ledger.close()
process.send?.(result)
process.disconnect()
