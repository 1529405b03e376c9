import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { openMemoryLedger } from '../../adapters/support/memory-ledger.ts'
import type { JoinedRecord } from '../../../src/core/ledger/port/report.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import type { LedgerDeadLetter } from '../../../src/core/ledger/port/dead-letters.ts'
import type { PutBack } from '../../../src/core/ledger/port/replays.ts'
import { type HrEvent, type JsonObject, isTermination } from '../../../src/core/model.ts'
import { fold } from '../../../src/core/plan/fold/fold.ts'
import type { LedgerEvent } from '../../../src/core/ledger/event.ts'
import { cutOf } from '../../../src/core/plan/retain/retain.ts'
import { compileMapping } from '../../../src/core/plan/mapping/mapping.ts'
import { hrEvent, messageOf, T0, World } from '../conformance/ledger/world.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'

const mapping = compileMapping()
const { ledger, empty } = await openMemoryLedger()
after(() => ledger.close())
const ANY = { code: null, type: null, employeeId: null, since: null, until: null }
const HISTORIES = Number(process.env['HISTORIES'] ?? 40)
/** Others than those of every run. */
const FROM = (Number(process.env['SEED'] ?? 1) - 1) * 1_000_000

/** A small generator of its own, so that a failing history can be told by its number. */
function chance(seed: number): () => number {
  let state = seed * 2_654_435_761 + 1
  return () => {
    state = Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e37_79b9
    return ((state ^ (state >>> 13)) >>> 0) / 4_294_967_296
  }
}

/** What happened to one person, in the order it was meant. */
function historyOf(employeeId: string, random: () => number): readonly HrEvent[] {
  const at = (place: number): Partial<HrEvent> => ({
    effectiveAt: T0 - 40 * DAY_MS + place * DAY_MS,
    recordedAt: T0 - 40 * DAY_MS + place * DAY_MS,
  })
  const title = (place: number): string => `title ${place}`
  const events = [
    hrEvent(
      `${employeeId}-0`,
      employeeId,
      { userName: `${employeeId}@example.com`, active: true, title: title(0) },
      at(0),
    ),
  ]
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
    const rescinds =
      random() < 0.1 && earlier && place > 1 ? { source: earlier.source, id: earlier.id } : null
    events.push(
      hrEvent(`${employeeId}-${place}`, employeeId, rescinds ? {} : worker, { ...at(place), rescinds }),
    )
  }
  return events
}

/** The record that results from all of these, as if nothing had ever failed. */
function recordOf(
  employeeId: string,
  events: readonly HrEvent[],
): { readonly active: boolean | undefined; readonly json: string; readonly complete: boolean } {
  const whole = events.map((event, index): LedgerEvent => ({ ...event, seq: index + 1, dead: false }))
  const { record, missing } = mapping.map(employeeId, fold(whole, T0).attributes)
  const { active } = record
  return {
    active: typeof active === 'boolean' ? active : undefined,
    json: canonical(record),
    complete: missing.length === 0,
  }
}

/** A cleared attribute and one that was never there are the same to a directory. */
function canonical(record: JsonObject): string {
  const { schemas: _schemas, ...rest } = record
  const plain = JSON.parse(
    JSON.stringify(rest, (_key, value: unknown) =>
      value === null || (typeof value === 'object' && Object.values(value).every((one) => one === null))
        ? undefined
        : value,
    ),
  ) as JsonObject
  return JSON.stringify(Object.fromEntries(Object.entries(plain).sort(([a], [b]) => (a < b ? -1 : 1))))
}

/**
 * A directory that takes whole records, rejects some for good, and reports that in the log at its
 * own time.
 */
class Play {
  readonly world: World
  readonly random: () => number
  readonly directory = new Map<string, JsonObject>()
  readonly received = new Map<string, HrEvent[]>()
  readonly discarded = new Set<string>()
  /** Failed in a row with nothing to put back. */
  readonly #bare = new Map<string, number>()
  failing = true
  #messages = 0

  constructor(ledger: Ledger, random: () => number) {
    this.world = new World(ledger)
    this.random = random
  }

  async deliver(event: HrEvent): Promise<void> {
    this.says(event)
    await this.world.intake([messageOf(`m${(this.#messages += 1)}`, event)])
  }

  /** From now on this is what was meant. */
  says(event: HrEvent): void {
    const there = (this.received.get(event.employeeId) ?? []).filter(({ id }) => id !== event.id)
    this.received.set(event.employeeId, [...there, event])
  }

  async dead(): Promise<readonly LedgerDeadLetter[]> {
    return (
      await this.world.ledger.listDeadLetters({ filter: ANY, archived: true, next: null, limit: 1_000 })
    ).deadLetters
  }
  /** One of the dead, and what was meant by it. */
  async oneDead(): Promise<{ readonly letter: LedgerDeadLetter; readonly event: HrEvent } | null> {
    const all = await this.dead()
    const letter = all[Math.floor(this.random() * all.length)]
    const event = letter && (this.received.get(letter.employeeId) ?? []).find(({ id }) => id === letter.id)
    return letter && event ? { letter, event } : null
  }

  /**
   * An employee whose last event is a termination is never sent as active, whatever is
   * dead-lettered.
   */
  async send(): Promise<boolean> {
    await this.world.plan()
    const batch = await this.world.next()
    if (!batch) return false
    const [only] = batch.operations
    const alone =
      batch.operations.length === 1 &&
      ((await this.world.ledger.readTrace(only?.id ?? ''))?.events.length ?? 0) > 0
    if (this.failing && this.random() < 0.1 && alone) {
      await this.world.refuse(batch)
      return true
    }
    for (const { employeeId, record } of batch.operations) {
      const sent = JSON.parse(record) as JsonObject
      const meant = recordOf(
        employeeId,
        (this.received.get(employeeId) ?? []).filter(({ id }) => !this.discarded.has(id)),
      )
      if (sent['active'] === true)
        assert.notEqual(meant.active, false, `${employeeId} left and is sent as active`)
    }
    const sent = await this.world.accept(batch)
    // What is put back before the answer waits for it.
    if (this.failing && this.random() < 0.15) await this.disturb()
    const joins: JoinedRecord[] = []
    for (const [employeeId, operation] of sent.operations) {
      const record = JSON.parse(
        batch.operations.find((one) => one.employeeId === employeeId)?.record ?? '{}',
      ) as JsonObject
      // An offer that carries no event has nothing that could be put back when it fails, and is
      // repeated by the connector, but not for ever.
      const carries = ((await this.world.ledger.readTrace(operation))?.events.length ?? 0) > 0
      const bare = carries ? 0 : (this.#bare.get(employeeId) ?? 0) + 1
      if (this.failing && bare < 3 && this.random() < 0.35) {
        this.#bare.set(employeeId, bare)
        const reason = this.random() < 0.5 ? "the attribute 'department' is not valid" : null
        joins.push({
          record: this.world.logRecord(employeeId, { status: 'failure', code: 'InvalidValue', reason }),
          operation,
          interim: 'failed',
        })
      } else {
        this.#bare.delete(employeeId)
        if (record['active'] === true || this.directory.has(employeeId))
          this.directory.set(employeeId, { ...this.directory.get(employeeId), ...record })
        joins.push({ record: this.world.logRecord(employeeId), operation, interim: 'confirmed' })
      }
    }
    await this.world.correlate({ joins, finalAt: this.world.now })
    await this.world.finalize()
    return true
  }

  async replay(share: number): Promise<number> {
    const chosen = (await this.dead()).filter(() => this.random() < share)
    await this.putBack(chosen, ({ seq }) => ({ seq, kind: 'as it was' }))
    return chosen.length
  }

  async putBack(
    chosen: readonly LedgerDeadLetter[],
    part: (letter: LedgerDeadLetter) => PutBack,
  ): Promise<void> {
    const { ledger, now } = this.world
    const targets = chosen.map(({ seq, revision }) => ({ store: 'ledger', seq, revision }) as const)
    const run = await ledger.freezeReplay(
      { name: 'run', selection: 'some', actor: 'a', justification: 'b', targets },
      now,
    )
    await ledger.putBackDeadLetters(run.id, chosen.map(part), now)
  }

  async end(how: 'discard' | 'archive'): Promise<void> {
    const one = await this.oneDead()
    if (!one) return
    const order = { seqs: [one.letter.seq], how, terminations: true, actor: 'a', justification: 'b' }
    const { ended } = await this.world.ledger.endDeadLetters(order, this.world.now)
    if (ended.length > 0 && how === 'discard') this.discarded.add(one.letter.id)
  }

  /**
   * Corrected by hand: what it says now is what was meant. A leaver who says more is said to be out
   * alone, and the rest is not taken.
   */
  async edit(): Promise<void> {
    const one = await this.oneDead()
    if (!one || one.event.rescinds || isTermination(one.event)) return
    const event = { ...one.event, worker: { ...one.event.worker, nickName: `edited ${this.#messages}` } }
    const original = { messageId: null, sessionId: null, contentType: null, body: '{}', properties: {} }
    await this.putBack([one.letter], ({ seq }) => ({ seq, kind: 'edited', event, original }))
    this.says(event)
  }

  /** By any other tool, which leaves it a copy on the queue. */
  async resubmit(): Promise<void> {
    const one = await this.oneDead()
    if (!one) return
    this.world.now += 1
    await this.world.intake([
      { ...messageOf(`m${(this.#messages += 1)}`, one.event), enqueuedAt: this.world.now },
    ])
  }

  /**
   * Everything that is settled and published is folded away; where something may still be
   * rescinded, nothing is.
   */
  async retain(): Promise<void> {
    const { ledger } = this.world
    await this.world.publishAll()
    this.world.now += 1
    const { employees } = await ledger.listRetention({
      after: null,
      limit: 100,
      settledBefore: this.world.now,
    })
    const cuts = employees.flatMap(({ employee, settled }) => {
      const cut = this.rescinding.has(employee.employeeId)
        ? null
        : cutOf(employee.events, new Set(settled), this.world.now)
      return cut ? [{ employeeId: employee.employeeId, revision: employee.revision, ...cut }] : []
    })
    await ledger.foldEvents(cuts, this.world.now, this.world.now)
  }
  /** Employees with an event that is rescinded sooner or later. */
  readonly rescinding = new Set<string>()

  /** What operators and other tools may do at any time. */
  async disturb(): Promise<void> {
    const dice = this.random()
    if (dice < 0.5) await this.replay(this.random())
    else if (dice < 0.65) await this.edit()
    else if (dice < 0.8) await this.resubmit()
    else if (dice < 0.9) await this.end('archive')
    else await this.retain()
  }

  /** Until nothing is left to do, not even at a later moment. */
  async rest(): Promise<void> {
    for (let round = 0, quiet = 0; round < 300; round++) {
      this.world.now += 1_000
      const busy = (await this.send()) || (await this.replay(1)) > 0
      const { nextAt } = await this.world.ledger.readIdle(this.world.now)
      if (!busy && nextAt === null && (quiet += 1) > 3) return
      if (busy) quiet = 0
      else if (nextAt !== null) this.world.now = Math.max(this.world.now, nextAt)
    }
    assert.fail('it does not come to rest')
  }
}

async function play(seed: number, discarding: boolean): Promise<void> {
  const random = chance(seed)
  try {
    const story = new Play(ledger, random)
    const employees = ['p1', 'p2', 'p3'].map((employeeId) => historyOf(employeeId, random))
    const events = employees.flat()
    for (const { employeeId, rescinds } of events) if (rescinds) story.rescinding.add(employeeId)
    // Mostly as it was meant, with some of it late.
    const arrivals = events
      .map((event, index) => ({ event, at: index + (random() < 0.3 ? random() * 12 : 0) }))
      .sort((a, b) => a.at - b.at)
    for (const { event } of arrivals) {
      await story.deliver(event)
      story.world.now += 1_000
      if (random() < 0.7) await story.send()
      if (random() < 0.3) await story.disturb()
      if (discarding && random() < 0.15) await story.end('discard')
    }
    story.failing = false
    await story.rest()
    const { deadLetters } = await ledger.listDeadLetters({
      filter: ANY,
      archived: true,
      next: null,
      limit: 10,
    })
    assert.deepEqual(
      deadLetters.filter(({ code }) => code !== 'IncompleteRecord'),
      [],
      'everything is put back',
    )
    for (const theirs of employees) {
      const employeeId = theirs[0]?.employeeId ?? ''
      const meant = recordOf(
        employeeId,
        (story.received.get(employeeId) ?? []).filter(({ id }) => !story.discarded.has(id)),
      )
      const held = story.directory.get(employeeId)
      if (meant.active === undefined && held)
        assert.equal(held['active'], false, `${employeeId}: no event sets active any more`)
      else if (held && (meant.complete || meant.active === false))
        assert.equal(canonical(held), meant.json, employeeId)
      else if (!held) assert.equal(meant.active === true && meant.complete, false, `${employeeId} is missing`)
    }
    await story.world.balanced()
  } catch (error) {
    throw new Error(`history ${seed}${discarding ? ', discarding' : ''}`, { cause: error })
  } finally {
    await empty()
  }
}

void describe('a replay cannot do harm', () => {
  void test('for any history, whatever dies and is put back at whatever time, the directory ends as if it had never failed, and no leaver is ever sent as active', async () => {
    for (let seed = 1; seed <= HISTORIES; seed++) await play(FROM + seed, false)
  })

  void test('what was discarded has never happened', async () => {
    for (let seed = 1; seed <= HISTORIES; seed++) await play(FROM + seed + 100_000, true)
  })
})
