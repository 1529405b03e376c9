import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DeadLetter } from '../../../../src/core/report/dead-letters/dead-letter.ts'
import type { EmployeeView } from '../../../../src/core/ledger/port/inspect.ts'
import { planReplay } from '../../../../src/core/report/replay/plan-replay.ts'
import { revive } from '../../../../src/core/report/replay/revive.ts'
import { ledgerDead, selectedDead } from '../../../fakes/dead-letters.ts'
import { day, hrEvent } from '../../../fakes/events.ts'
import { employee, personEvent, rules, WORKER } from '../../../fakes/people.ts'
import { shelved } from '../../../fakes/shelf.ts'

/** A message in the native dead-letter queue. */
function busDead(sequence: number, stale: boolean): DeadLetter {
  const name = { source: '/hr/acme', id: 'e-1', type: 'worker.updated', employeeId: '10001' }
  const letter = { ...name, events: [name], code: 'FieldMissing', stale, message: shelved(sequence) }
  return { store: 'bus', reason: 'unreadable', letter }
}

/** Employee 10001, whose second event is a dead letter. */
const DIED_ONCE: EmployeeView = {
  employee: employee([
    personEvent(1, { type: 'worker.hired', worker: WORKER, state: 'confirmed' }),
    personEvent(2, {
      worker: { title: 'Head' },
      state: 'dead-lettered',
      reason: 'InvalidDomain',
      dead: true,
    }),
  ]),
  lastAccepted: null,
  brake: null,
  event: null,
}

void describe('the plan of a replay', () => {
  void it('sends the last of several messages with the same event, only removes the others, and leaves out a refused one, stale or not', async () => {
    const events = [hrEvent('e-1', { worker: { title: 'Head' } })]
    const other = [...events, hrEvent('e-2', { worker: { title: 'Lead' } })]
    const plan = await planReplay(
      [
        selectedDead(busDead(1, false), { events }),
        selectedDead(busDead(2, true), { events: [hrEvent('e-9')] }),
        selectedDead(busDead(3, true), { refused: 'FieldMissing' }),
        selectedDead(busDead(4, false), { refused: 'FieldMissing' }),
        selectedDead(busDead(5, false), { events: other }),
        selectedDead(busDead(6, false), { events }),
      ],
      async () => [],
      day(9),
      rules,
    )
    const marks = plan.targets.map((target) => target.store === 'bus' && [target.sequence, target.stale])
    assert.deepEqual(marks, [
      ['1', true],
      ['2', true],
      ['5', false],
      ['6', false],
    ])
    assert.equal(plan.stale, 2)
    assert.deepEqual(
      plan.leftOut.map(({ id }) => id),
      ['hr-events#3', 'hr-events#4'],
    )
    assert.deepEqual(plan.counts, { bus: 4, ledger: 0, employees: 1, operations: 0 })
  })

  void it('counts the operations it causes, and the states that its own events get', async () => {
    const hire = (employeeId: string) =>
      hrEvent(`h-${employeeId}`, { employeeId, worker: { ...WORKER, userName: `${employeeId}@contoso.com` } })
    const plan = await planReplay(
      [
        selectedDead(busDead(1, false), { events: [hire('10002')] }),
        selectedDead(busDead(2, false), { events: [hire('10003'), hire('10004')] }),
        selectedDead(busDead(3, false), {
          events: [hrEvent('e-9', { employeeId: '10005', worker: { title: 'Head' } })],
        }),
        selectedDead(ledgerDead(2, { employeeId: '10001' })),
      ],
      async (ids) => (ids.includes('10001') ? [DIED_ONCE] : []),
      day(9),
      rules,
    )
    assert.deepEqual(plan.counts, { bus: 3, ledger: 1, employees: 5, operations: 4 })
    assert.deepEqual(
      plan.expectedStates,
      new Map([
        ['planned', 4],
        ['incomplete (Incomplete)', 1],
      ]),
    )
  })

  void it('plans all messages of an employee together', async () => {
    const plan = await planReplay(
      [
        selectedDead(busDead(1, false), { events: [hrEvent('e-1', { worker: WORKER })] }),
        selectedDead(busDead(2, false), { events: [hrEvent('e-2', { worker: { title: 'Head' } })] }),
        selectedDead(busDead(3, false), { events: [hrEvent('e-3', { worker: { department: 'Sales' } })] }),
      ],
      async () => [],
      day(9),
      rules,
    )
    assert.deepEqual(plan.expectedStates, new Map([['planned', 3]]))
    assert.equal(plan.counts.operations, 1)
  })

  void it('gives events that the ledger does not know numbers that no event of the ledger has', () => {
    const events = [1, 2, 3].map((n) => hrEvent(`new-${n}`))
    const { seqs } = revive('10001', DIED_ONCE, [selectedDead(busDead(1, false), { events })])
    assert.equal(seqs.size, 3)
    assert.ok([...seqs].every((seq) => seq < 0))
  })

  void it('counts no state of an event that is planned anyway', async () => {
    const { employee: known } = DIED_ONCE
    const waiting = personEvent(3, { worker: { department: 'Sales' } })
    const plan = await planReplay(
      [selectedDead(ledgerDead(2, { employeeId: '10001' }))],
      async () => [{ ...DIED_ONCE, employee: { ...known, events: [...known.events, waiting] } }],
      day(9),
      rules,
    )
    assert.deepEqual(plan.expectedStates, new Map([['planned', 1]]))
  })

  void it('does not count an event of the bus that the ledger knows, nor the message as changed', async () => {
    const [known] = DIED_ONCE.employee.events
    assert(known)
    const plan = await planReplay(
      [selectedDead(busDead(1, false), { events: [{ ...known, worker: { title: 'other' } }] })],
      async () => [DIED_ONCE],
      day(9),
      rules,
    )
    assert.deepEqual([...plan.expectedStates], [])
    assert.deepEqual(plan.changes, [])
  })

  void it('plans an edited dead letter of the ledger with its new values', async () => {
    const edited = hrEvent('e-2', { effectiveAt: day(20), worker: { title: 'Head' } })
    const plan = await planReplay(
      [selectedDead(ledgerDead(2, { employeeId: '10001' }), { events: [edited], body: '{}' })],
      async () => [DIED_ONCE],
      day(9),
      rules,
    )
    // It takes effect only later.
    assert.deepEqual(plan.expectedStates, new Map([['held (NotYetEffective)', 1]]))
  })

  void it('takes no message as stale whose events cannot be read, and no dead letter of the ledger', async () => {
    const event = hrEvent('e-2', { worker: { title: 'Head' } })
    const plan = await planReplay(
      [
        selectedDead(busDead(1, false), { events: [] }),
        selectedDead(busDead(2, false), { events: [event] }),
        selectedDead(ledgerDead(2, { employeeId: '10001' }), { events: [event], body: '{}' }),
      ],
      async () => [DIED_ONCE],
      day(9),
      rules,
    )
    assert.deepEqual(
      plan.targets.map((target) => target.store === 'ledger' || target.stale),
      [false, false, true],
    )
    assert.equal(plan.stale, 0)
  })

  void it('shows what an edit changes, and what is wrong with one that is refused', async () => {
    const changes = [{ path: 'data.worker.title', before: 'A', after: 'B' }]
    const events = [hrEvent('e-1')]
    const plan = await planReplay(
      [
        selectedDead(busDead(1, false), { events: [hrEvent('e-3')] }),
        selectedDead(busDead(2, false), { events, body: '{}', employees: ['10001'], changes }),
        selectedDead(busDead(3, false), { refused: 'PatchFailed', detail: 'data is a text' }),
        selectedDead(busDead(4, false), { refused: 'BodyNotText' }),
      ],
      async () => [],
      day(9),
      rules,
    )
    assert.deepEqual(plan.changes, [{ id: 'hr-events#2', employees: ['10001'], fields: changes }])
    assert.deepEqual(plan.leftOut, [
      { id: 'hr-events#3', why: 'PatchFailed', detail: 'data is a text' },
      { id: 'hr-events#4', why: 'BodyNotText' },
    ])
  })

  void it('plans every employee of a large selection, some at a time', async () => {
    const asked: number[] = []
    const plan = await planReplay(
      Array.from({ length: 201 }, (_, n) =>
        selectedDead(busDead(n + 1, false), {
          events: [
            hrEvent(`e-${n}`, { employeeId: `${n}`, worker: { ...WORKER, userName: `${n}@contoso.com` } }),
          ],
        }),
      ),
      async (ids) => (asked.push(ids.length), []),
      day(9),
      rules,
    )
    assert.equal(plan.counts.operations, 201)
    assert.ok(Math.max(...asked) <= 200)
  })
})
