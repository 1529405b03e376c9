import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sqlLedger } from '../../src/adapters/ledger-sql/ledger.ts'
import { migrate } from '../../src/adapters/ledger-sql/schema.ts'
import { openSqlite } from '../../src/adapters/ledger-sql/sqlite/driver.ts'
import type { JoinedRecord, Ledger, PutBack } from '../../src/core/ledger/port.ts'
import type { HrEvent, JsonObject } from '../../src/core/model.ts'
import { fold, type LedgerEvent } from '../../src/core/plan/fold.ts'
import { compileMapping } from '../../src/core/plan/mapping.ts'
import { hrEvent, messageOf, T0, World } from '../conformance/ledger-world.ts'
import { DAY_MS } from '../../src/core/runtime.ts'

const mapping = compileMapping()
const ANY = { code: null, type: null, employee: null, since: null, until: null }
const HISTORIES = Number(process.env['HISTORIES'] ?? 60)

/** A small generator of its own, so that a failing history can be told by its number. */
function chance(seed: number): () => number {
  let state = seed * 2_654_435_761 + 1
  return () => {
    state = Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e37_79b9
    return ((state ^ (state >>> 13)) >>> 0) / 4_294_967_296
  }
}

/** What happened to one person, in the order it was meant. */
function historyOf(employee: string, random: () => number): readonly HrEvent[] {
  const at = (place: number): Partial<HrEvent> => ({
    effectiveAt: T0 - 40 * DAY_MS + place * DAY_MS,
    recordedAt: T0 - 40 * DAY_MS + place * DAY_MS,
  })
  const title = (place: number): string => `title ${place}`
  const events = [hrEvent(`${employee}-0`, employee, { userName: `${employee}@example.com`, active: true, title: title(0) }, at(0))]
  const count = 2 + Math.floor(random() * 7)
  for (let place = 1; place <= count; place++) {
    const dice = random()
    const worker: JsonObject =
      dice < 0.25
        ? { active: false }
        : dice < 0.4
          ? { active: true, nickName: title(place) }
          : dice < 0.7
            ? { title: title(place) }
            : { department: title(place), ...(random() < 0.3 ? { title: null } : {}) }
    const earlier = events[1 + Math.floor(random() * (events.length - 1))]
    const rescinds = random() < 0.1 && earlier && place > 1 ? { source: earlier.source, id: earlier.id } : null
    events.push(hrEvent(`${employee}-${place}`, employee, rescinds ? {} : worker, { ...at(place), rescinds }))
  }
  return events
}

/** The record all of these come to, as if nothing had ever failed. */
function recordOf(
  employee: string,
  events: readonly HrEvent[],
): { readonly active: boolean | undefined; readonly json: string; readonly complete: boolean } {
  const whole = events.map((event, index): LedgerEvent => ({ ...event, seq: index + 1, dead: false }))
  const { record, missing } = mapping.map(employee, fold(whole, T0).attributes)
  const { active } = record
  return { active: typeof active === 'boolean' ? active : undefined, json: canonical(record), complete: missing.length === 0 }
}

/** A cleared attribute and one that was never there are the same to a directory. */
function canonical(record: JsonObject): string {
  const { schemas: _schemas, ...rest } = record
  const plain = JSON.parse(
    JSON.stringify(rest, (_key, value: unknown) =>
      value === null || (typeof value === 'object' && Object.values(value).every((one) => one === null)) ? undefined : value,
    ),
  ) as JsonObject
  return JSON.stringify(Object.fromEntries(Object.entries(plain).sort(([a], [b]) => (a < b ? -1 : 1))))
}

/** A directory that takes whole records, fails with some for good, and says so in the log at its own time. */
class Play {
  readonly world: World
  readonly random: () => number
  readonly directory = new Map<string, JsonObject>()
  readonly received = new Map<string, HrEvent[]>()
  readonly discarded = new Set<string>()
  failing = true
  #messages = 0

  constructor(ledger: Ledger, random: () => number) {
    this.world = new World(ledger)
    this.random = random
  }

  async deliver(event: HrEvent): Promise<void> {
    const there = this.received.get(event.employee) ?? []
    this.received.set(event.employee, [...there, event])
    await this.world.intake([messageOf(`m${(this.#messages += 1)}`, event)])
  }

  /** Nobody of whom the last word is that they left is sent as active, whatever has died. */
  async send(): Promise<void> {
    await this.world.plan()
    const batch = await this.world.next()
    if (!batch) return
    const [only] = batch.operations
    const alone = batch.operations.length === 1 && ((await this.world.ledger.trace(only?.id ?? ''))?.events.length ?? 0) > 0
    if (this.failing && this.random() < 0.1 && alone) return this.world.refuse(batch)
    for (const { employee, record } of batch.operations) {
      const sent = JSON.parse(record) as JsonObject
      const meant = recordOf(
        employee,
        (this.received.get(employee) ?? []).filter(({ id }) => !this.discarded.has(id)),
      )
      if (sent['active'] === true) assert.notEqual(meant.active, false, `${employee} left and is sent as active`)
    }
    const sent = await this.world.accept(batch)
    const joins: JoinedRecord[] = []
    for (const [employee, operation] of sent.operations) {
      const record = JSON.parse(batch.operations.find((one) => one.employee === employee)?.record ?? '{}') as JsonObject
      // An offer that carries no event has nothing that could be put back when it fails.
      const carries = ((await this.world.ledger.trace(operation))?.events.length ?? 0) > 0
      if (this.failing && carries && this.random() < 0.35) {
        const reason = this.random() < 0.5 ? "the attribute 'department' is not valid" : null
        joins.push({
          record: this.world.logRecord(employee, { status: 'failure', code: 'InvalidValue', reason }),
          operation,
          interim: 'failed',
        })
      } else {
        if (record['active'] === true || this.directory.has(employee))
          this.directory.set(employee, { ...this.directory.get(employee), ...record })
        joins.push({ record: this.world.logRecord(employee), operation, interim: 'confirmed' })
      }
    }
    const { now } = this.world
    await this.world.ledger.correlate({ joins, now, finalAt: now, watermark: null, disturbed: [], foreign: 0, echoes: [] })
    await this.world.finalize()
  }

  async replay(share: number): Promise<number> {
    const { ledger } = this.world
    const { deadLetters } = await ledger.deadLetters({ filter: ANY, archived: true, next: null, limit: 1_000 })
    const chosen = deadLetters.filter(() => this.random() < share)
    const targets = chosen.map(({ seq, revision }) => ({ home: 'ledger', seq, revision }) as const)
    const run = await ledger.freezeReplay({ name: 'run', selection: 'some', actor: 'a', reason: 'b', targets }, this.world.now)
    await ledger.putBack(
      run.id,
      chosen.map(({ seq }): PutBack => ({ seq, kind: 'as it was' })),
      this.world.now,
    )
    return chosen.length
  }

  async discard(): Promise<void> {
    const { ledger } = this.world
    const { deadLetters } = await ledger.deadLetters({ filter: ANY, archived: true, next: null, limit: 1_000 })
    const one = deadLetters[Math.floor(this.random() * deadLetters.length)]
    if (!one) return
    const { ended } = await ledger.endDeadLetters(
      { seqs: [one.seq], how: 'discard', terminations: true, actor: 'a', reason: 'b' },
      this.world.now,
    )
    if (ended.length > 0) this.discarded.add(one.id)
  }

  /** Until nothing is left to do. */
  async rest(): Promise<void> {
    for (let round = 0; round < 60; round++) {
      this.world.now += 1_000
      await this.send()
      if ((await this.replay(1)) === 0 && (await this.world.ledger.idle(this.world.now)).idle) return
    }
  }
}

async function play(seed: number, discarding: boolean): Promise<void> {
  const random = chance(seed)
  const driver = openSqlite(':memory:')
  await migrate(driver, 0)
  const ledger = sqlLedger(driver, 'test')
  try {
    const story = new Play(ledger, random)
    const people = ['p1', 'p2', 'p3'].map((employee) => historyOf(employee, random))
    const events = people.flat()
    // Mostly as it was meant, with some of it late.
    const arrivals = events.map((event, index) => ({ event, at: index + (random() < 0.3 ? random() * 12 : 0) })).sort((a, b) => a.at - b.at)
    for (const { event } of arrivals) {
      await story.deliver(event)
      story.world.now += 1_000
      if (random() < 0.7) await story.send()
      if (random() < 0.25) await story.replay(random())
      if (discarding && random() < 0.15) await story.discard()
    }
    story.failing = false
    await story.rest()
    const { deadLetters } = await ledger.deadLetters({ filter: ANY, archived: true, next: null, limit: 10 })
    assert.deepEqual(
      deadLetters.filter(({ code }) => code !== 'IncompleteRecord'),
      [],
      'everything is put back',
    )
    for (const theirs of people) {
      const employee = theirs[0]?.employee ?? ''
      const meant = recordOf(
        employee,
        theirs.filter(({ id }) => !story.discarded.has(id)),
      )
      const held = story.directory.get(employee)
      if (meant.active === undefined && held) assert.equal(held['active'], false, `${employee}: nobody says active any more`)
      else if (held && (meant.complete || meant.active === false)) assert.equal(canonical(held), meant.json, employee)
      else if (!held) assert.equal(meant.active === true && meant.complete, false, `${employee} is missing`)
    }
    await story.world.balanced()
  } catch (error) {
    throw new Error(`history ${seed}${discarding ? ', discarding' : ''}`, { cause: error })
  } finally {
    await ledger.close()
  }
}

void describe('a replay cannot do harm', () => {
  void test('for any history, whatever dies and is put back at whatever time, the directory ends as if it had never failed, and no leaver is ever sent as active', async () => {
    for (let seed = 1; seed <= HISTORIES; seed++) await play(seed, false)
  })

  void test('what was discarded has never happened', async () => {
    for (let seed = 1; seed <= HISTORIES; seed++) await play(seed + 100_000, true)
  })
})
