import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Routing, routingOf } from '../../../../src/core/destinations/routing.ts'
import type { Employee, EmployeeEvent } from '../../../../src/core/ledger/employee.ts'
import { EVENT_REASONS } from '../../../../src/core/ledger/event-reason.ts'
import { planEmployee } from '../../../../src/core/plan/decide/plan.ts'
import { compileMapping } from '../../../../src/core/plan/mapping/mapping.ts'
import { parseRecord } from '../../../../src/core/plan/mapping/record.ts'
import { day } from '../../../fakes/events.ts'
import { NOW } from '../../../fakes/histories.ts'
import { digest, employee, personEvent, WORKER } from '../../../fakes/people.ts'

const mapping = compileMapping()
const south = compileMapping([
  { to: 'active', from: 'active' },
  { to: 'userName', from: 'userName' },
  { to: 'nickName', from: 'title' },
])
const routing = routingOf({ name: 'north', where: { organization: 'North' }, mapping }, [
  { name: 'south', where: { organization: 'South' }, mapping: south },
])
const withOthers = routingOf({ name: 'north', where: { organization: 'North' }, mapping }, [
  { name: 'others', where: null, mapping },
])

const at = (destination: string, mayBeEnabled = true): Partial<Employee> => ({
  account: { destination, mayBeEnabled },
  known: true,
  acceptedHash: 'what the directory holds',
})
const HIRE = personEvent(1, { worker: { ...WORKER, organization: 'North' } })
const DONE = { ...HIRE, state: 'confirmed' } as const
const TO_SOUTH = personEvent(2, { worker: { organization: 'South' }, effectiveAt: day(2) })
const MOVES = [DONE, TO_SOUTH]
const LEFT = personEvent(3, { worker: { active: false }, effectiveAt: day(3) })

/** Where the record is sent, from where the employee moves, and whether it is an active one. */
function placed(one: Employee, rules = routing) {
  const decision = planEmployee(one, NOW, { mapping, routing: rules, digest })
  assert(decision.kind === 'decided')
  const { operation, destination, events } = decision
  return {
    sent: operation
      ? `${operation.active ? 'enabled' : 'disabled'} at ${destination?.name}${destination?.from ? ` from ${destination.from}` : ''}${operation.departs ? ', departs' : ''}`
      : null,
    events: events.map(({ seq, state }) => `${seq} ${state}`),
    record: operation ? parseRecord(operation.record) : {},
    lane: operation?.lane,
  }
}
const sent = (one: Employee, rules = routing) => placed(one, rules).sent

void describe('an employee stays', () => {
  void it('where the rules say, with the mapping of that destination', () => {
    assert.equal(sent(employee([HIRE])), 'enabled at north')
    const { sent: where, record } = placed(employee([HIRE, TO_SOUTH]))
    assert.equal(where, 'enabled at south')
    assert.deepEqual([record['nickName'], record['title']], [WORKER.title, undefined])
    assert.equal(sent(employee([HIRE], at('north'))), 'enabled at north')
  })

  void it('where the account is after leaving, also with a new company, and never with any', () => {
    assert.equal(sent(employee([...MOVES, LEFT], at('north'))), 'disabled at north')
    const unknown = personEvent(2, { worker: { organization: 'West', active: false }, effectiveAt: day(2) })
    assert.equal(sent(employee([DONE, unknown], at('north'))), 'disabled at north')
  })

  void it('where the account is while blocked, and moves when the block ends', () => {
    const blocked = { since: day(1), until: null }
    assert.equal(sent(employee(MOVES, { ...at('north'), blocked })), 'disabled at north')
    const disabled = at('north', false)
    assert.equal(
      sent(employee(MOVES, { ...disabled, blocked: { since: day(1), until: day(3) } })),
      'enabled at south from north',
    )
  })
})

void describe('an employee with an account elsewhere', () => {
  void it('leaves: the account is disabled, and the events in force wait for that', () => {
    assert.deepEqual(placed(employee(MOVES, at('north'))).events, ['2 planned'])
    assert.equal(sent(employee(MOVES, at('north'))), 'disabled at north, departs')
    const title = personEvent(3, { worker: { title: WORKER.title }, effectiveAt: day(3) })
    const { events } = placed(employee([...MOVES, title], at('north')))
    assert.deepEqual(events, ['2 planned', '3 planned'], 'also one that changes nothing there')
  })

  void it('leaves with every open event in force, also one of which nothing is mapped here and one that is superseded', () => {
    const hobbies = compileMapping([
      { to: 'active', from: 'active' },
      { to: 'userName', from: 'userName' },
      { to: 'nickName', from: 'hobby' },
    ])
    const rules = routingOf({ name: 'north', where: { organization: 'North' }, mapping }, [
      { name: 'south', where: { organization: 'South' }, mapping: hobbies },
    ])
    const title = (seq: number, more: Partial<EmployeeEvent> = {}): EmployeeEvent =>
      personEvent(seq, { worker: { title: `Title ${seq}` }, effectiveAt: day(3), order: seq, ...more })
    const events = [
      ...MOVES,
      personEvent(3, { worker: { hobby: 'chess' }, effectiveAt: day(3) }),
      title(4),
      title(5, { state: 'confirmed' }),
      title(6, { worker: { title: 'Head' }, effectiveAt: day(9) }),
    ]
    const moving = employee(events, at('north'))
    assert.deepEqual(placed(moving, rules).events, ['2 planned', '3 planned', '4 planned', '6 held'])
    const without = employee(
      events.filter(({ seq }) => seq !== 2),
      at('north'),
    )
    assert.deepEqual(placed(without, rules).events, ['3 unchanged', '4 superseded', '6 held'])
  })

  void it('leaves without the events that ended, whose new outcome stands at once', () => {
    const title = (seq: number, more: Partial<EmployeeEvent>): EmployeeEvent =>
      personEvent(seq, { worker: { title: `Title ${seq}` }, effectiveAt: day(3), order: seq, ...more })
    const events = [
      ...MOVES,
      title(3, { state: 'superseded', by: 5 }),
      title(4, { state: 'confirmed' }),
      title(5, { state: 'skipped', reason: EVENT_REASONS.rescinded, by: 6 }),
      personEvent(6, {
        rescinds: { source: '/hr/acme', id: 'e-5' },
        effectiveAt: day(3),
        state: 'confirmed',
      }),
    ]
    assert.deepEqual(placed(employee(events, at('north'))).events, ['2 planned', '3 superseded'])
  })

  void it('leaves because of the last open event that sets what the rules read, in whatever order they read it', () => {
    const rules = (...paths: readonly string[]) =>
      routingOf({ name: 'north', where: { organization: 'North' }, mapping }, [
        { name: 'south', where: Object.fromEntries(paths.map((path) => [path, 'South'])), mapping },
      ])
    const office = (more: Partial<EmployeeEvent>): EmployeeEvent =>
      personEvent(4, { worker: { office: 'South' }, effectiveAt: day(3), ...more })
    const mover = (events: readonly EmployeeEvent[], routing: Routing): number | undefined => {
      const decision = planEmployee(employee(events, at('north')), NOW, { mapping, routing, digest })
      return decision.kind === 'decided' ? decision.operation?.departs?.by : undefined
    }
    for (const routing of [rules('organization', 'office'), rules('office', 'organization')]) {
      assert.equal(mover([...MOVES, office({})], routing), 4)
      assert.equal(mover([...MOVES, office({ state: 'confirmed' })], routing), 2)
      const ended = MOVES.map((event) => ({ ...event, state: 'confirmed' as const }))
      assert.equal(mover([...ended, office({ state: 'confirmed' })], routing), 4)
    }
    const title = personEvent(5, { worker: { title: 'Head' }, effectiveAt: day(3), state: 'confirmed' })
    const noCompany = { ...DONE, worker: WORKER }
    assert.equal(mover([noCompany, title], routingOf({ name: 'others', where: null, mapping }, [])), 5)
    assert.equal(mover([], routingOf({ name: 'others', where: null, mapping }, [])), 0)
  })

  void it('is not a leaver, also while the brake holds the deactivation', () => {
    const leaving = (events: Employee['events']) => {
      const decision = planEmployee(employee(events, at('north')), NOW, { mapping, routing, digest })
      assert(decision.kind === 'decided')
      return [decision.leaving?.seq, decision.leaving?.moves]
    }
    assert.deepEqual(leaving(MOVES), [2, true])
    assert.deepEqual(leaving([...MOVES, LEFT]), [3, undefined])
  })

  void it('moves once that is confirmed, with a record that the new destination does not hold', () => {
    const gone = employee(MOVES, at('north', false))
    const { sent: where, events, record, lane } = placed(gone)
    assert.deepEqual([where, lane], ['enabled at south from north', 'joiner'])
    assert.deepEqual([events, record['nickName']], [['2 planned'], WORKER.title])
    const [first] = [planEmployee(gone, NOW, { mapping, routing, digest })]
    const hash = first?.kind === 'decided' ? (first.operation?.hash ?? '') : ''
    assert.equal(
      sent({ ...gone, acceptedHash: hash, failedHash: hash }),
      'enabled at south from north',
      'what was accepted or failed at the former destination says nothing about the new one',
    )
  })

  void it('leaves while the account there may be enabled, whatever the directory accepted last', () => {
    for (const unsure of [{ acceptedHash: null }, { acceptedHash: null, known: false }])
      assert.equal(sent(employee(MOVES, { ...at('north'), ...unsure })), 'disabled at north, departs')
  })

  void it('moves at once when nothing was ever sent there', () => {
    const planned = { ...at('north', false), acceptedHash: null, known: false }
    assert.equal(sent(employee(MOVES, planned)), 'enabled at south from north')
  })

  void it('waits for an activation without an answer instead of overtaking it', () => {
    const unanswered = [{ id: 'op-1', state: 'accepted', active: true }] as const
    const decision = planEmployee(employee(MOVES, { ...at('north'), unanswered }), NOW, {
      mapping,
      routing,
      digest,
    })
    assert.equal(decision.kind, 'wait')
  })

  void it('leaves and moves because of changed rules, without any event', () => {
    const moved = personEvent(1, { worker: { ...WORKER, organization: 'South' }, state: 'confirmed' })
    const rest = employee([moved], at('north'))
    assert.deepEqual(
      [sent(rest), placed(rest).events],
      ['disabled at north, departs', []],
      'the last event that set the company is what moves the employee',
    )
    assert.equal(sent(employee([moved], at('north', false))), 'enabled at south from north')
    assert.equal(sent(employee([moved], at('south')), withOthers), 'disabled at south, departs')
  })
})

void describe('an employee whom no rule fits', () => {
  const WEST = personEvent(2, { worker: { organization: 'West' }, effectiveAt: day(2) })

  void it('waits for the attributes of the rules, and nothing is sent', () => {
    assert.deepEqual(placed(employee([HIRE, WEST])), {
      sent: null,
      events: ['1 incomplete', '2 incomplete'],
      record: {},
      lane: undefined,
    })
    assert.deepEqual(placed(employee([DONE, WEST], at('north'))).sent, null)
  })

  void it('and who has left without an account is sent to the destination without a rule, or the first', () => {
    const left = [personEvent(1, { worker: { ...WORKER, organization: 'West', active: false } })]
    assert.equal(sent(employee(left)), 'disabled at north')
    assert.equal(sent(employee(left), withOthers), 'disabled at others')
  })
})
