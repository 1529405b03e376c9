import { openSqliteLedger } from '../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { closeWithin, connect } from '../../../src/adapters/service-bus/client.ts'
import { busDeadLetterQueue } from '../../../src/adapters/service-bus/dead-letter-queue.ts'
import { systemRuntime } from '../../../src/adapters/system.ts'
import { replayNative } from '../../../src/core/report/replay/native.ts'
import { silentLogger, silentTelemetry } from '../../../src/core/runtime.ts'

/** Replays the last run of a ledger on one queue, for a test that kills it: `argv` is the bus, the ledger's file and the queue. */
const [, , connectionString = '', path = '', queue = ''] = process.argv
process.on('disconnect', () => process.exit())
const ledger = await openSqliteLedger({ path, now: Date.now, patienceMs: 10_000 })
const [run] = await ledger.listReplays({ open: null, limit: 1 })
if (!run) throw new Error('there is no run')
const client = connect({ kind: 'connection-string', connectionString })
const runtime = systemRuntime(silentLogger, silentTelemetry)
const shelf = busDeadLetterQueue(client, { queue, shelf: 'dead-letters' }, runtime)
const entity = busDeadLetterQueue(client, { queue, shelf: 'queue' }, runtime)
const result = await replayNative(
  {
    run: run.name,
    shelf,
    entity,
    log: {
      items: (stage, limit) => ledger.listReplayItems(run.id, queue, stage, limit),
      move: (moves, at) => ledger.moveReplayItems(run.id, queue, moves, at),
      takenIn: async (ids) => new Set((await ledger.findCopiesTakenIn(ids)).keys()),
    },
    edit: null,
    takeIn: async () => new Map(),
  },
  { perSecond: null, batch: 100, removeAtOnce: 300, skewMs: 60_000, inFlightMs: 100 },
  runtime,
  new AbortController().signal,
  (progress) => process.send?.(progress),
)
await shelf.close()
await entity.close()
await closeWithin(2_000, client.close())
await ledger.close()
process.send?.(result)
process.disconnect()
