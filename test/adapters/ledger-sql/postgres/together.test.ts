import assert from 'node:assert/strict'
import { after, it, type TestContext } from 'node:test'
import { openPostgresLedger } from '../../../../src/adapters/ledger-sql/driver/postgres/client.ts'
import { postgresDriver } from '../../../../src/adapters/ledger-sql/driver/postgres/driver-at.ts'
import { sqlLedger } from '../../../../src/adapters/ledger-sql/ledger.ts'
import { migrate } from '../../../../src/adapters/ledger-sql/schema.ts'
import { LOCKS } from '../../../../src/adapters/ledger-sql/driver/sql.ts'
import { RELEASED_BRAKE } from '../../../../src/core/plan/decide/brake.ts'
import { anInstance } from '../../../fakes/instances.ts'
import {
  hrEvent,
  joiner,
  leaver,
  messageOf,
  SOURCE,
  T0,
  UNLIMITED,
  World,
} from '../../../suites/conformance/ledger/world.ts'
import { driverAt, startPostgres } from '../../support/postgres.ts'

const server = await startPostgres()
after(() => server.close())

const auth = { kind: 'password', password: null } as const
const made = await server.database()
const maker = driverAt(made)
await migrate(maker, T0)
await maker.close()

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

interface Instances {
  readonly worlds: readonly World[]
  deadlocks(): Promise<number>
}

/**
 * That many instances, each with its own connections, on one ledger: a copy of one whose tables are
 * made.
 */
async function instances(t: TestContext, count: number): Promise<Instances> {
  const location = await server.database(made)
  const ledgers = range(count).map((index) =>
    sqlLedger(postgresDriver({ location, auth, connections: 3, statementMs: 20_000 }), `instance-${index}`),
  )
  t.after(async () => {
    await Promise.all(ledgers.map((ledger) => ledger.close()))
    await server.drop(location)
  })
  return {
    worlds: ledgers.map((ledger) => new World(ledger)),
    deadlocks: async () => {
      const driver = postgresDriver({ location, auth, connections: 1, statementMs: 5_000 })
      const [row] = await driver.transaction((sql) =>
        sql.all<{ deadlocks: number }>(
          'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
        ),
      )
      await driver.close()
      return row?.deadlocks ?? 0
    },
  }
}

function first(worlds: readonly World[]): World {
  const [world] = worlds
  assert.ok(world)
  return world
}

void it('instances that start at once on an empty database make its tables once', async (t) => {
  const location = await server.database()
  const ledgers = await Promise.all(
    range(8).map((index) =>
      openPostgresLedger({
        location,
        auth,
        instance: `instance-${index}`,
        connections: 3,
        statementMs: 20_000,
        now: () => T0,
      }),
    ),
  )
  t.after(async () => {
    await Promise.all(ledgers.map((ledger) => ledger.close()))
    await server.drop(location)
  })
  const worlds = ledgers.map((ledger) => new World(ledger))
  await Promise.all(worlds.map((world, index) => world.record(joiner(`e${index}`, `p${index}`))))
  assert.equal((await first(worlds).ledger.readTotals()).events, 8)
})

void it('all instances together take no more calls than the window admits', async (t) => {
  const { worlds } = await instances(t, 6)
  const world = first(worlds)
  await world.record(...range(12).map((index) => joiner(`e${index}`, `p${index}`)))
  await world.plan()
  const batches = await Promise.all(
    [...worlds, ...worlds].map((one, index) => one.needBatch({ maxOperations: 1, owner: `owner-${index}` })),
  )
  assert.equal(new Set(batches.map(({ id }) => id)).size, 12)
  const limits = { perWindow: 5, windowMs: 5_000, perDay: Infinity }
  const slots = await Promise.all(
    [...worlds, ...worlds].map((one, index) => {
      const batch = batches[index]
      assert.ok(batch)
      return one.slot(batch, limits, `owner-${index}`)
    }),
  )
  assert.deepEqual(Map.groupBy(slots, ({ kind }) => kind).get('taken')?.length, 5)
  assert.equal((await world.ledger.readTotals()).calls, 5)
})

void it('batches formed at once share no operation and are full', async (t) => {
  const { worlds } = await instances(t, 4)
  await first(worlds).record(...range(40).map((index) => joiner(`e${index}`, `p${index}`)))
  await first(worlds).plan()
  const batches = await Promise.all(
    worlds.map((world, index) => world.needBatch({ maxOperations: 10, owner: `owner-${index}` })),
  )
  assert.deepEqual(
    batches.map(({ operations }) => operations.length),
    [10, 10, 10, 10],
  )
  assert.equal(
    new Set(batches.flatMap(({ operations }) => operations.map(({ employeeId: employee }) => employee))).size,
    40,
  )
})

void it('a batch that was left is resumed by one instance only', async (t) => {
  const { worlds } = await instances(t, 5)
  await first(worlds).record(joiner('e1', 'p1'))
  await first(worlds).plan()
  await first(worlds).needBatch({ leaseMs: 1_000 })
  for (const world of worlds) world.now += 1_000
  const resumed = await Promise.all(worlds.map((world, index) => world.next({ owner: `owner-${index}` })))
  assert.equal(resumed.filter((batch) => batch !== null).length, 1)
})

void it('an employee is planned by one instance only, and a notice read by one', async (t) => {
  const { worlds } = await instances(t, 4)
  await first(worlds).record(...range(60).map((index) => joiner(`e${index}`, `p${index}`)))
  const due = await Promise.all(
    worlds.map((world) =>
      world.ledger.claimDueEmployees({ now: world.now, limit: 25, maxWaitMs: 60_000, claimMs: 5_000 }),
    ),
  )
  const employees = due.flat().map(({ employeeId: employee }) => employee)
  assert.equal(new Set(employees).size, employees.length)
  await first(worlds).record(
    ...range(30).map((index) => hrEvent(`n${index}`, `q${index}`, {}, { mode: 'notice' })),
  )
  const claimed = await Promise.all(
    worlds.map((world) =>
      world.ledger.claimNotices({ now: world.now, noticedBefore: world.now, leaseMs: 5_000, limit: 12 }),
    ),
  )
  const seqs = claimed.flat().map(({ seq }) => seq)
  assert.deepEqual([seqs.length, new Set(seqs).size], [30, 30])
})

void it('the brake lets no more employees through when several instances plan at once', async (t) => {
  const { worlds } = await instances(t, 4)
  const world = first(worlds)
  await world.record(...range(20).map((index) => joiner(`e${index}`, `p${index}`)))
  await world.confirmAll()
  for (const one of worlds) one.now = world.now
  await world.record(...range(20).map((index) => leaver(`l${index}`, `p${index}`)))
  const due = await world.due()
  const brake = { windowMs: 86_400_000, absolute: 3, percent: 100, floor: 100 }
  await Promise.all(
    worlds.map((one, index) =>
      one.ledger.commitPlan(
        one.decide(due.filter((_, place) => place % worlds.length === index)),
        brake,
        one.now,
      ),
    ),
  )
  const { employees, held } = await world.ledger.readBrakeStatus(brake, world.now)
  assert.deepEqual([employees, held], [3, 17])
})

void it('the same messages taken in by several instances at once, each in its own order, count once', async (t) => {
  const { worlds, deadlocks } = await instances(t, 4)
  const messages = range(200).map((index) => {
    const event = index % 150
    return messageOf(index, hrEvent(`e${event}`, `p${event % 40}`, { title: `${event}` }))
  })
  for (let round = 0; round < 3; round++)
    await Promise.all(
      worlds.map((world, index) => world.intake(index % 2 === 0 ? messages : messages.toReversed())),
    )
  const totals = await first(worlds).ledger.readTotals()
  assert.deepEqual(
    {
      messages: totals.messages,
      events: totals.events,
      duplicates: totals.duplicates,
      redelivered: totals.redelivered,
    },
    { messages: 200, events: 150, duplicates: 50, redelivered: 2_200 },
  )
  assert.equal(await deadlocks(), 0)
  await first(worlds).balanced()
})

void it('a rescind and what it names, taken in at once by two instances, never pass each other unseen', async (t) => {
  const { worlds } = await instances(t, 2)
  const [one, two] = worlds
  assert.ok(one && two)
  for (const index of range(30)) {
    const target = hrEvent(`t${index}`, `owner-${index}`, { title: 'x' })
    const rescind = hrEvent(
      `r${index}`,
      `other-${index}`,
      {},
      { rescinds: { source: SOURCE, id: `t${index}` } },
    )
    await Promise.all([
      one.intake([messageOf(`a${index}`, target)]),
      two.intake([messageOf(`b${index}`, rescind)]),
    ])
  }
  const { stateCounts, totals } = await one.ledger.readCounts()
  assert.equal(stateCounts.events['dead-lettered'] + totals.rejected, 30)
})

for (const apartMs of [0, 40_000])
  void it(`instances that do everything at once to the same people, their clocks ${apartMs / 1_000} s apart, end with balanced books, and without a deadlock`, async (t) => {
    const { worlds, deadlocks } = await instances(t, 4)
    const employees = range(25).map((index) => `p${index}`)
    const work = async (world: World, mine: number): Promise<void> => {
      world.now += mine * apartMs
      const owner = `owner-${mine}`
      for (const round of range(8)) {
        const messages = employees.map((employee, index) => {
          const id = `e${round}-${index}-${mine % 2}`
          const event =
            round === 0
              ? joiner(id, employee)
              : hrEvent(id, employee, { title: `${round}` }, { order: round })
          return messageOf(id, round % 5 === 4 && index % 7 === 0 ? leaver(id, employee, round) : event)
        })
        await world.intake(mine < 2 ? messages : messages.toReversed())
        const due = await world.ledger.claimDueEmployees({
          now: world.now,
          limit: 25,
          maxWaitMs: 60_000,
          claimMs: mine % 2 === 0 ? 1_000 : 0,
        })
        await world.ledger.commitPlan(world.decide(due), RELEASED_BRAKE, world.now)
        const batch = await world.next({ owner, maxOperations: 15 })
        if (batch) {
          const slot = await world.slot(batch, UNLIMITED, owner)
          if (slot.kind === 'taken') {
            const answer =
              round % 4 === 3
                ? ({
                    kind: 'refused',
                    call: slot.call,
                    status: 400,
                    code: 'InvalidValue',
                    requestId: null,
                  } as const)
                : ({ kind: 'accepted', call: slot.call, acceptedAt: world.now, requestId: null } as const)
            await world.ledger.recordBatchAnswer(batch.id, answer, world.now)
            if (answer.kind === 'accepted' && round % 3 !== 2) {
              const joins = slot.operations.map(({ employeeId: employee, id: operation }) => {
                const interim = round % 5 === 1 ? ('failed' as const) : ('confirmed' as const)
                return {
                  record: world.logRecord(employee, { id: `${operation}-${mine}-${round}` }),
                  operation,
                  interim,
                }
              })
              await world.correlate({ joins, watermark: world.now })
            }
          }
        }
        world.now += 1_000
        await world.ledger.finalizeOperations(world.now, 20)
        if (round % 3 === 2) await world.expire(3, 10)
      }
    }
    await Promise.all(worlds.map(work))
    await first(worlds).balanced()
    assert.equal(await deadlocks(), 0)
  })

void it('an instance shows a sign of life while its other work waits for locks that another transaction holds', async (t) => {
  const location = await server.database(made)
  t.after(() => server.drop(location))
  const open = () => postgresDriver({ location, auth, connections: 2, statementMs: 20_000 })
  const holder = open()
  const ledger = sqlLedger(open(), 'busy')
  t.after(() => Promise.all([holder.close(), ledger.close()]))
  const one = anInstance('busy', { startedAt: T0, seenAt: T0 })
  const world = new World(ledger)
  const [held, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const holding = holder.transaction(async (sql) => {
    for (const name of LOCKS) await sql.lock(name)
    await sql.run('LOCK TABLE events, employees, operations, batches IN ACCESS EXCLUSIVE MODE')
    held.resolve()
    await release.promise
  })
  await held.promise
  let recorded = false
  const recording = world.record(joiner('hire', 'p1')).finally(() => (recorded = true))
  await ledger.announceInstance(one)
  await ledger.announceInstance({ ...one, seenAt: T0 + 5_000 })
  assert.deepEqual(await ledger.listInstances(T0 + 5_000), [{ ...one, seenAt: T0 + 5_000 }])
  assert.equal(recorded, false, 'its other work waits')
  release.resolve()
  await Promise.all([holding, recording])
})
