import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EmployeeView, NameHolder } from '../../../../../src/core/ledger/port/inspect.ts'
import type { Selected } from '../../../../../src/core/report/dead-letters/selection/selected.ts'
import { refuseSharedUserNames } from '../../../../../src/core/report/replay/patch/shared-user-names.ts'
import { ledgerDead, selectedDead } from '../../../../fakes/dead-letters.ts'
import { day, hrEvent } from '../../../../fakes/events.ts'
import { employee, personEvent, rules, WORKER } from '../../../../fakes/people.ts'

/** An employee with one dead letter, and the user name that the directory accepted last. */
function died(employeeId: string, userName: string | null = null): EmployeeView {
  const event = personEvent(Number(employeeId), { employeeId, state: 'dead-lettered', dead: true })
  return {
    employee: employee([event], { employeeId }),
    lastAccepted: userName === null ? null : JSON.stringify({ userName }),
    brake: null,
    event: null,
  }
}

/** An employee whose record with this user name is still to be sent. */
function waiting(employeeId: string, userName: string): EmployeeView {
  const event = personEvent(Number(employeeId), { employeeId, worker: { ...WORKER, userName } })
  return { employee: employee([event], { employeeId }), lastAccepted: null, brake: null, event: null }
}

/** The dead letter of an employee, patched to this user name. */
function patched(employeeId: string, userName: string, effectiveAt = day(1)): Selected {
  const event = hrEvent(`e-${employeeId}`, { employeeId, effectiveAt, worker: { ...WORKER, userName } })
  return selectedDead(ledgerDead(Number(employeeId), { employeeId }), {
    events: [event],
    body: '{}',
    employees: [employeeId],
  })
}

/** Why each is refused; `null` where it is not. */
async function refusals(
  selected: readonly Selected[],
  views: readonly EmployeeView[],
  holders: readonly NameHolder[] = [],
): Promise<readonly (string | null)[]> {
  const ledger = {
    readEmployees: async (ids: readonly string[]) =>
      views.filter(({ employee: { employeeId } }) => ids.includes(employeeId)),
    findNameHolders: async (names: readonly string[]) => holders.filter(({ name }) => names.includes(name)),
  }
  const checked = await refuseSharedUserNames(selected, { ledger, rules, now: day(9) })
  return checked.map(({ refused, detail, events }) => {
    if (refused === null) return null
    assert.equal(events, null)
    return `${refused}: ${detail}`
  })
}

void describe('a patch that gives two employees one user name', () => {
  void it('is refused for all of a selection that get it, each with the first other one, and not for the rest', async () => {
    const selected = [
      patched('1', 'ada@contoso.com'),
      patched('2', 'ADA@contoso.com'),
      patched('3', 'eve@contoso.com'),
      patched('4', 'ada@contoso.com'),
    ]
    assert.deepEqual(
      await refusals(
        selected,
        ['1', '2', '3', '4'].map((id) => died(id)),
      ),
      ['UserNameShared: employee 2', 'UserNameShared: employee 1', null, 'UserNameShared: employee 1'],
    )
  })

  void it('is refused where another employee of the ledger has the name, or gets it soon', async () => {
    const holders = [
      { name: 'ada@contoso.com', employeeId: '7' },
      { name: 'bob@contoso.com', employeeId: '8' },
      { name: 'eve@contoso.com', employeeId: '9' },
    ]
    const selected = [
      patched('1', 'ada@contoso.com'),
      patched('2', 'bob@contoso.com'),
      patched('3', 'eve@contoso.com'),
    ]
    const others = [
      died('7', 'ada@contoso.com'),
      waiting('8', 'bob@contoso.com'),
      // Had it before.
      died('9', 'eva@contoso.com'),
    ]
    assert.deepEqual(
      await refusals(selected, [...['1', '2', '3'].map((id) => died(id)), ...others], holders),
      ['UserNameShared: employee 7', 'UserNameShared: employee 8', null],
    )
  })

  void it('is refused also where the name changes only later', async () => {
    const selected = [patched('1', 'ada@contoso.com', day(30)), patched('2', 'ada@contoso.com')]
    assert.deepEqual(await refusals(selected, [died('1'), died('2')]), [
      'UserNameShared: employee 2',
      'UserNameShared: employee 1',
    ])
  })

  void it('is allowed where the employee has the name already, or where the other one gives it up', async () => {
    const holders = [
      { name: 'ada@contoso.com', employeeId: '1' },
      { name: 'bob@contoso.com', employeeId: '2' },
    ]
    const views = [died('1', 'ada@contoso.com'), died('2', 'bob@contoso.com')]
    const same = [patched('1', 'ada@contoso.com')]
    const two = [...holders, { name: 'ada@contoso.com', employeeId: '2' }]
    assert.deepEqual(await refusals(same, [views[0] ?? assert.fail(), died('2', 'ada@contoso.com')], two), [
      null,
    ])
    const swapped = [patched('1', 'bob@contoso.com'), patched('2', 'ada@contoso.com')]
    assert.deepEqual(await refusals(swapped, views, holders), [null, null])
  })

  void it('does not concern dead letters that are not patched, or are refused', async () => {
    const selected = [
      { ...patched('1', 'ada@contoso.com'), body: null },
      { ...patched('2', 'ada@contoso.com'), events: null, refused: 'FieldMissing' },
      patched('3', 'ada@contoso.com'),
    ]
    assert.deepEqual(
      await refusals(
        selected,
        ['1', '2', '3'].map((id) => died(id)),
      ),
      [null, 'FieldMissing: undefined', null],
    )
  })

  void it('is found among many', async () => {
    const many = Array.from({ length: 201 }, (_, n) => String(n + 1))
    const selected = many.map((id) => patched(id, `p${Number(id) % 200}@contoso.com`))
    const found = await refusals(
      selected,
      many.map((id) => died(id)),
    )
    assert.deepEqual(
      found.flatMap((why, n) => (why === null ? [] : [`${n + 1} ${why}`])),
      ['1 UserNameShared: employee 201', '201 UserNameShared: employee 1'],
    )
  })
})
