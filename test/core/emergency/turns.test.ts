import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import { emergencyLoop, type EmergencyLane } from '../../../src/core/emergency/loop.ts'
import type {
  EmergencyAnswer,
  EmergencyBegun,
  EmergencyCandidate,
  WaitingLeaver,
} from '../../../src/core/emergency/ledger.ts'
import { EmergencyFileSettings, emergencyRules } from '../../../src/core/emergency/settings.ts'
import type { UploadAnswer } from '../../../src/core/ports.ts'
import type { Service } from '../../../src/core/service.ts'
import { day } from '../../fakes/events.ts'
import { employee, personEvent } from '../../fakes/people.ts'
import { response } from '../../fakes/upload-answer.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const NOW = day(9)
const LIMITS = { perWindow: 40, windowMs: 5_000, perDay: 2_000 }
const rules = emergencyRules(EmergencyFileSettings.parse({ usdPerDay: 1, usdPerMonth: 10 }))
const timeout: UploadAnswer = { kind: 'network', code: 'ETIMEDOUT' }

const EVENTS = [
  personEvent(1, { worker: { userName: 'a@contoso.com', active: true }, effectiveAt: day(1) }),
  personEvent(2, { worker: { active: false }, effectiveAt: day(8) }),
]
const candidate = (id: string, more: Partial<EmergencyCandidate> = {}): EmergencyCandidate => ({
  employee: employee(EVENTS, { employeeId: id, known: true }),
  objectId: `object of ${id}`,
  operation: { id: `op-${id}`, createdAt: NOW, accepted: false },
  brake: null,
  last: null,
  ...more,
})

interface Given {
  readonly candidates: readonly EmergencyCandidate[]
  readonly begin?: (employeeId: string) => EmergencyBegun
  /** What the directory answers, one call after the other. */
  readonly answers?: readonly UploadAnswer[]
  readonly onCall?: (service: Service) => void
  /** What the cases say at first. */
  readonly waits?: readonly WaitingLeaver[]
}

/** A lane whose job is full for a day, beside a ledger that always has the same candidates. */
async function scene(t: TestContext, { candidates, begin, answers = [], onCall, waits = [] }: Given) {
  const clock = virtualRuntime(NOW)
  const counted: string[] = []
  const calls: string[] = []
  const ended: EmergencyAnswer[] = []
  const marks: (readonly WaitingLeaver[])[] = []
  const left = [...answers]
  const ledger: EmergencyLane['ledger'] = {
    readEmergencyStatus: async (now) => ({
      holds: [{ name: 'full', since: NOW, until: NOW + 1_440 * MINUTE, status: 500, detail: null }],
      bulk: { now, used: 0, oldestAt: null, lastAt: null },
      spent: { day: 0, month: 0 },
      waits: marks.at(-1) ?? waits,
    }),
    listEmergencyCandidates: async ({ limit }) => candidates.slice(0, limit),
    beginEmergencyCall: async ({ employeeId }) =>
      begin?.(employeeId) ?? { kind: 'begun', call: 1, objectId: employeeId },
    endEmergencyCall: async (_call, answer) => void ended.push(answer),
    markEmergencyWaits: async (now) => void marks.push(now),
  }
  const service = emergencyLoop({
    ledger,
    directory: {
      deactivate: async (objectId) => {
        onCall?.(service)
        calls.push(`${(clock.now() - NOW) / SECOND} ${objectId}`)
        return left.shift() ?? response(204)
      },
    },
    settings: {
      rules,
      limits: LIMITS,
      throttledMs: 5 * SECOND,
      failedMs: 10 * SECOND,
      accessMs: MINUTE,
      pollMs: 2 * SECOND,
      employeesAtOnce: 50,
      answerMs: 30 * SECOND,
    },
    runtime: {
      ...clock,
      telemetry: {
        ...clock.telemetry,
        count: (name, value, attributes) =>
          void counted.push([name, value, ...Object.values(attributes ?? {})].join(' ')),
      },
    },
  })
  const running = service.run()
  t.after(async () => {
    await service.stop()
    await running
  })
  await clock.settle()
  return { clock, counted, calls, ended, marks }
}

void it('a call is counted with its answer, and with its price if Microsoft may bill it', async (t) => {
  const candidates = [candidate('1'), candidate('2')]
  const { counted, clock } = await scene(t, { candidates, answers: [response(204), response(403)] })
  assert.deepEqual(counted, [
    'rollcall.emergency.requests 1 204',
    'rollcall.emergency.cost_usd 0.002',
    'rollcall.emergency.requests 1 403',
  ])
  // Only the account that was disabled is logged as that.
  assert.deepEqual(
    clock.lines.flatMap(({ event, fields }) => (event === 'emergency.disabled' ? [fields] : [])),
    [{ operation: 'op-1', reason: 'full' }],
  )
})

void it('failures in a row are waited for longer and longer, and a call that succeeds ends that', async (t) => {
  const answers = [timeout, timeout, timeout, response(204), timeout, timeout]
  const { calls, clock } = await scene(t, { candidates: [candidate('1')], answers })
  await clock.advance(2 * MINUTE)
  assert.deepEqual(
    calls.slice(0, 6).map((call) => Number(call.split(' ')[0])),
    // 10, 20 and 40 seconds after a failure; the next poll after the success; 10 seconds again.
    [0, 10, 30, 70, 72, 82],
  )
})

void it('a leaver who was changed meanwhile is left out, and the next one is disabled', async (t) => {
  const candidates = [candidate('1'), candidate('2'), candidate('3')]
  const kinds = { '1': 'changed', '2': 'spent' } as const
  const { calls, ended } = await scene(t, {
    candidates,
    begin: (id) => (id === '3' ? { kind: 'begun', call: 1, objectId: id } : { kind: kinds[id as '1' | '2'] }),
  })
  assert.deepEqual([calls, ended.length], [['0 3'], 1])
})

void it('while the lane pauses, the cases of all who would go by it say why, and they are written once', async (t) => {
  const candidates = [candidate('1'), candidate('2'), candidate('3', { objectId: null })]
  const { calls, marks, clock } = await scene(t, { candidates, answers: [response(403)] })
  await clock.advance(MINUTE - 1)
  assert.equal(calls.length, 1)
  const noObject = { employeeId: '3', why: 'no-object-id' }
  assert.deepEqual(marks, [
    [noObject],
    [noObject, { employeeId: '1', why: 'access' }, { employeeId: '2', why: 'access' }],
  ])
  const logged = clock.lines.filter(({ event }) => event === 'emergency.waits')
  assert.deepEqual(
    logged.map(({ fields: { why, leavers } }) => [why, leavers]),
    [
      ['no-object-id', 1],
      ['access', 2],
    ],
  )
})

void it('the lane goes on when its pause is over', async (t) => {
  const { calls, marks, clock } = await scene(t, { candidates: [candidate('1')], answers: [response(403)] })
  assert.deepEqual(marks, [[{ employeeId: '1', why: 'access' }]], 'the case says so at once')
  await clock.advance(MINUTE)
  assert.deepEqual(calls.slice(0, 2), ['0 1', '60 1'])
  assert.deepEqual(marks.at(-1), [])
})

void it('a case is written again when only its reason changes', async (t) => {
  const refused = { begunAt: NOW, endedAt: NOW, endsBy: NOW, tries: 3, wait: 'access' } as const
  const { marks } = await scene(t, {
    candidates: [candidate('1', { last: refused }), candidate('3', { objectId: null })],
    waits: [
      { employeeId: '3', why: 'no-object-id' },
      { employeeId: '1', why: 'budget' },
    ],
  })
  assert.deepEqual(marks, [
    [
      { employeeId: '3', why: 'no-object-id' },
      { employeeId: '1', why: 'access' },
    ],
  ])
})

void it('a lane that is stopped begins no other call', async (t) => {
  const candidates = [candidate('1'), candidate('2')]
  const { calls } = await scene(t, { candidates, onCall: (service) => void service.stop() })
  assert.deepEqual(calls, ['0 1'])
})
