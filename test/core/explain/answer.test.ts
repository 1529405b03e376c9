import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AccessAnswer, Obstacle } from '../../../src/core/explain/access.ts'
import { type AccessContext, explainAccess } from '../../../src/core/explain/answer.ts'
import { nextCommand } from '../../../src/core/explain/next.ts'
import { operationObstacles } from '../../../src/core/explain/operations.ts'
import { sentenceOf } from '../../../src/core/explain/words.ts'
import type { EmployeeEvent } from '../../../src/core/ledger/employee.ts'
import { EVENT_REASONS } from '../../../src/core/ledger/event-reason.ts'
import type { OperationState } from '../../../src/core/ledger/lifecycle.ts'
import type { AccessFacts, AccessOperation } from '../../../src/core/ledger/port/views/access.ts'
import type { LeaverView } from '../../../src/core/ledger/port/leavers.ts'
import type { Hold, HoldName } from '../../../src/core/ledger/port/submit.ts'
import type { Activation } from '../../../src/core/plan/settings.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'
import { day } from '../../fakes/events.ts'
import { employee, personEvent } from '../../fakes/people.ts'

const NOW = day(20)
const iso = (at: number): string => new Date(at).toISOString().slice(0, 10)

const hire = personEvent(1, { worker: { active: true }, effectiveAt: day(1), state: 'confirmed' })
const leaving = personEvent(2, { worker: { active: false }, effectiveAt: day(10) })
const LEFT = [hire, leaving]
const OUTSIDE_PILOT = { state: 'held', reason: EVENT_REASONS.pilot } as const

const proof = (operation: string, at: number) => ({ operation, at, logRecord: `r-${operation}` })
const ACTIVE = {
  active: true,
  certain: true,
  since: proof('op-1', day(2)),
  orEarlier: false,
  last: proof('op-3', day(3)),
}
const DISABLED = { ...ACTIVE, active: false, since: proof('op-4', day(11)), last: proof('op-4', day(11)) }

function facts(events: readonly EmployeeEvent[], more: Partial<AccessFacts> = {}): AccessFacts {
  return {
    employeeId: '10001',
    employee: employee(events),
    objectId: null,
    destination: null,
    left: [],
    accepted: ACTIVE,
    emergencyDisabledAt: null,
    foreignFinding: null,
    brake: null,
    incomplete: null,
    dueSince: null,
    operations: [],
    leavers: [],
    holds: [],
    calls: { used: 0, oldestAt: null, lastAt: null },
    ...more,
  }
}
function answer(
  events: readonly EmployeeEvent[],
  more: Partial<AccessFacts> = {},
  context: Partial<AccessContext> = {},
): AccessAnswer {
  const limits = { perWindow: 40, windowMs: 5_000, perDay: 100 }
  return explainAccess(facts(events, more), { now: NOW, limits, running: true, ...context })
}
const operation = (state: OperationState, more: Partial<AccessOperation> = {}): AccessOperation => ({
  id: 'op-9',
  state,
  interim: null,
  active: false,
  departs: false,
  code: null,
  createdAt: day(11),
  acceptedAt: day(12),
  answeredAt: day(13),
  finishedAt: day(14),
  notBefore: null,
  attempts: 1,
  ...more,
})
const hold = (name: HoldName, until = day(21)): Hold => ({
  name,
  since: day(12),
  until,
  status: null,
  detail: null,
})
const leaverCase = (more: Partial<LeaverView['leaverCase']> = {}): LeaverView => ({
  leaverCase: {
    id: 3,
    employeeId: '10001',
    event: { source: '/hr/acme', id: 'e-2' },
    effectiveAt: day(10),
    recordedAt: day(9),
    receivedAt: day(9),
    openedAt: day(9),
    resends: 0,
    refused: false,
    ...more,
  },
  employee: employee(LEFT),
  candidates: [],
  directory: { disabled: false, since: null },
  emergency: { disabledAt: null, wait: null },
  brake: null,
  last: null,
})
const READY = { state: 'received' as const }

void describe('what the directory holds', () => {
  void test('is what it accepted last, since the operation that made it so', () => {
    const active = answer([hire])
    assert.equal(active.canSignIn, 'yes')
    assert.deepEqual(active.directory, { kind: 'active', since: ACTIVE.since, orEarlier: false })
    assert.equal(answer(LEFT, { accepted: DISABLED }).canSignIn, 'no')
  })
  void test('is in doubt when something since then may have changed it', () => {
    const { canSignIn, directory } = answer(LEFT, { accepted: { ...ACTIVE, certain: false } })
    assert.deepEqual([canSignIn, directory.kind], ['unknown', 'in-doubt'])
  })
  void test('is not known when it accepted no record', () => {
    const { canSignIn, directory } = answer([hire], { accepted: null })
    assert.deepEqual([canSignIn, directory.kind], ['no-account', 'not-known'])
  })
  void test('is the change of another system until the directory accepts a later record', () => {
    const changed = (at: number): AccessAnswer =>
      answer([], { employee: employee([hire], { disabledElsewhereAt: at }) })
    assert.deepEqual(changed(day(5)).directory, { kind: 'disabled-elsewhere', at: day(5) })
    assert.equal(changed(day(5)).canSignIn, 'no')
    assert.equal(changed(day(3)).canSignIn, 'no', 'at the same moment the deactivation counts')
    assert.equal(changed(day(2)).directory.kind, 'active')
    const unseen = { accepted: null, employee: employee([hire], { disabledElsewhereAt: day(2) }) }
    assert.equal(answer([], unseen).directory.kind, 'disabled-elsewhere', 'no record was accepted since')
  })
  void test('is what the emergency lane did until the log confirms it', () => {
    const lane = { emergencyDisabledAt: day(11) }
    const { canSignIn, directory, between } = answer(LEFT, {
      ...lane,
      accepted: { ...ACTIVE, certain: false },
    })
    assert.deepEqual([canSignIn, directory], ['no', { kind: 'emergency-disabled', at: day(11) }])
    assert.deepEqual(between, [], 'nothing keeps HR and the directory apart')
    assert.equal(answer(LEFT, { ...lane, accepted: DISABLED }).directory.kind, 'disabled')
    const doubted = { ...DISABLED, certain: false }
    assert.equal(answer(LEFT, { ...lane, accepted: doubted }).directory.kind, 'emergency-disabled')
    assert.equal(answer([], { ...lane, employee: null, accepted: null }).directory.kind, 'emergency-disabled')
    const unanswered = [{ id: 'op-1', state: 'accepted', active: true }] as const
    const behind = {
      ...lane,
      accepted: { ...ACTIVE, certain: false },
      employee: employee(LEFT, { unanswered }),
    }
    assert.equal(answer(LEFT, behind).directory.kind, 'in-doubt', 'an activation may still land')
  })
})

void describe('what HR says', () => {
  const said = (events: readonly EmployeeEvent[]): string => answer(events).hr.kind
  void test('comes from the event that decides access', () => {
    assert.deepEqual(answer(LEFT).hr, {
      kind: 'left',
      since: day(10),
      event: { source: '/hr/acme', id: 'e-2' },
    })
    assert.equal(said([hire]), 'active')
  })
  void test('is taken back by the rescind of a hire that may have been sent', () => {
    const rescind = personEvent(3, { rescinds: { source: '/hr/acme', id: 'e-1' }, effectiveAt: day(4) })
    const rescinded = answer([], { employee: employee([hire, rescind], { known: true }) })
    assert.deepEqual([rescinded.hr.kind, rescinded.wanted], ['withdrawn', 'disabled'])
  })
  void test('is nothing when no event in force decides, or there is none', () => {
    assert.equal(said([personEvent(1, { worker: { title: 'x' } })]), 'silent')
    assert.equal(said([]), 'no-events')
    assert.equal(answer([], { employee: null }).hr.kind, 'no-events')
  })
  void test('is nothing yet when a start was only announced, and the start lies ahead', () => {
    const joiner = personEvent(1, { worker: { active: true, title: 'x' }, effectiveAt: day(30) })
    const activation: Activation = { policy: 'announce', attribute: 'employeeHireDate' }
    const fold = { owns: () => null, activation }
    const { hr, wanted, between } = answer([joiner], { accepted: null }, { fold })
    assert.deepEqual([hr.kind, wanted], ['silent', null])
    const future = { kind: 'future', event: { source: '/hr/acme', id: 'e-1' }, at: day(30) }
    assert.deepEqual(between, [{ ...future, becomes: 'active' }])
  })
  void test('of an erased employee is where the employee left last', () => {
    const mark = personEvent(0, {
      type: 'worker.erased',
      worker: { active: false },
      dead: true,
      state: 'confirmed',
    })
    assert.equal(said([mark]), 'erased')
  })
  void test('is overlaid by a block in force, which decides what is wanted', () => {
    const blocked = employee([hire], { blocked: { since: day(5), until: null } })
    const { hr, wanted } = answer([], { employee: blocked })
    assert.deepEqual([hr.kind, wanted], ['active', 'disabled'])
    const lifted = employee([hire], { blocked: { since: day(5), until: day(15) } })
    const after = answer([], { employee: lifted })
    assert.deepEqual([after.wanted, after.between], ['active', []], 'a block that has ended changes nothing')
  })
})

/** One answer for each kind, in which that obstacle comes first, and the next command. */
const CASES: Readonly<Record<Obstacle['kind'], readonly [AccessAnswer, next: string | null]>> = {
  restored: [
    answer(LEFT, { holds: [hold('restored')] }),
    'rollcall findings list --code LedgerOlderThanDirectory',
  ],
  block: [
    answer([], { employee: employee([hire], { blocked: { since: day(5), until: null } }) }),
    'rollcall blocks list --employee 10001',
  ],
  'foreign-change': [
    answer([], { employee: employee([hire], { disabledElsewhereAt: day(15) }), foreignFinding: 7 }),
    'rollcall findings show finding-7',
  ],
  brake: [answer(LEFT, { brake: { state: 'held', since: day(11) } }), 'rollcall brake status'],
  'brake-refused': [answer(LEFT, { brake: { state: 'refused', since: day(11) } }), 'rollcall brake status'],
  pilot: [
    answer([hire, personEvent(2, { worker: { active: false }, effectiveAt: day(10), ...OUTSIDE_PILOT })]),
    'rollcall plan --employee 10001',
  ],
  'refused-message': [
    answer([hire], { leavers: [leaverCase({ refused: true })] }),
    'rollcall dead-letters list --store bus',
  ],
  incomplete: [
    answer([hire], { accepted: null, incomplete: { since: day(3), missing: 'userName' } }),
    'rollcall plan --employee 10001',
  ],
  unread: [answer([personEvent(1, { mode: 'notice' })], { accepted: null }), 'rollcall trace e-1'],
  stopped: [answer(LEFT, { dueSince: day(10) }, { running: false }), 'rollcall instances'],
  hold: [answer(LEFT, { holds: [hold('job')], operations: [operation('pending')] }), 'rollcall status'],
  quota: [
    answer(LEFT, {
      operations: [operation('pending')],
      calls: { used: 100, oldestAt: NOW - 1_000, lastAt: NOW - 1_000 },
    }),
    'rollcall status',
  ],
  waiting: [answer(LEFT, { operations: [operation('pending')] }), 'rollcall status'],
  planning: [answer(LEFT, { dueSince: day(10) }), 'rollcall status'],
  sending: [answer(LEFT, { operations: [operation('batched')] }), 'rollcall trace 10001'],
  unanswered: [answer(LEFT, { operations: [operation('accepted')] }), 'rollcall trace 10001'],
  failed: [answer(LEFT, { operations: [operation('failed', { code: 'X' })] }), 'rollcall trace 10001'],
  escrowed: [answer(LEFT, { operations: [operation('escrowed', { code: 'X' })] }), 'rollcall trace 10001'],
  'no-outcome': [answer(LEFT, { operations: [operation('unanswered')] }), 'rollcall trace 10001'],
  'out-of-scope': [answer(LEFT, { operations: [operation('skipped')] }), 'rollcall trace 10001'],
  'not-in-directory': [answer(LEFT, { operations: [operation('unchanged')] }), 'rollcall trace 10001'],
  'dead-letter': [
    answer([hire, { ...leaving, state: 'dead-lettered', reason: 'X', dead: true }]),
    'rollcall dead-letters list --employee 10001',
  ],
  'leaver-case': [answer(LEFT, { leavers: [leaverCase()] }), 'rollcall trace 10001'],
  future: [answer([hire, { ...leaving, effectiveAt: day(30) }]), null],
  unexplained: [answer(LEFT), 'rollcall trace 10001'],
}

void describe('what stands between HR and the directory', () => {
  for (const [kind, [given, next]] of Object.entries(CASES))
    void test(`${kind} is found, has words and a next command`, () => {
      assert.equal(given.between[0]?.kind, kind, JSON.stringify(given.between))
      assert.equal(nextCommand(given), next)
      assert.match(sentenceOf(given, iso), /^10001 .+: .+; .+; next: .+$/)
      assert.doesNotMatch(sentenceOf(given, iso), /undefined|null|NaN/)
    })

  void test('is nothing when the directory holds what HR says', () => {
    for (const done of [answer([hire]), answer(LEFT, { accepted: DISABLED })]) {
      assert.deepEqual(done.between, [])
      assert.match(
        sentenceOf(done, iso),
        /and the directory holds .* log record r-op-\d; next: nothing to do$/,
      )
    }
  })
  void test('is first what a person decides, then what failed, then what waits, then what lies ahead', () => {
    const { between } = answer(
      [...LEFT, personEvent(3, { ...READY, worker: { active: true }, effectiveAt: day(30) })],
      {
        brake: { state: 'held', since: day(11) },
        operations: [
          operation('pending'),
          operation('accepted', { id: 'op-8' }),
          operation('failed', { id: 'op-7' }),
        ],
        leavers: [leaverCase()],
      },
    )
    assert.deepEqual(
      between.map(({ kind }) => kind),
      ['brake', 'unanswered', 'waiting', 'leaver-case', 'future'],
      'a failure before a newer operation is history',
    )
  })
  void test('is a change of the directory when only HR or only the directory is certain', () => {
    const doubted = { accepted: { ...ACTIVE, certain: false } }
    const kinds = (given: AccessAnswer) => given.between.map(({ kind }) => kind)
    assert.deepEqual(kinds(answer([hire], doubted)), ['unexplained'], 'it may be disabled')
    assert.deepEqual(kinds(answer(LEFT, doubted)), ['unexplained'], 'it may be active')
    assert.deepEqual(kinds(answer([], doubted)), [], 'HR says nothing')
    assert.deepEqual(kinds(answer([])), [], 'HR says nothing')
    assert.deepEqual(kinds(answer([hire], { accepted: null })), ['unexplained'])
    assert.deepEqual(kinds(answer(LEFT, { accepted: null })), [], 'a leaver without an account is out')
    assert.deepEqual(kinds(answer([hire], { accepted: DISABLED })), ['unexplained'])
  })
  void test('is never unexplained beside an open leaver case, and a case that has ended is not named', () => {
    const kinds = (leavers: readonly LeaverView[]) =>
      answer([hire], { accepted: DISABLED, leavers }).between.map(({ kind }) => kind)
    assert.deepEqual(kinds([leaverCase()]), ['leaver-case'])
    const disabled = { disabled: true, since: day(12) }
    assert.deepEqual(kinds([{ ...leaverCase(), directory: disabled }]), ['unexplained'])
  })
  void test('is a foreign change with its finding, until HR records an activation after it', () => {
    const changed = (events: readonly EmployeeEvent[], foreignFinding: number | null) =>
      answer([], { employee: employee(events, { disabledElsewhereAt: day(15) }), foreignFinding })
    const found = { kind: 'foreign-change', at: day(15) }
    assert.deepEqual(changed([hire], 7).between, [{ ...found, finding: 'finding-7' }])
    const unnamed = changed([hire], null)
    assert.deepEqual(unnamed.between, [{ ...found, finding: null }])
    assert.equal(nextCommand(unnamed), 'rollcall findings list --employee 10001')
    const again = personEvent(3, { worker: { active: true }, effectiveAt: day(16), recordedAt: day(16) })
    assert.deepEqual(
      changed([hire, again], 7).between.map(({ kind }) => kind),
      ['unexplained'],
    )
  })
  void test('is the pilot only for an event that is held because of it, and names the latest', () => {
    const held = (seq: number, reason: string) =>
      personEvent(seq, { worker: { title: 'x' }, state: 'held', reason })
    const { between } = answer([
      hire,
      held(2, EVENT_REASONS.pilot),
      held(3, EVENT_REASONS.pilot),
      held(4, EVENT_REASONS.brake),
    ])
    assert.deepEqual(between, [{ kind: 'pilot', event: { source: '/hr/acme', id: 'e-3' } }])
    assert.deepEqual(answer([hire, { ...held(2, EVENT_REASONS.pilot), state: 'confirmed' }]).between, [])
  })
  void test('is the quota of the batch that the next operation leaves with: one with a leaver waits less', () => {
    const at = NOW - 1_000
    const quota = (operations: readonly AccessOperation[], used = 996) => {
      const limits = { perWindow: 40, windowMs: 5_000, perDay: 1_000 }
      const more = { operations, calls: { used, oldestAt: at, lastAt: at } }
      return answer(LEFT, more, { limits }).between.find(({ kind }) => kind === 'quota')
    }
    const leaver = operation('pending')
    const mover = operation('pending', { active: true })
    const found = { kind: 'quota', used: 996, limit: 1_000 }
    assert.deepEqual(quota([leaver]), { ...found, until: at + 30_000 })
    assert.deepEqual(quota([mover, leaver]), { ...found, until: at + 30_000 })
    assert.deepEqual(quota([mover]), { ...found, until: at + DAY_MS })
    assert.deepEqual(quota([mover, operation('accepted')]), { ...found, until: at + DAY_MS })
    assert.notEqual(quota([mover, operation('batched')]), undefined)
    assert.equal(quota([operation('batched')]), undefined, 'its batch is made already')
    assert.equal(quota([leaver], 0), undefined, 'calls are plentiful')
  })
  void test('is that no connector runs only where something waits and that is known', () => {
    const stopped = (more: Partial<AccessFacts>, running: boolean | null) =>
      answer(LEFT, more, { running }).between.some(({ kind }) => kind === 'stopped')
    assert.equal(stopped({ operations: [operation('pending')] }, false), true)
    assert.equal(stopped({ operations: [operation('accepted')] }, false), false)
    assert.equal(stopped({ dueSince: day(10) }, null), false)
  })
  void test('is the restored ledger once, and holds also for an employee who waits to be planned', () => {
    const kinds = (more: Partial<AccessFacts>) => answer(LEFT, more).between.map(({ kind }) => kind)
    const waits = { operations: [operation('pending')] }
    assert.deepEqual(kinds({ holds: [hold('job'), hold('restored')], ...waits }), [
      'restored',
      'hold',
      'waiting',
    ])
    assert.deepEqual(kinds({ holds: [hold('job')], dueSince: day(10) }), ['hold', 'planning'])
  })
  void test('names only holds in force, and only for what waits to be sent', () => {
    assert.equal(answer([hire], { holds: [hold('job')] }).between.length, 0)
    const { between } = answer(LEFT, { holds: [hold('full', NOW)], operations: [operation('pending')] })
    assert.deepEqual(
      between.map(({ kind }) => kind),
      ['waiting'],
    )
  })
  void test('does not name a dead letter that a newer event outweighs, or that was discarded', () => {
    const dead = { ...leaving, state: 'dead-lettered', reason: 'X', dead: true } as const
    const back = personEvent(3, { worker: { active: true }, effectiveAt: day(15) })
    assert.deepEqual(answer([hire, dead, back]).between, [])
    assert.deepEqual(answer([hire, { ...dead, discarded: true }]).between, [])
    assert.deepEqual(answer([hire, { ...dead, worker: { title: 'x' } }]).between, [], 'not about access')
  })
  void test('is an event ahead only where it changes access', () => {
    const ahead = (worker: EmployeeEvent['worker']) =>
      answer([hire, personEvent(2, { worker, effectiveAt: day(30) })]).between.map((one) =>
        one.kind === 'future' ? one.becomes : one.kind,
      )
    assert.deepEqual(ahead({ title: 'x' }), [])
    assert.deepEqual(ahead({ active: true }), ['active'])
    assert.deepEqual(ahead({ active: false }), ['left'])
  })
  void test('takes an answer that may still be refined as it is', () => {
    const kinds = (['failed', 'escrowed', 'skipped', 'unchanged'] as const).map(
      (interim) => answer(LEFT, { operations: [operation('answered', { interim })] }).between[0]?.kind,
    )
    assert.deepEqual(kinds, ['failed', 'escrowed', 'out-of-scope', 'not-in-directory'])
  })
  void test('is no operation that the directory accepted, or that was withdrawn', () => {
    for (const given of [
      operation('confirmed'),
      operation('withdrawn'),
      operation('unchanged', { code: 'RedundantExport' }),
      operation('answered'),
      operation('answered', { interim: 'confirmed' }),
      operation('answered', { interim: 'unchanged', code: 'RedundantExport' }),
    ])
      assert.deepEqual(operationObstacles([given]), [], given.state)
  })
  void test('is each operation that is under way, and the newest one that has ended', () => {
    const kinds = (...states: readonly OperationState[]) =>
      operationObstacles(states.map((state) => operation(state))).map(({ kind }) => kind)
    assert.deepEqual(kinds('failed', 'skipped', 'pending', 'batched', 'accepted', 'escrowed'), [
      'failed',
      'waiting',
      'sending',
      'unanswered',
      'escrowed',
    ])
    assert.deepEqual(kinds('confirmed', 'unanswered', 'unchanged'), [], 'accepted later')
  })
  void test('counts since the moment that the operation came to where it is', () => {
    const since = (given: AccessOperation) => operationObstacles([given])[0]?.since
    const early = { acceptedAt: null, answeredAt: null, finishedAt: null }
    for (const [state, at] of [
      ['pending', day(11)],
      ['batched', day(11)],
      ['accepted', day(12)],
      ['escrowed', day(13)],
      ['failed', day(14)],
      ['unanswered', day(14)],
      ['skipped', day(14)],
      ['unchanged', day(14)],
    ] as const) {
      assert.equal(since(operation(state)), at, state)
      assert.equal(since(operation(state, early)), day(11), `${state} without a later moment`)
    }
    assert.equal(since(operation('failed', { finishedAt: null })), day(13))
    assert.equal(since(operation('answered', { interim: 'failed' })), day(13))
  })
  void test('says of an operation that it departs only when it does', () => {
    const departs = (given: boolean) => operationObstacles([operation('pending', { departs: given })])[0]
    assert.equal(departs(true)?.departs, true)
    assert.equal(Object.hasOwn(departs(false) ?? {}, 'departs'), false)
  })
})

void test('the account has a place only where there are several destinations', () => {
  const at = { destination: 'south', left: [] }
  assert.equal(answer([hire], at).place, null)
  assert.deepEqual(answer([hire], at, { several: true }).place, at)
})

void test('the sentence says who can sign in, what HR says, what the directory holds, what holds it, and what to type', () => {
  assert.equal(
    sentenceOf(CASES.brake[0], iso),
    '10001 can sign in: HR says left since 2026-01-10 (event e-2), the directory still holds the account active; the brake holds the deactivation since 2026-01-11; next: rollcall brake status',
  )
})

void test('a next command quotes an employee id that the shell would take apart', () => {
  const odd = { ...CASES.waiting[0], employeeId: "o'neil $(x)", between: CASES.failed[0].between }
  assert.equal(nextCommand(odd), String.raw`rollcall trace 'o'\''neil $(x)'`)
})
