import assert from 'node:assert/strict'
import type { DeadLetterFilter, LedgerDeadLetter } from '../../../../src/core/ledger/port/dead-letters.ts'
import type { IntakeMessage } from '../../../../src/core/ledger/port/intake.ts'
import type { HrEvent, JsonObject } from '../../../../src/core/model.ts'
import { hrEvent, joiner, leaver, type LedgerCase, messageOf, T0, type World } from './world.ts'
import { DAY_MS } from '../../../../src/core/runtime.ts'

const ANY: DeadLetterFilter = { code: null, type: null, employeeId: null, since: null, until: null }

/** The dead letters that fit; by default all that are not archived. */
export async function letters(
  world: World,
  filter: Partial<DeadLetterFilter> = {},
  archived = false,
): Promise<readonly LedgerDeadLetter[]> {
  return (
    await world.ledger.listDeadLetters({ filter: { ...ANY, ...filter }, archived, next: null, limit: 100 })
  ).deadLetters
}

/** Sends what is due, and the log says that the service failed with it for good. */
export async function failAll(
  world: World,
  code = 'InvalidDomain',
  reason: string | null = null,
): Promise<JsonObject> {
  const sent = await world.send()
  await world.answer(sent, 'failed', { status: 'failure', code, reason })
  await world.finalize()
  await world.plan()
  return JSON.parse(sent.batch.operations[0]?.record ?? '{}') as JsonObject
}

/** The record that goes out next. */
async function nextRecord(world: World): Promise<JsonObject> {
  return JSON.parse((await world.needBatch()).operations[0]?.record ?? '{}') as JsonObject
}

/** The event put on the bus again at this moment. */
function again(world: World, sequence: string, event: HrEvent): IntakeMessage {
  return { ...messageOf(sequence, event), enqueuedAt: world.now }
}

/** Discards or archives every dead letter. */
export async function end(
  world: World,
  how: 'discard' | 'archive',
  terminations = false,
): ReturnType<World['ledger']['endDeadLetters']> {
  const seqs = (await letters(world)).map(({ seq }) => seq)
  return world.ledger.endDeadLetters(
    { seqs, how, terminations, actor: 'operator', justification: 'a test' },
    world.now,
  )
}

/** What the ledger promises of events that died. */
export const deadLetterCases: readonly LedgerCase[] = [
  {
    name: 'when the log names an attribute, only the open events that set it are dead-lettered, and the others get through',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.confirmAll()
      await world.record(
        hrEvent('good', 'p1', { title: 'Lead' }, { order: 1 }),
        hrEvent('bad', 'p1', { department: 'x' }, { order: 2 }),
      )
      await failAll(world, 'InvalidValue', "The value of the attribute 'department' is too long.")
      assert.deepEqual(await world.states('p1'), { hire: 'confirmed', good: 'planned', bad: 'dead-lettered' })
      const record = await nextRecord(world)
      assert.equal(record['title'], 'Lead')
      assert.equal(JSON.stringify(record).includes('"x"'), false)
      const [dead] = await letters(world)
      assert.equal(dead?.detail, 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department')
    },
  },
  {
    name: 'when the log names no attribute, or one of a final event, the failed events are dead-lettered together and later ones get through',
    run: async (world) => {
      for (const [employee, reason] of [
        ['p1', null],
        ['p2', "attribute 'userPrincipalName'"],
      ] as const) {
        await world.record(joiner(`hire-${employee}`, employee))
        await world.confirmAll()
        await world.record(
          hrEvent(`a-${employee}`, employee, { title: 'Lead' }),
          hrEvent(`b-${employee}`, employee, { nickName: 'x' }),
        )
        await failAll(world, 'InvalidValue', reason)
        assert.equal(await world.next(), null)
        await world.record(hrEvent(`c-${employee}`, employee, { displayName: 'new' }))
        const { batch } = await world.confirmAll()
        const record = JSON.parse(batch.operations[0]?.record ?? '') as JsonObject
        assert.deepEqual(
          [record['title'], record['nickName'], record['displayName']],
          [undefined, undefined, 'new'],
        )
        const states = await world.states(employee)
        assert.deepEqual(
          [states[`a-${employee}`], states[`b-${employee}`], states[`c-${employee}`]],
          ['dead-lettered', 'dead-lettered', 'confirmed'],
        )
      }
    },
  },
  {
    name: 'a failure is not attributed to an older event whose value a newer one has replaced',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.confirmAll()
      await world.record(hrEvent('bad', 'p1', { department: 'x' }, { order: 1 }))
      const sent = await world.send()
      await world.record(hrEvent('correction', 'p1', { department: 'y' }, { order: 2 }))
      await world.answer(sent, 'failed', {
        status: 'failure',
        code: 'InvalidValue',
        reason: "attribute 'department'",
      })
      await world.finalize()
      await world.confirmAll()
      assert.deepEqual(await world.states('p1'), {
        hire: 'confirmed',
        bad: 'superseded',
        correction: 'confirmed',
      })
    },
  },
  {
    name: 'a failed termination is first sent as a deactivation only, before its event is dead-lettered',
    run: async (world) => {
      await world.record(joiner('hire', 'p1', { title: 'Lead' }))
      await world.confirmAll()
      await world.record(
        hrEvent('bad', 'p1', { department: 'x' }, { order: 1 }),
        hrEvent('out', 'p1', { active: false, nickName: 'gone' }, { order: 2 }),
      )
      await failAll(world)
      assert.deepEqual(await world.states('p1'), { hire: 'confirmed', bad: 'dead-lettered', out: 'planned' })
      const { batch } = await world.accept(await world.needBatch()).then(async (sent) => {
        await world.answer(sent)
        await world.finalize()
        return sent
      })
      const record = JSON.parse(batch.operations[0]?.record ?? '') as JsonObject
      assert.deepEqual([record['active'], record['title'], record['nickName']], [false, 'Lead', undefined])
      const told = (await world.ledger.listUnpublishedOutcomes(100)).find(({ eventId }) => eventId === 'out')
      assert.deepEqual([told?.state, told?.reason], ['confirmed', 'DisabledAlone'])
      // What it says besides has its own chance, without what died, and only one.
      assert.equal((await failAll(world))['nickName'], 'gone')
      assert.equal(await world.next(), null)
    },
  },
  {
    name: 'a leaver whose deactivation failed in every form is inactive in every later record',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.confirmAll()
      await world.record(leaver('out', 'p1'))
      await failAll(world)
      assert.deepEqual(await world.states('p1'), { hire: 'confirmed', out: 'dead-lettered' })
      assert.equal(await world.next(), null)
      await world.record(hrEvent('late', 'p1', { title: 'Lead' }))
      await world.plan()
      assert.equal((await nextRecord(world))['active'], false)
    },
  },
  {
    name: 'a dead hire makes its employee incomplete, and no other',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'), joiner('other', 'p2'))
      const sent = await world.send()
      await world.correlate({
        joins: [...sent.operations].map(([employeeId, operation]) => ({
          record: world.logRecord(
            employeeId,
            employeeId === 'p1' ? { status: 'failure', code: 'InvalidDomain' } : {},
          ),
          operation,
          interim: employeeId === 'p1' ? 'failed' : 'confirmed',
        })),
        now: world.now,
        finalAt: world.now,
        watermark: null,
        changedElsewhere: [],
        foreign: 0,
        echoes: [],
      })
      await world.finalize()
      await world.plan()
      await world.record(hrEvent('later', 'p1', { title: 'Lead' }))
      await world.plan()
      assert.deepEqual(await world.states('p1'), { hire: 'dead-lettered', later: 'incomplete' })
      assert.deepEqual(await world.states('p2'), { other: 'confirmed' })
    },
  },
  {
    name: 'a dead event that is sent again after it died is put back with its present text; a plain duplicate is not',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await failAll(world)
      world.now += 1_000
      assert.equal((await world.record(joiner('hire', 'p1', { title: 'late copy' }))).replays, 0)
      const result = await world.intake([again(world, 'back', joiner('hire', 'p1', { title: 'new' }))])
      assert.deepEqual([result.fresh, result.duplicates, result.replays], [0, 0, 1])
      assert.equal((await world.intake([again(world, 'back', joiner('hire', 'p1'))])).redelivered, 1)
      assert.equal((await world.intake([again(world, 'twice', joiner('hire', 'p1'))])).duplicates, 1)
      const { batch } = await world.confirmAll()
      assert.equal(JSON.parse(batch.operations[0]?.record ?? '').title, 'new')
      assert.deepEqual(await world.outcomes(), ['hire:1:dead-lettered', 'hire:2:confirmed'])
    },
  },
  {
    name: 'whether an event was sent after it died is decided by two clocks, and their offset counts',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'), joiner('other', 'p2'))
      await failAll(world)
      const sent = async (
        event: HrEvent,
        sequence: string,
        enqueuedAt: number,
        aheadMs: number,
      ): Promise<number> =>
        (await world.intake([{ ...messageOf(sequence, event), enqueuedAt }], { aheadMs })).replays
      // Ours is a minute ahead: what the bus dates before the death was sent after it.
      assert.equal(await sent(joiner('hire', 'p1'), '1', world.now - 30_000, 0), 0)
      assert.equal(await sent(joiner('hire', 'p1'), '2', world.now - 30_000, 60_000), 1)
      // Ours is a minute behind: what the bus dates after the death was sent before it.
      assert.equal(await sent(joiner('other', 'p2'), '3', world.now + 30_000, -60_000), 0)
      assert.equal(await sent(joiner('other', 'p2'), '4', world.now + 90_000, -60_000), 1)
    },
  },
  {
    name: 'an event that was sent again has the message of its last arrival',
    run: async (world) => {
      const original = {
        messageId: 'm',
        sessionId: null,
        contentType: 'application/json',
        body: 'before',
        properties: {},
      }
      await world.intake([{ ...messageOf('1', joiner('hire', 'p1')), original }])
      await failAll(world)
      world.now += 1_000
      await world.intake([
        {
          ...again(world, '2', joiner('hire', 'p1', { title: 'new' })),
          original: { ...original, body: 'after' },
        },
      ])
      await failAll(world)
      const [letter] = await letters(world)
      const kept = (await world.ledger.findDeadLetter(letter?.seq ?? 0))?.original
      assert.deepEqual([kept?.body, kept?.sequence], ['after', '2'])
    },
  },
  {
    name: 'an event that dies and is sent again too often stays dead',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await failAll(world)
      const taken: number[] = []
      for (let time = 1; time <= 5; time++) {
        world.now += 1_000
        const { replays } = await world.intake([again(world, `time ${time}`, joiner('hire', 'p1'))])
        taken.push(replays)
        if (replays > 0) await failAll(world)
      }
      assert.deepEqual(taken, [1, 1, 1, 0, 0])
      assert.equal((await letters(world))[0]?.replays, 3)
      // A replay is a person's decision; what another tool makes of its message is not.
      const copy = { ...again(world, 'copy', joiner('hire', 'p1')), copyId: 'replay-1' }
      assert.equal((await world.intake([copy])).replays, 1)
      await failAll(world)
      world.now += 1_000
      assert.equal(
        (await world.intake([{ ...copy, sequence: 'once more', enqueuedAt: world.now }])).replays,
        0,
      )
    },
  },
  {
    name: 'a dead termination that is sent again without active: false stays dead',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.confirmAll()
      await world.record(leaver('out', 'p1'))
      await failAll(world)
      world.now += 1_000
      assert.equal(
        (await world.intake([again(world, 'x', hrEvent('out', 'p1', { title: 'back' }))])).replays,
        0,
      )
      assert.equal(
        (await world.intake([again(world, 'y', hrEvent('out', 'p2', { active: false }))])).replays,
        0,
      )
      assert.equal((await world.intake([again(world, 'z', leaver('out', 'p1'))])).replays, 1)
    },
  },
  {
    name: 'dead letters are listed in pages and by filter, each with the exact text of its message',
    run: async (world) => {
      const original = {
        messageId: 'm1',
        sessionId: null,
        contentType: 'application/json',
        body: '{"a":  1}',
        properties: { tenant: 'x' },
      }
      await world.intake([{ ...messageOf('9223372036854775807', joiner('e1', 'p1')), original }])
      await world.record(
        joiner('e2', 'p2'),
        hrEvent('e3', 'p3', { userName: 'c', active: true }, { type: 'worker.hired' }),
      )
      await failAll(world, 'InvalidDomain')
      const first = await world.ledger.listDeadLetters({ filter: ANY, archived: false, next: null, limit: 2 })
      const second = await world.ledger.listDeadLetters({
        filter: ANY,
        archived: false,
        next: first.next,
        limit: 2,
      })
      assert.deepEqual(
        [...first.deadLetters, ...second.deadLetters].map(({ id }) => id),
        ['e1', 'e2', 'e3'],
      )
      assert.equal(second.next, null)
      assert.deepEqual(
        (await letters(world, { type: 'worker.hired' })).map(({ id }) => id),
        ['e3'],
      )
      assert.deepEqual(await letters(world, { code: 'Other' }), [])
      assert.deepEqual(await letters(world, { since: world.now + 1 }), [])
      const one = await world.ledger.findDeadLetter(first.deadLetters[0]?.seq ?? 0)
      assert.deepEqual(one?.original, {
        entity: 'hr-events',
        sequence: '9223372036854775807',
        enqueuedAt: T0 - 1_000,
        ...original,
      })
      assert.deepEqual(
        [one?.letter.code, one?.letter.refused, one?.letter.blocksReactivation],
        ['InvalidDomain', false, false],
      )
      assert.equal(await world.ledger.findDeadLetter(999_999), null)
    },
  },
  {
    name: 'a discarded event counts as if it had never happened, its employee is planned without it, and the audit trail names the actor',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.confirmAll()
      await world.record(hrEvent('bad', 'p1', { title: 'x' }))
      await failAll(world)
      const { ended } = await end(world, 'discard')
      assert.equal(ended.length, 1)
      assert.deepEqual(await world.states('p1'), { hire: 'confirmed', bad: 'skipped' })
      assert.deepEqual(await letters(world), [])
      const last = (await world.ledger.listUnpublishedOutcomes(100)).at(-1)
      assert.deepEqual([last?.state, last?.reason, last?.revision], ['skipped', 'Discarded', 2])
      assert.deepEqual(
        await world.ledger.endDeadLetters(
          { seqs: ended, how: 'discard', terminations: true, actor: 'op', justification: 'twice' },
          world.now,
        ),
        { ended: [], kept: [], gone: ended },
      )
    },
  },
  {
    name: 'discarding a dead termination needs an option of its own, and only then the employee is active again',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.confirmAll()
      await world.record(leaver('out', 'p1'))
      await failAll(world)
      const refused = await end(world, 'discard')
      assert.deepEqual([refused.ended.length, refused.kept.length], [0, 1])
      await world.record(hrEvent('one', 'p1', { title: 'a' }))
      await world.confirmAll()
      assert.equal((await end(world, 'discard', true)).ended.length, 1)
      await world.plan()
      assert.equal((await nextRecord(world))['active'], true)
    },
  },
  {
    name: 'dead letters are counted by code, without the archived and the discarded ones',
    run: async (world) => {
      const counts = async (): Promise<unknown> =>
        (await world.figures()).deadLetters.map(({ code, count }) => ({ code, count }))
      assert.deepEqual(await counts(), [])
      await world.record(joiner('a', 'p1'), joiner('b', 'p2'))
      await failAll(world, 'InvalidDomain')
      await world.record(joiner('c', 'p3'))
      await failAll(world, 'Duplicate')
      assert.deepEqual(await counts(), [
        { code: 'Duplicate', count: 1 },
        { code: 'InvalidDomain', count: 2 },
      ])
      const [first] = await letters(world, { code: 'InvalidDomain' })
      await world.ledger.endDeadLetters(
        { seqs: [first?.seq ?? 0], how: 'archive', terminations: false, actor: 'op', justification: 'test' },
        world.now,
      )
      assert.deepEqual(await counts(), [
        { code: 'Duplicate', count: 1 },
        { code: 'InvalidDomain', count: 1 },
      ])
      await end(world, 'discard')
      assert.deepEqual(await counts(), [])
    },
  },
  {
    name: 'an archived dead letter is hidden and still keeps its employee inactive',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.confirmAll()
      await world.record(leaver('out', 'p1'))
      await failAll(world)
      assert.equal((await end(world, 'archive')).ended.length, 1)
      assert.deepEqual(await letters(world), [])
      assert.deepEqual(
        (await letters(world, {}, true)).map(({ id, archivedAt }) => [id, archivedAt]),
        [['out', world.now]],
      )
      await world.record(hrEvent('late', 'p1', { title: 'Lead' }, { effectiveAt: T0 - DAY_MS / 2 }))
      await world.plan()
      assert.equal((await nextRecord(world))['active'], false)
    },
  },
  {
    name: 'a dead letter is copied once each time it dies, and the copy stays while the dead letter is current',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await failAll(world)
      const [copy] = await world.ledger.listUncopiedDeadLetters(10)
      assert.deepEqual(
        [copy?.eventId, copy?.code, copy?.revision, copy?.current],
        ['hire', 'InvalidDomain', 1, true],
      )
      const seq = copy?.seq ?? 0
      assert.deepEqual([...(await world.ledger.findCurrentDeadLetters([seq, 999]))], [[seq, 1]])
      await world.ledger.markDeadLettersCopied([copy?.id ?? 0], world.now)
      assert.deepEqual(await world.ledger.listUncopiedDeadLetters(10), [])
      world.now += 1_000
      await world.intake([again(world, 'back', joiner('hire', 'p1'))])
      assert.deepEqual([...(await world.ledger.findCurrentDeadLetters([seq]))], [])
      await failAll(world)
      assert.deepEqual([...(await world.ledger.findCurrentDeadLetters([seq]))], [[seq, 2]])
      assert.equal((await world.ledger.listUncopiedDeadLetters(10))[0]?.revision, 2)
      await end(world, 'archive')
      assert.deepEqual([...(await world.ledger.findCurrentDeadLetters([seq]))], [])
    },
  },
  {
    name: 'an event without an answer is confirmed by the next accepted record with its values',
    run: async (world) => {
      await world.record(joiner('hire', 'p1'))
      await world.confirmAll()
      await world.record(hrEvent('unheard', 'p1', { title: 'Lead' }))
      await world.send()
      world.now += 1_000
      assert.equal((await world.expire(1)).givenUp, 1)
      assert.deepEqual(
        (await letters(world)).map(({ id, code }) => [id, code]),
        [['unheard', 'NoOutcome']],
      )
      await world.record(hrEvent('next', 'p1', { nickName: 'x' }, { order: 1 }))
      await world.confirmAll()
      assert.deepEqual(await world.states('p1'), {
        hire: 'confirmed',
        unheard: 'confirmed',
        next: 'confirmed',
      })
      assert.deepEqual(await letters(world), [])
    },
  },
]
