import assert from 'node:assert/strict'
import type {
  EmergencyAnswer,
  EmergencyBegun,
  EmergencyCandidate,
  EmergencyOrder,
} from '../../../../src/core/emergency/ledger.ts'
import { MONTH_MS } from '../../../../src/core/emergency/money.ts'
import { DAY_MS } from '../../../../src/core/runtime.ts'
import { hrEvent, joiner, leaver, type LedgerCase, type World } from './world.ts'

const OBJECT = '6f1c2d3e-0000-4000-8000-000000000001'
const BUDGET = { day: 4_000, month: 6_000 }
export const DISABLED: EmergencyAnswer = { at: 0, result: 'disabled', status: 204, wait: null, billed: true }
const GONE: EmergencyAnswer = { at: 0, result: 'gone', status: 404, wait: 'account-gone', billed: true }
export const REFUSED: EmergencyAnswer = {
  at: 0,
  result: 'refused',
  status: 403,
  wait: 'access',
  billed: false,
}

/**
 * Employees whose accounts the directory holds, with a termination that is planned and not sent; no
 * object id is known of `p0` and `p9`.
 */
async function leaving(world: World, ...ids: readonly string[]): Promise<void> {
  await world.record(...ids.map((id) => joiner(`hire of ${id}`, id)))
  await world.answerEach(await world.send(), (id) => (id === 'p0' || id === 'p9' ? null : OBJECT))
  await world.finalize()
  world.now += 60_000
  await world.record(...ids.map((id) => leaver(`end of ${id}`, id)))
  await world.plan()
}
function candidates(world: World, accepted = false): Promise<readonly EmergencyCandidate[]> {
  return world.ledger.listEmergencyCandidates({ limit: 10, plannedBy: world.now, accepted })
}
const listed = async (world: World, accepted = false): Promise<readonly string[]> =>
  (await candidates(world, accepted)).map(({ employee }) => employee.employeeId)

async function begin(world: World, id = 'p1', more: Partial<EmergencyOrder> = {}): Promise<EmergencyBegun> {
  const one = (await candidates(world)).find(({ employee }) => employee.employeeId === id)
  assert.ok(one, `${id} is a candidate`)
  return beginFor(world, one, more)
}
function beginFor(
  world: World,
  { employee: { employeeId, revision }, operation }: EmergencyCandidate,
  more: Partial<EmergencyOrder> = {},
): Promise<EmergencyBegun> {
  const order = { employeeId, revision, operation: operation.id, reason: 'full', microUsd: 2_000 } as const
  return world.ledger.beginEmergencyCall({ ...order, budget: BUDGET, answerMs: 30_000, ...more }, world.now)
}
/** A whole call for an employee whose deactivation is planned. */
export async function call(world: World, id: string, answer: EmergencyAnswer): Promise<void> {
  const begun = await begin(world, id)
  assert.equal(begun.kind, 'begun')
  if (begun.kind !== 'begun') return
  world.now += 100
  await world.ledger.endEmergencyCall(begun.call, { ...answer, at: world.now }, world.now)
}
const spent = async (world: World) => (await world.ledger.readEmergencyStatus(world.now)).spent

/**
 * What the ledger promises of calls that disable the accounts of leavers past the provisioning job.
 */
export const emergencyCases: readonly LedgerCase[] = [
  {
    name: 'an account that the lane disabled is not a candidate again, its operation is sent as before, and the case ends when the log confirms it',
    run: async (world) => {
      await leaving(world, 'p1', 'p2')
      assert.deepEqual(await listed(world), ['p1', 'p2'])
      const [one] = await candidates(world)
      assert.equal(one?.objectId, OBJECT)
      await call(world, 'p1', DISABLED)
      const disabledAt = world.now
      assert.deepEqual(await listed(world), ['p2'])
      assert.deepEqual(await world.leavers(), ['p1 confirmation-due', 'p2 under-way'])
      const access = await world.ledger.readAccess('p1', world.now)
      assert.equal(access?.emergencyDisabledAt, disabledAt)
      const trace = await world.ledger.readTrace('p1')
      assert.deepEqual(
        trace?.operations.map(({ state, emergencyCalls }) => [state, emergencyCalls]),
        [
          ['confirmed', []],
          [
            'pending',
            [
              {
                reason: 'full',
                result: 'disabled',
                status: 204,
                begunAt: disabledAt - 100,
                endedAt: disabledAt,
              },
            ],
          ],
        ],
      )
      world.now += 90_000
      const sent = await world.send()
      assert.deepEqual([...sent.operations.keys()], ['p1', 'p2'])
      assert.deepEqual(await world.leavers(), ['p1 confirmation-due', 'p2 under-way'])
      await world.answer(sent)
      await world.finalize()
      await world.tend()
      const { leavers } = await world.ledger.listClosedLeavers({ next: null, limit: 5 })
      const period = await world.ledger.listLeaversIn({ from: 0, to: world.now, next: null, limit: 5 })
      assert.deepEqual(
        period.leavers.map(({ employeeId, ended }) => [employeeId, ended?.byEmergency]),
        [
          ['p1', true],
          ['p2', false],
        ],
      )
      assert.deepEqual(
        leavers.map((closed) => [closed.employeeId, closed.as, closed.byEmergency]),
        [
          ['p2', 'proven', false],
          ['p1', 'proven', true],
        ],
      )
      assert.equal(leavers[1]?.endedAt, disabledAt)
    },
  },
  {
    name: 'a call is not begun for an employee who changed since the candidate was read, though not planned yet',
    run: async (world) => {
      await leaving(world, 'p1')
      const [one] = await candidates(world)
      await world.record(joiner('back', 'p1'))
      assert.ok(one)
      assert.deepEqual(await beginFor(world, one), { kind: 'changed' })
      assert.deepEqual(await spent(world), { day: 0, month: 0 })
    },
  },
  {
    name: 'a candidate is good for one call: the next needs another look at the employee',
    run: async (world) => {
      await leaving(world, 'p1')
      const [one] = await candidates(world)
      assert.ok(one)
      assert.equal((await beginFor(world, one)).kind, 'begun')
      world.now += 30_000
      assert.deepEqual(await beginFor(world, one), { kind: 'changed' })
      assert.equal((await begin(world)).kind, 'begun')
    },
  },
  {
    name: 'a call is begun once at a time; one that was cut off may be repeated when it must have ended, and counts as billed',
    run: async (world) => {
      await leaving(world, 'p1')
      const first = await begin(world)
      assert.deepEqual(first, { kind: 'begun', call: 1, objectId: OBJECT })
      assert.deepEqual(await begin(world), { kind: 'changed' })
      world.now += 30_000
      assert.equal((await begin(world)).kind, 'begun')
      assert.deepEqual(await spent(world), { day: 4_000, month: 4_000 })
      assert.equal((await candidates(world))[0]?.last?.tries, 2)
    },
  },
  {
    name: 'never more is spent in 24 hours or in 31 days than the budget, and a refused call costs nothing',
    run: async (world) => {
      await leaving(world, 'p1', 'p2', 'p3', 'p4')
      await call(world, 'p1', REFUSED)
      assert.deepEqual(await spent(world), { day: 0, month: 0 })
      await call(world, 'p1', DISABLED)
      await call(world, 'p2', DISABLED)
      assert.deepEqual(await begin(world, 'p3'), { kind: 'spent' })
      world.now += DAY_MS
      await call(world, 'p3', DISABLED)
      assert.deepEqual(await begin(world, 'p4'), { kind: 'spent' }, 'the month')
      world.now += MONTH_MS - DAY_MS
      assert.equal((await begin(world, 'p4')).kind, 'begun')
    },
  },
  {
    name: 'an account that may have been enabled since is a candidate again',
    run: async (world) => {
      await leaving(world, 'p1')
      await call(world, 'p1', DISABLED)
      await world.record(hrEvent('back', 'p1', { active: true }, { order: 2_000 }))
      await world.confirmAll()
      await world.tend()
      world.now += 60_000
      await world.record(leaver('out again', 'p1', 3_000))
      await world.plan()
      assert.deepEqual(await world.leavers(), ['p1 under-way'])
      assert.deepEqual(await listed(world), ['p1'])
    },
  },
  {
    name: 'an employee who returns is enabled again, also when the deactivation was never sent and the record is the old one',
    run: async (world) => {
      await leaving(world, 'p1')
      await call(world, 'p1', DISABLED)
      await world.record(hrEvent('back', 'p1', { active: true }, { order: 2_000 }))
      const sent = await world.send()
      assert.deepEqual([...sent.operations.keys()], ['p1'])
      assert.match(sent.batch.operations[0]?.record ?? '', /"active":true/)
    },
  },
  {
    name: 'a call that lands after the record of an employee who returned meanwhile has that record sent again',
    run: async (world) => {
      await leaving(world, 'p1')
      const begun = await begin(world)
      await world.record(hrEvent('back', 'p1', { active: true }, { order: 2_000 }))
      await world.confirmAll()
      assert.ok(begun.kind === 'begun')
      await world.ledger.endEmergencyCall(begun.call, { ...DISABLED, at: world.now }, world.now)
      assert.deepEqual([...(await world.send()).operations.keys()], ['p1'])
    },
  },
  {
    name: 'an account that another party changed since is a candidate again',
    run: async (world) => {
      await leaving(world, 'p1')
      await call(world, 'p1', DISABLED)
      world.now += 1_000
      await world.correlate({
        joins: [{ record: world.logRecord('p1', { active: true }), operation: null, interim: null }],
        finalAt: world.now,
        foreign: 1,
      })
      assert.deepEqual(await listed(world), ['p1'])
    },
  },
  {
    name: 'a deactivation that the service accepted is a candidate only when asked for, one that it answered never',
    run: async (world) => {
      await leaving(world, 'p1')
      const sent = await world.accept(await world.needBatch())
      assert.deepEqual(await listed(world), [])
      assert.deepEqual(await listed(world, true), ['p1'])
      await world.answer(sent)
      assert.deepEqual(await listed(world, true), [])
    },
  },
  {
    name: 'a leaver whose case a person has closed is not a candidate, and neither is a joiner',
    run: async (world) => {
      await leaving(world, 'p1', 'p3')
      await world.record(joiner('hire of p2', 'p2'))
      await world.plan()
      assert.deepEqual(await listed(world), ['p1', 'p3'])
      await world.ledger.acknowledgeLeavers({ ids: [1], actor: 'ann', justification: 'done' }, world.now)
      assert.deepEqual(await listed(world), ['p3'])
    },
  },
  {
    name: 'leavers without an object id come last, so that they keep no other leaver from the lane',
    run: async (world) => {
      await leaving(world, 'p0', 'p1')
      assert.deepEqual(
        (await candidates(world)).map(({ employee, objectId }) => [employee.employeeId, objectId]),
        [
          ['p1', OBJECT],
          ['p0', null],
        ],
      )
    },
  },
  {
    name: 'nothing is begun while the ledger is older than the directory',
    run: async (world) => {
      await leaving(world, 'p1')
      const { epoch, progress } = await world.ledger.readAge()
      await world.ledger.markOlder({ epoch, progress: progress + 1 }, world.now)
      assert.deepEqual(await begin(world), { kind: 'changed' })
    },
  },
  {
    name: 'an account that is gone is a finding, and its case stays open',
    run: async (world) => {
      await leaving(world, 'p1')
      await call(world, 'p1', GONE)
      const open = { open: true, code: null, employeeId: 'p1', next: null, limit: 5 }
      const { findings } = await world.ledger.listFindings(open)
      assert.deepEqual(
        findings.map(({ code }) => code),
        ['AccountGone'],
      )
      assert.deepEqual(await world.leavers(), ['p1 under-way'])
      assert.equal((await candidates(world))[0]?.last?.wait, 'account-gone')
    },
  },
  {
    name: 'what the open cases say about waiting for the lane is replaced as a whole, and ends with the call',
    run: async (world) => {
      await leaving(world, 'p1', 'p2')
      const waits = async () => (await world.ledger.readEmergencyStatus(world.now)).waits
      const counted = async () => (await world.figures()).emergencyWaits.map(({ why, count }) => [why, count])
      const budget = { employeeId: 'p1', why: 'budget' } as const
      await world.ledger.markEmergencyWaits([budget, { employeeId: 'p2', why: 'no-object-id' }])
      assert.equal((await waits()).length, 2)
      assert.deepEqual(await counted(), [
        ['budget', 1],
        ['no-object-id', 1],
      ])
      const about = { code: 'emergency.waits', cause: 'no-object-id' } as const
      assert.deepEqual(await world.ledger.listAlertEmployees(about, 5), ['p2'])
      await world.ledger.markEmergencyWaits([budget])
      assert.deepEqual(await waits(), [budget])
      assert.deepEqual(await counted(), [['budget', 1]])
      await call(world, 'p2', DISABLED)
      assert.deepEqual(await waits(), [budget], 'the call was for another employee')
      await call(world, 'p1', DISABLED)
      assert.deepEqual(await waits(), [])
    },
  },
  {
    name: 'the calls of a period come a page at a time with what the job did afterwards; an erasure leaves a hash and the money',
    run: async (world) => {
      await leaving(world, 'p1', 'p2')
      const from = world.now
      await call(world, 'p1', REFUSED)
      await call(world, 'p1', DISABLED)
      world.now += 1_000
      const to = world.now
      await call(world, 'p2', DISABLED)
      await world.answer(await world.send())
      await world.finalize()
      const within = async (since: number, until: number, limit = 1): Promise<readonly unknown[]> => {
        const found: unknown[] = []
        let next: number | null = null
        do {
          const page = await world.ledger.listEmergencyCallsIn({ from: since, to: until, next, limit })
          found.push(
            ...page.calls.map(({ employeeId, begunAt, ended, microUsd, job }) => [
              employeeId.slice(0, 7),
              begunAt - from,
              ended?.result,
              ended?.status,
              microUsd,
              job?.state ?? null,
            ]),
          )
          next = page.next
        } while (next !== null && found.length < 50)
        return found
      }
      assert.deepEqual(await within(from, to), [
        ['p1', 0, 'refused', 403, 0, 'confirmed'],
        ['p1', 100, 'disabled', 204, 2_000, 'confirmed'],
      ])
      assert.equal((await within(from, world.now, 2)).length, 3)
      await world.ledger.eraseEmployee({ employeeId: 'p2', actor: 'ann', justification: 'asked' }, world.now)
      assert.deepEqual(await within(to, world.now), [['erased:', to - from, 'disabled', 204, 2_000, null]])
    },
  },
  {
    name: 'an erasure leaves what was spent and nothing that identifies the employee',
    run: async (world) => {
      await leaving(world, 'p1')
      await call(world, 'p1', DISABLED)
      await world.ledger.eraseEmployee({ employeeId: 'p1', actor: 'ann', justification: 'asked' }, world.now)
      assert.deepEqual(await spent(world), { day: 2_000, month: 2_000 })
      assert.deepEqual(await listed(world), [])
    },
  },
  {
    name: 'an account stands as disabled until something later may have enabled it: a record of an active operation, one that the service retries, or a change elsewhere',
    run: async (world) => {
      const ids = ['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7', 'p8']
      await world.record(...ids.map((id) => joiner(`hire of ${id}`, id)))
      const hired = await world.send()
      await world.answerEach(hired, () => OBJECT)
      await world.finalize()
      await world.record(hrEvent('title of p8', 'p8', { title: 'Lead' }, { order: 1 }))
      const retried = { status: 'failure', code: 'Timeout', willRetry: true } as const
      await world.answer(await world.send(), 'escrowed', retried)
      world.now += 60_000
      await world.record(...ids.map((id) => leaver(`end of ${id}`, id)))
      await world.plan()
      const disabledAt = world.now + 1_000
      const budget = { day: 20_000, month: 20_000 }
      const calls = await Promise.all(ids.map((id) => begin(world, id, { budget })))
      for (const begun of calls) {
        assert.ok(begun.kind === 'begun')
        const answer = { ...DISABLED, at: disabledAt }
        await world.ledger.endEmergencyCall(begun.call, answer, world.now)
      }
      world.now += 60_000
      assert.deepEqual(await listed(world), ['p8'], 'the service retries an active record')
      const say = (employeeId: string, own: boolean, activityAt: number, more = {}) =>
        world.correlate({
          joins: [
            {
              record: world.logRecord(employeeId, { activityAt, ...more }),
              operation: own ? (hired.operations.get(employeeId) ?? null) : null,
              interim: null,
            },
          ],
        })
      await say('p1', true, disabledAt)
      await say('p2', true, disabledAt - 1)
      await say('p3', false, disabledAt)
      await say('p4', false, disabledAt - 1)
      await say('p5', false, disabledAt + 1, { status: 'failure' })
      await say('p9', false, disabledAt + 1)
      assert.deepEqual(await listed(world), ['p1', 'p3', 'p8'])
    },
  },
  {
    name: 'deactivations in a batch that was not sent are candidates too, those planned first come first, as many as asked for and not those planned later',
    run: async (world) => {
      await leaving(world, 'p1', 'p2', 'p9')
      const batch = await world.needBatch({ maxOperations: 1 })
      assert.equal(batch.operations[0]?.employeeId, 'p1')
      const list = async (query: { readonly limit?: number; readonly plannedBy?: number }) =>
        (
          await world.ledger.listEmergencyCandidates({
            limit: 9,
            plannedBy: world.now,
            accepted: true,
            ...query,
          })
        ).map(({ employee, operation }) => [employee.employeeId, operation.accepted])
      const second = ['p2', false]
      const withoutAccount = ['p9', false]
      assert.deepEqual(await list({}), [['p1', false], second, withoutAccount])
      assert.deepEqual(await list({ limit: 1 }), [['p1', false]])
      assert.deepEqual(await list({ plannedBy: world.now - 1 }), [])
      await world.accept(batch)
      assert.deepEqual(await list({}), [['p1', true], second, withoutAccount])
    },
  },
  {
    name: 'a call counts for a day and a month from its beginning, not at their end',
    run: async (world) => {
      await leaving(world, 'p1')
      const begunAt = world.now
      const begun = await begin(world)
      assert.ok(begun.kind === 'begun')
      for (const [afterMs, day, month] of [
        [DAY_MS - 1, 2_000, 2_000],
        [DAY_MS, 0, 2_000],
        [MONTH_MS - 1, 0, 2_000],
        [MONTH_MS, 0, 0],
      ] as const) {
        world.now = begunAt + afterMs
        assert.deepEqual(await spent(world), { day, month }, `after ${afterMs} ms`)
      }
    },
  },
  {
    name: 'the first answer to a call stands, and a call without one has not ended',
    run: async (world) => {
      await leaving(world, 'p1', 'p2')
      const begun = await begin(world)
      assert.ok(begun.kind === 'begun')
      await begin(world, 'p2')
      const calls = async () => {
        const query = { from: world.now, to: world.now + 1, next: null, limit: 9 }
        const page = await world.ledger.listEmergencyCallsIn(query)
        return page.calls.map(({ ended, microUsd }) => [ended?.result ?? null, microUsd])
      }
      assert.deepEqual(await calls(), [
        [null, 2_000],
        [null, 2_000],
      ])
      await world.ledger.endEmergencyCall(begun.call, { ...REFUSED, at: world.now }, world.now)
      await world.ledger.endEmergencyCall(begun.call, { ...GONE, at: world.now + 1 }, world.now)
      assert.deepEqual(await calls(), [
        ['refused', 0],
        [null, 2_000],
      ])
      const open = { open: true, code: null, employeeId: 'p1', next: null, limit: 5 }
      assert.deepEqual((await world.ledger.listFindings(open)).findings, [])
      assert.deepEqual((await candidates(world))[0]?.last, {
        begunAt: world.now,
        endedAt: world.now,
        endsBy: world.now + 30_000,
        tries: 1,
        wait: 'access',
      })
    },
  },
  {
    name: 'a call of which nothing is known has the record of an employee who returned meanwhile sent again; one that was refused has not',
    run: async (world) => {
      for (const [id, result, again] of [
        ['p1', 'unknown', ['p1']],
        ['p2', 'refused', []],
      ] as const) {
        await leaving(world, id)
        const begun = await begin(world, id)
        assert.ok(begun.kind === 'begun')
        await world.record(hrEvent(`back ${id}`, id, { active: true }, { order: 2_000 }))
        await world.confirmAll()
        const answer = { ...REFUSED, result, wait: null, at: world.now }
        await world.ledger.endEmergencyCall(begun.call, answer, world.now)
        assert.deepEqual(await world.plan(), again)
      }
    },
  },
]
