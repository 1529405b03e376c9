import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { routingOf } from '../../../../src/core/destinations/routing.ts'
import type { Employee } from '../../../../src/core/ledger/employee.ts'
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
    const { sent: where, events, record } = placed(gone)
    assert.equal(where, 'enabled at south from north')
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
    })
    assert.deepEqual(placed(employee([DONE, WEST], at('north'))).sent, null)
  })

  void it('and who has left without an account is sent to the destination without a rule, or the first', () => {
    const left = [personEvent(1, { worker: { ...WORKER, organization: 'West', active: false } })]
    assert.equal(sent(employee(left)), 'disabled at north')
    assert.equal(sent(employee(left), withOthers), 'disabled at others')
  })
})
