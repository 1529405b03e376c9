import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assess } from '../../../src/core/alerts/assess.ts'
import type { Scene } from '../../../src/core/alerts/scene/scene.ts'
import { ALERT_CODES } from '../../../src/core/alerts/codes.ts'
import type { Figures } from '../../../src/core/ledger/port/figures.ts'
import type { Hold, HoldName } from '../../../src/core/ledger/port/submit.ts'
import { instanceStates } from '../../../src/core/instances/state.ts'
import { HOUR, LIMITS, MINUTE, noFigures } from '../../fakes/alerts.ts'
import { anInstance } from '../../fakes/instances.ts'

const T = Date.UTC(2026, 10, 2, 8)
/** What is wrong, as `urgency code cause count`. */
function found(
  figures: Partial<Figures>,
  more: Partial<Scene> = {},
  callsPerDayAt: Readonly<Record<string, number>> = {},
): readonly string[] {
  const scene: Scene = {
    now: T,
    figures: { ...noFigures(), ...figures },
    channels: [],
    instances: [],
    receiversClosedSince: null,
    ...more,
  }
  return assess(scene, { ...LIMITS, callsPerDayAt }).map(({ urgency, code, cause, count }) =>
    `${urgency} ${code} ${cause} ${count}`.replaceAll('  ', ' '),
  )
}
const hold = (name: HoldName, since: number, detail: string | null = null): Hold => ({
  name,
  since,
  until: T + HOUR,
  status: null,
  detail,
})
const depth = (count: number, oldestAt: number) => ({ count, oldestAt })

void describe('what is an alert', () => {
  void it('nothing is, where nothing is wrong', () => assert.deepEqual(found({}), []))

  void it('dead letters are, one alert for each reason, and those of the bus apart', () => {
    assert.deepEqual(
      found({
        deadLetters: [
          { code: 'InvalidValue', ...depth(3_990, T - HOUR) },
          { code: 'NoOutcome', ...depth(10, T) },
        ],
        busDeadLetters: {
          countedAt: T - HOUR,
          capped: false,
          codes: [{ code: 'BodyNotJson', ...depth(2, T) }],
        },
      }),
      [
        'normal deadletter.new InvalidValue 3990',
        'normal deadletter.new NoOutcome 10',
        'normal deadletter.new bus: BodyNotJson 2',
      ],
    )
  })

  void it('an open leaver case is, at once where time does not help, and otherwise after the limit', () => {
    const leavers = (oldestAt: number): Partial<Figures> => ({
      leavers: {
        ...depth(9, oldestAt),
        causes: [
          { cause: 'held', ...depth(4, T - 900 * HOUR) },
          { cause: 'brake', ...depth(2, T - HOUR) },
          { cause: 'not-in-directory', ...depth(1, T) },
          { cause: 'under-way', ...depth(2, oldestAt) },
        ],
      },
    })
    assert.deepEqual(found(leavers(T - HOUR + 1)), ['urgent leaver.open not-in-directory 1'])
    assert.deepEqual(found(leavers(T - HOUR)), [
      'urgent leaver.open not-in-directory 1',
      'urgent leaver.open under-way 2',
    ])
  })

  void it('employees that the brake holds are', () => {
    assert.deepEqual(found({ brake: { window: 40, held: 380, heldSince: T } }), ['urgent brake.tripped 380'])
  })

  void it('a stopped job is one at once, and so is a refusal; what the service may lift is one only when it lasts', () => {
    assert.deepEqual(found({ holds: [hold('job', T, 'Quarantine'), hold('access', T)] }), [
      'urgent job.stopped Quarantine 1',
      'urgent submission.held access 1',
    ])
    assert.deepEqual(found({ holds: [hold('circuit', T - 10 * MINUTE + 1)] }), [])
    assert.deepEqual(found({ holds: [hold('circuit', T - 10 * MINUTE)] }), [
      'urgent submission.held circuit 1',
    ])
  })

  void it('a job that fails nearly often enough for quarantine is, by the nearest limit; one that is stopped is the other alert', () => {
    const report = (escrowed: number): Partial<Figures> => ({
      jobReport: {
        seenAt: T,
        code: 'Active',
        quarantine: null,
        failures: { escrowed, withReferences: escrowed, synchronized: 500_000 },
      },
    })
    assert.deepEqual(found(report(32_000)), [], 'just under 80 % of 40,001')
    assert.deepEqual(found(report(32_001)), ['normal job.failing failures 32001'])
    assert.deepEqual(found({ ...report(0), escrowed: depth(33_000, T) }), [
      'normal job.failing failures 33000',
    ])
    const stopped = { ...report(40_001), holds: [hold('job', T, 'Quarantine')] }
    assert.deepEqual(found(stopped), ['urgent job.stopped Quarantine 1'])
  })

  void it('a quota that is nearly used up is, and one that is used up is urgent', () => {
    const used = (calls: number): Partial<Figures> => ({
      quota: { used: calls, oldestAt: null, lastAt: null },
    })
    assert.deepEqual(found(used(1_799)), [])
    assert.deepEqual(found(used(1_800)), ['normal quota.low nearly used up 1800'])
    assert.deepEqual(found(used(2_000)), [
      'normal quota.low nearly used up 2000',
      'urgent quota.low used up 2000',
    ])
  })

  void it('findings are, and a ledger that is older than the directory is urgent', () => {
    assert.deepEqual(
      found({
        findings: [
          { code: 'AttributeUnmapped', ...depth(2, T) },
          { code: 'LedgerOlderThanDirectory', ...depth(1, T) },
        ],
      }),
      ['normal finding.new AttributeUnmapped 2', 'urgent finding.new LedgerOlderThanDirectory 1'],
    )
  })

  void it('a stage is when its oldest work is too old; operations that a hold or the quota keeps back are not', () => {
    const waiting = depth(50, T - HOUR)
    const stages = { ...noFigures().stages, waiting, unpublished: depth(3, T - HOUR) }
    assert.deepEqual(found({ stages, waiting }), [
      'normal stage.stuck waiting 50',
      'normal stage.stuck unpublished 3',
    ])
    assert.deepEqual(found({ stages, waiting, holds: [hold('full', T)] }), [
      'normal stage.stuck unpublished 3',
    ])
    const spent = { quota: { used: 2_000, oldestAt: null, lastAt: null } }
    assert.ok(!found({ stages, waiting, ...spent }).includes('normal stage.stuck waiting 50'))
  })

  void it('a log that was not read is, while an answer is awaited from it', () => {
    const watermark = T - 45 * MINUTE
    assert.deepEqual(found({ watermark }), [])
    assert.deepEqual(found({ watermark, unanswered: depth(1, T) }), ['normal log.behind 1'])
    assert.deepEqual(found({ watermark: null, unanswered: depth(1, watermark) }), ['normal log.behind 1'])
    assert.deepEqual(found({ watermark: watermark + 1, unanswered: depth(1, T) }), [])
  })

  void it('receivers that stay closed, refused records and a channel that stays down are', () => {
    const channel = { channel: 'ops', notifications: 4, oldestAt: T, code: '503' }
    assert.deepEqual(
      found(
        { notAccepted: 2 },
        {
          receiversClosedSince: T - MINUTE,
          channels: [
            { ...channel, failingSince: T - 10 * MINUTE },
            { ...channel, channel: 'mail', failingSince: null },
          ],
        },
      ),
      ['normal record.refused 2', 'urgent bus.unreachable 1', 'normal channel.down ops 4'],
    )
  })

  void it('a loop that ran and runs nowhere any more is, however its instance ended; an instance that was killed is for a day', () => {
    const run = (ago: number, more: Parameters<typeof anInstance>[1] = {}) =>
      anInstance('one', { startedAt: T - 90 * HOUR, seenAt: T - ago, loops: ['publish'], ...more })
    const after = (ago: number, more = {}): readonly string[] =>
      found({}, { instances: instanceStates([run(ago, more)], T) })
    assert.deepEqual(after(5_000), [])
    assert.deepEqual(after(40_000), ['normal instance.lost name of one 1'])
    assert.deepEqual(after(45_000), ['urgent loop.missing publish 1', 'normal instance.lost name of one 1'])
    assert.deepEqual(after(45_000, { endedAt: T - 45_000 }), ['urgent loop.missing publish 1'])
    assert.deepEqual(after(25 * HOUR), ['urgent loop.missing publish 1'])
    assert.deepEqual(after(24 * HOUR), ['urgent loop.missing publish 1'])
    assert.deepEqual(after(24 * HOUR - 1), [
      'urgent loop.missing publish 1',
      'normal instance.lost name of one 1',
    ])
  })

  void it('a loop is missed since it last ran anywhere, and instances that were lost since the first of them', () => {
    const run = (id: string, ago: number) =>
      anInstance(id, { name: 'one', startedAt: T - HOUR, seenAt: T - ago, loops: ['publish'] })
    const instances = instanceStates([run('a', 90_000), run('b', 50_000)], T)
    const scene = { now: T, figures: noFigures(), channels: [], instances, receiversClosedSince: null }
    assert.deepEqual(
      assess(scene, { ...LIMITS, callsPerDayAt: {} }).map(({ code, count, oldestAt }) => [
        code,
        count,
        T - (oldestAt ?? 0),
      ]),
      [
        ['loop.missing', 1, 50_000],
        ['instance.lost', 2, 90_000],
      ],
    )
  })

  void it('what is young, or gone, is not', () => {
    const stages = { ...noFigures().stages, unpublished: depth(3, T) }
    assert.deepEqual(found({ stages }), [])
    assert.deepEqual(found({ deadLetters: [{ code: 'NoOutcome', ...depth(0, T) }] }), [])
    const channel = { channel: 'ops', notifications: 4, oldestAt: T, code: '503' }
    assert.deepEqual(found({}, { channels: [{ ...channel, failingSince: T - 10 * MINUTE + 1 }] }), [])
  })

  void it('a leaver that the emergency lane cannot disable is an alert at once, by the obstacle', () => {
    const emergencyWaits = [{ why: 'budget', ...depth(3, T - MINUTE) }] as const
    assert.deepEqual(found({ emergencyWaits }), ['urgent emergency.waits budget 3'])
  })

  void it('an account that the emergency lane disabled is not an alert, however long the confirmation takes', () => {
    const causes = [{ cause: 'confirmation-due', ...depth(1, T - 90 * HOUR) }] as const
    assert.deepEqual(found({ leavers: { ...depth(1, T - 90 * HOUR), causes } }), [])
  })

  void it('every code of the table is a name of letters and dots, for logs and patterns', () => {
    for (const code of ALERT_CODES) assert.match(code, /^[a-z]+\.[a-z]+$/)
  })
})

void describe('with several destinations', () => {
  const { others: _none, ...north } = { ...noFigures(), name: 'north' }
  const south = { ...north, name: 'south' }

  void it('the trouble of one hides that of no other: each alert names its destination', () => {
    const stopped = (since: number) => ({ holds: [hold('job', since, 'Paused')] })
    assert.deepEqual(found({ ...north, ...stopped(T), others: [{ ...south, ...stopped(T - HOUR) }] }), [
      'urgent job.stopped north: Paused 1',
      'urgent job.stopped south: Paused 1',
    ])
  })

  void it('holds, quota, stages and the log of another than the first are alerts', () => {
    const old = depth(3, T - 24 * HOUR)
    const busy = { waiting: old, accepted: old, escrowed: depth(39_000, T), watermark: T - 24 * HOUR }
    const used = { used: 300, oldestAt: T, lastAt: T }
    const all = (quota: typeof used, holds: readonly Hold[] = []): readonly string[] =>
      found({ ...north, others: [{ ...south, ...busy, quota, holds }] }, {}, { south: 300 })
    assert.deepEqual(all({ ...used, used: 1 }), [
      'normal job.failing south: share 39000',
      'normal stage.stuck south: waiting 3',
      'normal stage.stuck south: accepted 3',
      'normal log.behind south 1',
    ])
    assert.deepEqual(all(used, [hold('access', T)]).slice(0, 4), [
      'urgent submission.held south: access 1',
      'normal job.failing south: share 39000',
      'normal quota.low south: nearly used up 300',
      'urgent quota.low south: used up 300',
    ])
  })
})
