import assert from 'node:assert/strict'
import { assessLeaver } from '../../../../src/core/leavers/assess.ts'
import type { IntakeMessage } from '../../../../src/core/ledger/port/intake.ts'
import type { RefusedLeaver } from '../../../../src/core/ledger/port/leavers.ts'
import { hrEvent, joiner, leaver, type LedgerCase, messageOf, SOURCE, T0, type World } from './world.ts'

/** Messages that the ledger refuses, by their place in the batch. */
async function refusedAt(world: World, messages: readonly IntakeMessage[]): Promise<readonly unknown[]> {
  const { refused = [] } = await world.intake(messages)
  return refused.map(({ message, code }) => [message, code])
}

/** Open cases as employee and cause, with the detail where there is one. */
async function openCases(world: World): Promise<readonly string[]> {
  const { leavers } = await world.ledger.listOpenLeavers({
    dueBy: null,
    employeeId: null,
    next: null,
    limit: 10,
  })
  return leavers.flatMap((view) => {
    const assessed = assessLeaver(view, world.now)
    if (assessed.kind === 'ended') return []
    const { cause, detail } = assessed
    return [`${view.leaverCase.employeeId} ${cause}${detail === null ? '' : `: ${detail}`}`]
  })
}

const refusedLeaver = (employeeId: string, id = 'out'): RefusedLeaver => ({
  employeeId,
  source: SOURCE,
  id,
  recordedAt: T0,
  effectiveAt: T0,
})
const refusedMessage = (sequence: string, ...leavers: readonly RefusedLeaver[]): IntakeMessage => ({
  ...messageOf(sequence),
  rejected: 'FieldInvalid',
  leavers,
})
async function hired(world: World, ...ids: readonly string[]): Promise<void> {
  for (const id of ids) await world.record(joiner(`hire-${id}`, id))
  await world.confirmAll()
}

/** What is refused, and the leavers in it. */
export const refusedCases: readonly LedgerCase[] = [
  {
    name: 'an event with the id of another employee’s event is refused, not dropped as a duplicate',
    run: async (world) => {
      await hired(world, 'p1')
      assert.deepEqual(await refusedAt(world, [messageOf(9, joiner('hire-p1', 'p2'))]), [
        [0, 'EventCollision'],
      ])
      assert.deepEqual(await world.states('p2'), {})
      const { events, duplicates, collisions } = await world.ledger.readTotals()
      assert.deepEqual({ events, duplicates, collisions }, { events: 1, duplicates: 0, collisions: 1 })
    },
  },
  {
    name: 'an event with the id of an event with other content is refused, also within a batch',
    run: async (world) => {
      const messages = [
        messageOf(1, joiner('e1', 'p1', { title: 'first' })),
        messageOf(2, joiner('e1', 'p1', { title: 'second' })),
        messageOf(3, joiner('e1', 'p1', { title: 'first' })),
      ]
      assert.deepEqual(await refusedAt(world, messages), [[1, 'EventCollision']])
      const other = hrEvent('e1', 'p1', { title: 'first' }, { type: 'worker.job.changed' })
      assert.deepEqual(await refusedAt(world, [messageOf(4, other)]), [[0, 'EventCollision']])
    },
  },
  {
    name: 'a collision that is delivered again is refused again and counts once',
    run: async (world) => {
      await hired(world, 'p1')
      const message = messageOf(9, joiner('hire-p1', 'p2'))
      await world.intake([message])
      assert.deepEqual(await refusedAt(world, [message]), [[0, 'EventCollision']])
      assert.equal((await world.ledger.readTotals()).collisions, 1)
    },
  },
  {
    name: 'the same content in another order of keys is a duplicate',
    run: async (world) => {
      await world.record(joiner('e1', 'p1', { a: 1, b: { c: 2, d: 3 } }))
      const again = joiner('e1', 'p1', { b: { d: 3, c: 2 }, a: 1 })
      assert.equal((await world.intake([messageOf(2, again)])).duplicates, 1)
    },
  },
  {
    name: 'if two terminations share an id, the second employee has an open leaver case',
    run: async (world) => {
      await hired(world, 'p1', 'p2')
      await world.record(leaver('out', 'p1'))
      await world.confirmAll()
      assert.deepEqual(await refusedAt(world, [messageOf(9, leaver('out', 'p2'))]), [[0, 'EventCollision']])
      assert.deepEqual(await openCases(world), ['p2 refused'])
    },
  },
  {
    name: 'a termination in a refused message opens a leaver case until the message is corrected',
    run: async (world) => {
      await hired(world, 'p1')
      await world.intake([refusedMessage('9', refusedLeaver('p1'))])
      assert.deepEqual(await openCases(world), ['p1 refused'])
      await world.tend()
      assert.deepEqual(await openCases(world), ['p1 refused'])
      await world.record(leaver('out', 'p1'))
      assert.deepEqual(await openCases(world), ['p1 under-way'])
      await world.confirmAll()
      await world.tend()
      assert.deepEqual(await openCases(world), [])
    },
  },
  {
    name: 'an acknowledged leaving opens no case again; the event of another source with its id, and that of another employee, do',
    run: async (world) => {
      await hired(world, 'p1', 'p2')
      await world.intake([refusedMessage('8', refusedLeaver('p1'))])
      const who = { actor: 'ann', justification: 'looked at it' }
      assert.deepEqual(await world.ledger.acknowledgeLeavers({ ids: [1], ...who }, world.now), [1])
      await world.intake([refusedMessage('9', refusedLeaver('p1'))])
      assert.deepEqual(await openCases(world), [])
      await world.intake([
        refusedMessage('10', { ...refusedLeaver('p1'), source: '/hr/other' }, refusedLeaver('p1', 'more')),
        refusedMessage('11', refusedLeaver('p2', 'out of p2'), refusedLeaver('p3')),
      ])
      assert.deepEqual(await openCases(world), ['p1 refused', 'p1 refused', 'p2 refused', 'p3 refused'])
    },
  },
  {
    name: 'the case of a refused termination ends when another event has led to a disabled account',
    run: async (world) => {
      await hired(world, 'p1')
      await world.intake([refusedMessage('9', refusedLeaver('p1', 'bad'))])
      await world.record(leaver('good', 'p1'))
      await world.confirmAll()
      await world.tend()
      assert.deepEqual(await openCases(world), [])
    },
  },
  {
    name: 'the case of a refused termination of an unknown id names the ids that nearly match',
    run: async (world) => {
      await hired(world, 'E72001', '0815')
      await world.intake([refusedMessage('9', refusedLeaver('e-72001'), refusedLeaver('815', 'two'))])
      assert.deepEqual(await openCases(world), [
        'e-72001 id-nearly-matches: E72001',
        '815 id-nearly-matches: 0815',
      ])
    },
  },
  {
    name: 'the case of a leaver who is not in the directory names the ids that nearly match',
    run: async (world) => {
      await hired(world, 'E72001')
      await world.record(leaver('out', 'e72001'))
      await world.plan()
      await world.answer(await world.send(), 'unchanged')
      await world.finalize()
      assert.deepEqual(await openCases(world), ['e72001 id-nearly-matches: E72001'])
    },
  },
  {
    name: 'a finding of intake is raised once, with its event, and is open until it is acknowledged',
    run: async (world) => {
      const event = joiner('e1', 'p1')
      const finding = {
        code: 'PlaceholderDate',
        about: 'e1',
        employeeId: 'p1',
        event: { source: SOURCE, id: 'e1' },
        detail: 'time stands for no date',
      } as const
      const message = { ...messageOf(1, event), findings: [finding] }
      await world.intake([message])
      await world.intake([message])
      const list = (open: boolean): ReturnType<World['ledger']['listFindings']> =>
        world.ledger.listFindings({ open, code: null, employeeId: 'p1', next: null, limit: 10 })
      const { findings } = await list(true)
      assert.deepEqual(
        findings.map(({ code, event: about, detail }) => ({ code, about, detail })),
        [{ code: 'PlaceholderDate', about: finding.event, detail: finding.detail }],
      )
      await world.record(joiner('e2', 'p2'))
      await world.confirmAll()
      assert.deepEqual(
        (await world.ledger.listUnpublishedOutcomes(9)).map(({ eventId, findings: about }) => [
          eventId,
          about,
        ]),
        [
          ['e1', ['PlaceholderDate']],
          ['e2', []],
        ],
      )
      const [alone] = await world.ledger.listUnpublishedOutcomes(1)
      assert.deepEqual(alone?.findings, ['PlaceholderDate'])
      const [first] = findings
      assert(first)
      await world.ledger.acknowledgeFinding(
        { seq: first.seq, actor: 'ana', justification: 'known' },
        world.now,
      )
      assert.deepEqual((await list(true)).findings, [])
    },
  },
  {
    name: 'a row of a file with the id of another event is known, and neither refused nor counted as a collision',
    run: async (world) => {
      await hired(world, 'p1')
      const rows = { events: [joiner('hire-p1', 'p2')], now: world.now, quietMs: 0, maxWaitMs: 0 }
      assert.deepEqual(await world.ledger.importBaseline(rows), { fresh: 0, known: 1 })
      const { collisions, imported } = await world.ledger.readTotals()
      assert.deepEqual([collisions, imported], [0, 0])
    },
  },
  {
    name: 'a termination that is refused with a rescind beside it opens a leaver case; one that was taken in beside a collision does not count as refused',
    run: async (world) => {
      await hired(world, 'p1', 'p2', 'p3')
      const rescinds = { source: SOURCE, id: 'hire-p1' }
      const mismatch = messageOf(8, leaver('out-2', 'p2'), hrEvent('r', 'p2', {}, { rescinds }))
      assert.deepEqual(await refusedAt(world, [mismatch]), [[0, 'RescindMismatch']])
      const collision = messageOf(9, joiner('hire-p1', 'p3'), leaver('out-3', 'p3'))
      assert.deepEqual(await refusedAt(world, [collision]), [[0, 'EventCollision']])
      assert.deepEqual(await openCases(world), ['p2 refused', 'p3 under-way'])
    },
  },
  {
    name: 'of an event that was edited, what it said of its former employee is a duplicate, and of a third one a collision',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.answer(await world.send(), 'failed', { status: 'failure', code: 'InvalidDomain' })
      await world.finalize()
      await world.plan()
      world.now += 1_000
      const body = (text: string) => ({
        original: { messageId: null, sessionId: null, contentType: null, properties: {}, body: text },
      })
      const moved = { ...messageOf(2, joiner('e1', 'p2')), enqueuedAt: world.now, ...body('of p2') }
      assert.equal((await world.intake([moved])).replays, 1)
      assert.equal((await world.intake([messageOf(3, joiner('e1', 'p1', { title: 'x' }))])).duplicates, 1)
      assert.equal((await world.intake([messageOf(4, joiner('e1', 'p2', { title: 'y' }))])).duplicates, 1)
      assert.deepEqual(await refusedAt(world, [messageOf(5, joiner('e1', 'p3'))]), [[0, 'EventCollision']])
    },
  },
]
