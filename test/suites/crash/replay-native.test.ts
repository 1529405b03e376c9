import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { openSqliteLedger } from '../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { busDeadLetterQueue } from '../../../src/adapters/service-bus/dead-letter-queue.ts'
import { systemRuntime } from '../../../src/adapters/system.ts'
import type { DeadLetterQueue, PeekedMessage } from '../../../src/core/ports.ts'
import type { NativeReplayResult } from '../../../src/core/report/replay/native-run.ts'
import { silentLogger, silentTelemetry } from '../../../src/core/runtime.ts'
import { busFor, QUEUE } from '../../adapters/support/bus.ts'
import { closeAfter } from '../../adapters/support/close-after.ts'
import { until } from '../../adapters/support/until.ts'

/** `KILL_ROUNDS=1` makes it the full size. */
const FULL = process.env['KILL_ROUNDS'] !== undefined
const TOTAL = FULL ? 3_000 : 2_000
const KILLS = FULL ? 6 : 3

async function everything(shelf: DeadLetterQueue): Promise<readonly PeekedMessage[]> {
  const found: PeekedMessage[] = []
  for (let from = 0n; ;) {
    const page = await shelf.peek(String(from), 250)
    found.push(...page)
    const last = page.at(-1)
    if (!last) return found
    from = BigInt(last.sequence) + 1n
  }
}

void it('a replay of native dead letters that is killed repeatedly sends each once, and removes each from its queue', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-replay-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'ledger.db')
  // A process that is killed leaves locks; they lapse soon.
  const { broker, client } = await busFor(t, { LockDuration: 'PT1S', DeadLetteringOnMessageExpiration: true })
  const sender = client.createSender(QUEUE)
  for (let sent = 0; sent < TOTAL; sent += 500)
    await sender.sendMessages(
      Array.from({ length: 500 }, (_, n) => ({
        body: Buffer.from(`${sent + n}`),
        messageId: `m-${sent + n}`,
        timeToLive: 1,
      })),
    )
  await until('all have died', async () => (await broker.counts(QUEUE)).deadLetter === TOTAL)

  const runtime = systemRuntime(silentLogger, silentTelemetry)
  const shelf = busDeadLetterQueue(client, { queue: QUEUE, shelf: 'dead-letters' }, runtime)
  const entity = busDeadLetterQueue(client, { queue: QUEUE, shelf: 'queue' }, runtime)
  closeAfter(t, () => Promise.all([shelf.close(), entity.close()]))
  // Nine out of ten are chosen, so that others lie between them.
  const letters = await everything(shelf)
  const chosen = letters.filter((_, n) => n % 10 !== 3)
  const ledger = await openSqliteLedger({ path, now: Date.now })
  const targets = chosen.map(
    ({ sequence }) => ({ store: 'bus', entity: QUEUE, sequence, stale: false }) as const,
  )
  await ledger.freezeReplay(
    { name: 'r1', selection: 'nine of ten', actor: 'test', justification: 'a test', targets },
    Date.now(),
  )
  await ledger.close()

  const run = (): ChildProcess => {
    const child = fork(new URL('replay-process.ts', import.meta.url), [broker.connectionString, path, QUEUE])
    t.after(() => child.kill('SIGKILL'))
    return child
  }
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const child = run()
    const exited = once(child, 'exit')
    // At another place each time: so many messages further, while the next are on their way.
    for (let steps = 0; steps < kill * 2;) {
      const [told] = await Promise.race([once(child, 'message'), exited.then(() => [null])])
      if (told === null) break
      steps += 1
    }
    child.kill('SIGKILL')
    await exited
  }
  const last = run()
  const exited = once(last, 'exit')
  let result: Partial<NativeReplayResult> = {}
  last.on('message', (told: Partial<NativeReplayResult>) => (result = told))
  assert.deepEqual(await exited, [0, null])
  assert.equal(result.kind, 'finished')

  const copies = (await everything(entity)).map(({ messageId, text }) => [messageId, text])
  assert.deepEqual(
    copies.toSorted(([a], [b]) => String(a).localeCompare(String(b))),
    chosen
      .map(({ sequence, text }) => [`replay-r1-${sequence}`, text])
      .toSorted(([a], [b]) => String(a).localeCompare(String(b))),
  )
  assert.deepEqual(
    (await everything(shelf)).map(({ sequence }) => sequence),
    letters.filter((_, n) => n % 10 === 3).map(({ sequence }) => sequence),
  )
})
