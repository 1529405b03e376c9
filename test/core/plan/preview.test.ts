import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { routingOf } from '../../../src/core/destinations/routing.ts'
import type { Employee, EmployeeEvent } from '../../../src/core/ledger/employee.ts'
import { compileMapping } from '../../../src/core/plan/mapping/mapping.ts'
import { type Preview, previewEmployee } from '../../../src/core/plan/preview.ts'
import { day } from '../../fakes/events.ts'
import { NOW } from '../../fakes/histories.ts'
import { digest, employee, personEvent, rules, WORKER } from '../../fakes/people.ts'

const mapping = compileMapping()
const routing = routingOf({ name: 'north', where: { organization: 'North' }, mapping }, [
  { name: 'south', where: { organization: 'South' }, mapping },
])
const HIRE = personEvent(1, { worker: { ...WORKER, organization: 'North' } })
const TO_SOUTH = personEvent(2, { worker: { organization: 'South' }, effectiveAt: day(2) })
const LEFT = personEvent(3, { worker: { active: false }, effectiveAt: day(3) })
/** What the directory holds: everything of the hire. */
const ACCEPTED = JSON.stringify(
  mapping.map('10001', new Map(Object.entries(HIRE.worker).map(([path, value]) => [path, { value, by: 1 }])))
    .record,
)

const preview = (events: readonly EmployeeEvent[], more: Partial<Employee> = {}): Promise<Preview> =>
  previewEmployee(employee(events, more), ACCEPTED, NOW, { mapping, routing, digest })
const changed = ({ operation }: Preview): readonly string[] =>
  (operation?.changes ?? []).map(({ kind, target }) => `${kind} ${target}`)

void describe('a preview names the destination', () => {
  const north = (mayBeEnabled: boolean): Partial<Employee> => ({
    account: { destination: 'north', mayBeEnabled },
    known: true,
  })

  void it('where the employee stays', async () => {
    const { destination } = await preview([HIRE])
    assert.deepEqual(destination, { kind: 'stays', at: 'north' })
  })

  void it('that the employee leaves, and the one to move to', async () => {
    const leaves = await preview([HIRE, TO_SOUTH], north(true))
    assert.deepEqual(leaves.destination, { kind: 'leaves', at: 'north', to: 'south' })
    assert.equal(leaves.operation?.active, false)
    assert.ok(changed(leaves).includes('changed active'))
  })

  void it('that the employee moves to, which holds nothing of the record yet', async () => {
    const moves = await preview([HIRE, TO_SOUTH], north(false))
    assert.deepEqual(moves.destination, { kind: 'moves', at: 'south', from: 'north' })
    assert.ok(
      changed(moves).every((one) => one.startsWith('added ')),
      String(changed(moves)),
    )
    assert.ok(changed(moves).includes('added userName'))
  })

  void it('not when nothing is sent, and not where there is only one', async () => {
    const nowhere = personEvent(2, { worker: { organization: 'West' }, effectiveAt: day(2) })
    assert.equal('destination' in (await preview([HIRE, nowhere])), false)
    assert.equal('destination' in (await previewEmployee(employee([HIRE]), null, NOW, rules)), false)
  })

  void it('whose mapping makes the record, and whose rules name the events', async () => {
    const south = compileMapping([
      { to: 'active', from: 'active' },
      { to: 'nickName', from: 'title' },
    ])
    const own = routingOf({ name: 'north', where: { organization: 'North' }, mapping }, [
      { name: 'south', where: { organization: 'South' }, mapping: south },
    ])
    const one = employee([HIRE, TO_SOUTH], { known: true })
    const { operation } = await previewEmployee(one, null, NOW, { mapping, routing: own, digest })
    const nickName = operation?.changes.find(({ target }) => target === 'nickName')
    assert.deepEqual(nickName?.events, [{ source: '/hr/acme', id: 'e-1' }])
  })
})

void it('a preview says whether the events leave the employee inactive', async () => {
  assert.deepEqual(
    [(await preview([HIRE])).isInactive, (await preview([HIRE, LEFT])).isInactive],
    [false, true],
  )
})

void it('a preview says whether it waits for an answer', async () => {
  const unanswered = [{ id: 'op-1', state: 'accepted', active: true }] as const
  assert.deepEqual(
    [(await preview([HIRE])).waits, (await preview([HIRE], { unanswered })).waits],
    [false, true],
  )
})

void it('a preview names the event that supersedes another', async () => {
  const title = (seq: number, at: number): EmployeeEvent =>
    personEvent(seq, { worker: { title: `Title ${seq}` }, effectiveAt: day(at) })
  const { decisions } = await preview([HIRE, title(2, 2), title(3, 3)])
  assert.deepEqual(
    decisions.map(({ event, state, by }) => [event.id, state, by?.id ?? null]),
    [
      ['e-1', 'planned', null],
      ['e-2', 'planned', 'e-3'],
      ['e-3', 'planned', null],
    ],
  )
})
