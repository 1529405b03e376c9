import assert from 'node:assert/strict'
import { hrEvent, joiner, leaver, type LedgerCase, type Sent, T0 } from './world.ts'

const operationOf = (sent: Sent, employeeId: string): string =>
  sent.operations.get(employeeId) ?? assert.fail(`nothing of ${employeeId} was sent`)

/** What `candidates`, `correlate`, `finalize`, `expire` and the outbox promise. */
export const reportCases: readonly LedgerCase[] = [
  {
    name: 'a record that is twice on one page is kept once, with the operation it was joined to',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const { operations } = await world.send()
      const [operation] = operations.values()
      assert.ok(operation)
      const record = world.logRecord('p1')
      const joins = [null, operation, null].map((one) => ({
        record,
        operation: one,
        interim: one === null ? null : ('confirmed' as const),
      }))
      await world.correlate({ joins, finalAt: world.now })
      assert.deepEqual(
        (await world.ledger.readTrace('p1'))?.operations[0]?.records.map(({ id }) => id),
        [record.id],
      )
    },
  },
  {
    name: 'candidates are the accepted operations of the employees in the records, with both clocks',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      const sent = await world.send()
      const { known, operations } = await world.ledger.findCandidates([
        world.logRecord('p1'),
        world.logRecord('p1'),
        world.logRecord('nobody'),
      ])
      assert.equal(known.size, 0)
      assert.deepEqual(
        operations.map(({ id, employeeId, state, active, acceptedAt, submittedAt }) => ({
          id,
          employee: employeeId,
          state,
          active,
          acceptedAt,
          submittedAt,
        })),
        [
          {
            id: operationOf(sent, 'p1'),
            employee: 'p1',
            state: 'accepted',
            active: true,
            acceptedAt: T0,
            submittedAt: T0,
          },
        ],
      )
      assert.equal(JSON.parse(operations[0]?.record ?? '').externalId, 'p1')
    },
  },
  {
    name: 'a stored record is known afterwards, its change leads to its operation, and the answered operation is no longer a candidate',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const sent = await world.send()
      const record = world.logRecord('p1')
      await world.correlate({ joins: [{ record, operation: operationOf(sent, 'p1'), interim: 'confirmed' }] })
      const found = await world.ledger.findCandidates([
        record,
        world.logRecord('p1', { changeId: record.changeId }),
      ])
      assert.deepEqual([...found.known], [record.id])
      assert.deepEqual([...found.byChange], [[record.changeId, operationOf(sent, 'p1')]])
      assert.deepEqual(found.operations, [])
    },
  },
  {
    name: 'the last accepted record of an employee says whether it was active',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      await world.confirmAll()
      await world.record(leaver('out', 'p2'))
      await world.confirmAll()
      const { lastAccepted } = await world.ledger.findCandidates([
        world.logRecord('p1'),
        world.logRecord('p2'),
        world.logRecord('nobody'),
      ])
      const accepted = [...lastAccepted].map(
        ([id, { active, record }]): readonly [string, readonly unknown[]] => [
          id,
          [active, JSON.parse(record).active],
        ],
      )
      assert.deepEqual(
        new Map(accepted),
        new Map([
          ['p1', [true, true]],
          ['p2', [false, false]],
        ]),
      )
    },
  },
  {
    name: 'a record without an operation is kept whole, and joined later when its operation is known',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const sent = await world.send()
      const record = world.logRecord('p1', { echo: { title: 'x\u0000ß' }, active: true })
      await world.correlate({ joins: [{ record, operation: null, interim: null }] })
      const kept = await world.ledger.findCandidates([world.logRecord('p1')])
      assert.deepEqual(kept.unjoined, [record])
      assert.ok(kept.known.has(record.id), 'it is not new when it is looked at again')
      await world.correlate({ joins: [{ record, operation: operationOf(sent, 'p1'), interim: 'confirmed' }] })
      assert.deepEqual((await world.ledger.findCandidates([world.logRecord('p1')])).unjoined, [])
    },
  },
  {
    name: 'a joined record stays with its operation, and a record that is twice on a page counts once',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const sent = await world.send()
      const operation = operationOf(sent, 'p1')
      const record = world.logRecord('p1')
      const join = { record, operation, interim: 'confirmed' } as const
      await world.correlate({ joins: [join, join] })
      await world.correlate({ joins: [{ record, operation: null, interim: null }] })
      const trace = await world.ledger.readTrace('p1')
      assert.deepEqual(
        trace?.operations.flatMap(({ records }) => records.map(({ id }) => id)),
        [record.id],
      )
    },
  },
  {
    name: 'the first answer stands: a later record of the operation changes neither it nor when it becomes final',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const sent = await world.send()
      await world.answer(sent, 'confirmed')
      world.now += 900
      await world.answer(sent, 'failed', { code: 'Late' })
      world.now += 100
      assert.equal(await world.ledger.finalizeOperations(world.now - 1, 10), 0)
      assert.equal(await world.ledger.finalizeOperations(world.now, 10), 1)
      assert.deepEqual(await world.states('p1'), { e1: 'confirmed' })
    },
  },
  {
    name: 'an employee with an answer may be planned again, compared with the last accepted record',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const sent = await world.send()
      await world.record(hrEvent('e2', 'p1', { title: 'x' }))
      assert.deepEqual(await world.due(), [])
      await world.answer(sent)
      const [employee] = await world.due()
      assert.ok(employee?.acceptedHash)
      assert.deepEqual(employee.unanswered, [])
    },
  },
  {
    name: 'a failed or skipped record is not the last accepted one',
    run: async (world) => {
      for (const [employeeId, interim] of [
        ['p1', 'failed'],
        ['p2', 'skipped'],
      ] as const) {
        await world.record(joiner(`e-${employeeId}`, employeeId))
        await world.answer(await world.send(), interim, { code: 'Reason' })
        await world.finalize()
        await world.record(hrEvent(`f-${employeeId}`, employeeId, { title: 'x' }))
        const employee = (await world.due()).find((one) => one.employeeId === employeeId)
        assert.deepEqual([employee?.acceptedHash, employee?.known], [null, false])
        await world.plan()
      }
    },
  },
  {
    name: 'after an overtake the end state is resent exactly once, when both operations are answered',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const first = await world.send()
      await world.record(leaver('l1', 'p1'))
      const second = await world.send()
      await world.answer(second)
      assert.deepEqual(await world.due(), [])
      await world.answer(first)
      await world.finalize()
      const third = await world.send()
      assert.deepEqual([...third.operations.keys()], ['p1'])
      await world.answer(third)
      await world.finalize()
      assert.deepEqual(await world.due(), [])
      assert.equal((await world.ledger.readTotals()).operations, 3)
      assert.deepEqual(await world.states('p1'), { e1: 'confirmed', l1: 'confirmed' })
    },
  },
  {
    name: 'the watermark moves forward only',
    run: async (world) => {
      assert.equal(await world.ledger.readWatermark(), null)
      for (const [given, kept] of [
        [null, null],
        [T0, T0],
        [T0 - 1, T0],
        [null, T0],
        [T0 + 1, T0 + 1],
      ] as const) {
        await world.correlate({ watermark: given })
        assert.equal(await world.ledger.readWatermark(), kept)
      }
    },
  },
  {
    name: 'a page that fails on its last record leaves nothing behind, not even its watermark',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      const sent = await world.send()
      const sound = {
        record: world.logRecord('p1'),
        operation: operationOf(sent, 'p1'),
        interim: 'confirmed',
      } as const
      const broken = { record: world.logRecord('p2', { activityAt: 0.5 }), operation: null, interim: null }
      await assert.rejects(world.correlate({ joins: [sound, broken], watermark: T0 }))
      assert.equal(await world.ledger.readWatermark(), null)
      assert.equal((await world.ledger.findCandidates([sound.record])).known.size, 0)
      assert.equal((await world.ledger.readCounts()).stateCounts.operations.accepted, 1)
    },
  },
  {
    name: 'a page may be larger than any limit on parameters',
    run: async (world) => {
      const records = Array.from({ length: 3_000 }, (_, index) => world.logRecord(`p${index}`))
      await world.correlate({ joins: records.map((record) => ({ record, operation: null, interim: null })) })
      assert.equal((await world.ledger.findCandidates(records)).known.size, 3_000)
    },
  },
  {
    name: 'events end as their operation does: confirmed, superseded by an event, unchanged, skipped, dead-lettered',
    run: async (world) => {
      const fates = { good: 'confirmed', same: 'unchanged', out: 'skipped', bad: 'failed' } as const
      for (const employeeId of Object.keys(fates)) {
        await world.record(joiner(`old-${employeeId}`, employeeId, { title: 'old' }))
        await world.record(
          hrEvent(`hidden-${employeeId}`, employeeId, { title: 'a' }),
          hrEvent(`new-${employeeId}`, employeeId, { title: 'new' }, { order: 1 }),
        )
      }
      const sent = await world.send()
      const joins = Object.entries(fates).map(([employeeId, interim]) => ({
        record: world.logRecord(employeeId, {
          code: interim === 'unchanged' ? 'RedundantExport' : interim === 'confirmed' ? null : 'Why',
          objectId: `object-${employeeId}`,
        }),
        operation: operationOf(sent, employeeId),
        interim,
      }))
      await world.correlate({ joins })
      await world.finalize()
      await world.plan()
      assert.deepEqual(await world.states('good'), {
        'old-good': 'confirmed',
        'hidden-good': 'superseded',
        'new-good': 'confirmed',
      })
      assert.deepEqual(await world.states('same'), {
        'old-same': 'unchanged',
        'hidden-same': 'superseded',
        'new-same': 'unchanged',
      })
      assert.deepEqual(await world.states('out'), {
        'old-out': 'skipped',
        'hidden-out': 'superseded',
        'new-out': 'skipped',
      })
      assert.deepEqual(await world.states('bad'), {
        'old-bad': 'dead-lettered',
        'hidden-bad': 'incomplete',
        'new-bad': 'dead-lettered',
      })
      const told = new Map((await world.ledger.listUnpublishedOutcomes(100)).map((row) => [row.eventId, row]))
      assert.equal(told.get('hidden-good')?.by?.id, 'new-good')
      assert.equal(told.get('old-good')?.objectId, 'object-good')
      assert.equal(told.get('old-good')?.operation, operationOf(sent, 'good'))
      assert.equal(told.get('new-out')?.reason, 'Why')
      assert.equal(told.get('new-bad')?.reason, 'Why')
      assert.equal(told.has('hidden-bad'), false)
    },
  },
  {
    name: 'operations become final in parts when there are more than asked for',
    run: async (world) => {
      await world.record(...Array.from({ length: 5 }, (_, index) => joiner(`e${index}`, `p${index}`)))
      await world.answer(await world.send())
      assert.deepEqual(
        [await world.finalize(2), await world.finalize(2), await world.finalize(2), await world.finalize(2)],
        [2, 2, 1, 0],
      )
      assert.equal((await world.outcomes()).length, 5)
    },
  },
  {
    name: 'an operation without an answer is resent, and given up after MAX_RESENDS',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      for (let offer = 1; offer <= 3; offer++) {
        await world.send()
        assert.deepEqual(await world.expire(3), { resent: 0, givenUp: 0, unchanged: 0 })
        world.now += 1
        assert.deepEqual(await world.expire(3), {
          resent: offer < 3 ? 1 : 0,
          givenUp: offer < 3 ? 0 : 1,
          unchanged: 0,
        })
      }
      const [lost] = await world.ledger.listUnpublishedOutcomes(10)
      assert.deepEqual([lost?.state, lost?.reason], ['dead-lettered', 'NoOutcome'])
      assert.deepEqual(await world.due(), [])
      assert.equal((await world.ledger.readCounts()).stateCounts.operations.unanswered, 3)
    },
  },
  {
    name: 'an unanswered event stays in the fold: the next event sends the whole record again',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.send()
      world.now += 1
      await world.expire(1)
      await world.record(hrEvent('e2', 'p1', { title: 'x' }))
      await world.plan()
      const [operation] = (await world.needBatch()).operations
      assert.equal(JSON.parse(operation?.record ?? '').userName, 'p1@example.com')
    },
  },
  {
    name: 'without an answer the directory’s record is unknown: an equal record is sent again',
    run: async (world) => {
      await world.record(joiner('e1', 'p1', { title: 'first' }))
      await world.confirmAll()
      await world.record(hrEvent('e2', 'p1', { title: 'second' }, { order: 2 }))
      await world.send()
      world.now += 1
      await world.expire(1)
      await world.record(hrEvent('e3', 'p1', { title: 'first' }, { order: 3 }))
      await world.confirmAll()
      assert.deepEqual(await world.states('p1'), { e1: 'confirmed', e2: 'dead-lettered', e3: 'confirmed' })
    },
  },
  {
    name: 'an answer in time resets the count of resends',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'))
      await world.send()
      world.now += 1
      await world.expire(2)
      await world.confirmAll()
      await world.record(hrEvent('e2', 'p1', { title: 'x' }))
      await world.send()
      world.now += 1
      assert.deepEqual(await world.expire(2), { resent: 1, givenUp: 0, unchanged: 0 })
    },
  },
  {
    name: 'accounts that an outcome could not name are due until they are done, and not of an employee who is unknown or erased',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      await world.answerEach(await world.send())
      const due = async (): Promise<readonly string[]> =>
        (await world.ledger.listUnnamedAccounts(world.now, 9)).map(
          ({ employeeId, objectId, tries }) => `${employeeId} ${tries} ${objectId}`,
        )
      const again = ['p1', 'p2', 'unknown'].map((employeeId) => ({
        employeeId,
        dueAt: world.now + 1_000,
        tries: 0,
      }))
      await world.ledger.markOutcomesPublished([], world.now, { done: [], again })
      assert.deepEqual(await due(), [])
      world.now += 1_000
      assert.deepEqual((await due()).toSorted(), ['p1 0 object of p1', 'p2 0 object of p2'])
      await world.ledger.recordNaming({
        done: ['p1'],
        again: [{ employeeId: 'p2', dueAt: world.now, tries: 1 }],
      })
      assert.deepEqual(await due(), ['p2 1 object of p2'])
      const by = { actor: 'ada', justification: 'x' }
      await world.ledger.eraseEmployee({ employeeId: 'p2', ...by }, world.now)
      await world.ledger.recordNaming({ done: [], again: [{ employeeId: 'p2', dueAt: world.now, tries: 2 }] })
      assert.deepEqual(await due(), [])
      await world.record(joiner('e3', 'unknown'))
      await world.answerEach(await world.send())
      assert.deepEqual(await due(), [], 'it was not known then')
    },
  },
  {
    name: 'outcomes wait in the order they became final, one for each event and revision, and are published until they are marked',
    run: async (world) => {
      await world.record(joiner('e1', 'p1'), joiner('e2', 'p2'))
      await world.confirmAll()
      await world.record(hrEvent('e3', 'p1', { title: 'x' }, { order: 1 }))
      await world.confirmAll()
      assert.deepEqual((await world.outcomes()).toSorted(), [
        'e1:1:confirmed',
        'e2:1:confirmed',
        'e3:1:confirmed',
      ])
      assert.equal((await world.outcomes()).at(-1), 'e3:1:confirmed')
      const rows = await world.ledger.listUnpublishedOutcomes(2)
      assert.equal(rows.length, 2)
      assert.deepEqual(Object.fromEntries(rows[0]?.attributes ?? []), {
        active: true,
        userName: `${rows[0]?.employeeId}@example.com`,
      })
      const ids = rows.map(({ id }) => id)
      assert.deepEqual(
        ids,
        ids.toSorted((a, b) => a - b),
      )
      await world.ledger.markOutcomesPublished([...ids, ...ids], world.now)
      await world.ledger.markOutcomesPublished(ids, world.now)
      assert.deepEqual(await world.outcomes(), ['e3:1:confirmed'])
      assert.equal((await world.ledger.readTotals()).published, 2)
    },
  },
]
