import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { until } from '../adapters/support/until.ts'
import { portOf, start } from '../fakes/rollcall.ts'
import { watchUploads } from '../fakes/watch.ts'
import { startDoubles } from './support/doubles.ts'
import { expect, printRound } from './support/figures.ts'
import { durabilityOf, startDurablePostgres } from './support/ledger.ts'
import { QUEUE } from './support/load.ts'

/**
 * How long an event takes through an idle connector, from just before it is sent to the bus until
 * the call that carries it arrives, less the time that the connector waits for further events of
 * the employee:
 *
 *     node test/bench/idle.ts --events 200
 *     node test/bench/idle.ts --events 200 --ledger postgres
 *
 * One event at a time, each the hire of another employee.
 */
const { values } = parseArgs({
  options: { events: { type: 'string', default: '200' }, ledger: { type: 'string', default: 'sqlite' } },
})
const EVENTS = Number(values.events)
/** The first events compile what the others use. */
const WARM_UP = 20
const QUIET_MS = 200

await using stack = new AsyncDisposableStack()
const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
stack.defer(() => rm(folder, { recursive: true }))
const server =
  values.ledger === 'postgres' ? stack.adopt(await startDurablePostgres(), (it) => it.close()) : null
const { environment, entraPort, client } = await startDoubles(stack)
const watch = stack.adopt(await watchUploads(entraPort), (it) => it.close())
const connector = start(['run'], {
  ...watch.instead(environment),
  LEDGER: server ? await server.database() : join(folder, 'ledger.db'),
  COALESCE_QUIET_MS: String(QUIET_MS),
  BATCH_FILL_MS: '0',
  HTTP_ADDRESS: '0',
})
const ended = once(connector, 'exit')
stack.defer(async () => {
  connector.kill('SIGTERM')
  await ended
})
await portOf(connector)
const sender = client.createSender(QUEUE)

const took: number[] = []
for (let n = 0; n < WARM_UP + EVENTS; n++) {
  const sentAt = Date.now()
  await sender.sendMessages({ messageId: `idle-${n}`, body: Buffer.from(JSON.stringify(hire(n))) })
  await until('the call arrives', async () => arrivalOf(n) !== undefined, 30_000, 1)
  took.push((arrivalOf(n) ?? Number.NaN) - sentAt - QUIET_MS)
  // So that the event is not sent at the same time of a loop's turn each time.
  await pause((n * 37) % 100)
}
const sorted = took.slice(WARM_UP).toSorted((one, other) => one - other)
const of = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN
printRound({
  figures: { 'p50 ms': of(0.5), 'p99 ms': of(0.99), 'longest ms': of(1) },
  settings: { ...durabilityOf(server !== null), events: EVENTS },
  wrong: expect(
    'operations sent',
    watch.calls.reduce((sum, call) => sum + call.operations.length, 0),
    WARM_UP + EVENTS,
  ),
})

function arrivalOf(n: number): number | undefined {
  return watch.calls.find(({ operations }) => operations.some(({ externalId }) => externalId === `i${n}`))?.at
}

function hire(n: number): object {
  return {
    specversion: '1.0',
    id: `idle-${n}`,
    source: '/hr/bench',
    type: 'worker.hired',
    subject: `i${n}`,
    time: '2026-11-02T08:15:00Z',
    data: {
      worker: {
        userName: `i${n}@contoso.com`,
        name: { givenName: 'Ida', familyName: `Number ${n}` },
        active: true,
        title: 'Engineer',
      },
    },
  }
}
