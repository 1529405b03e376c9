import type { Block } from '../../../core/ledger/port/blocks.ts'
import type { HeldEmployee, HeldEmployees, HeldEvent } from '../../../core/ledger/port/views/held.ts'
import type { BrakedEmployee } from '../../../core/ledger/port/plan.ts'
import { brakeBox } from '../acts/brake-forms.ts'
import { employeeLink, employeeLinkOrErased } from '../employee/link.ts'
import { type Column, listTable } from '../list.ts'
import { type Markup, markup, NOTHING } from '../markup.ts'
import { lasting, type Times } from '../times.ts'
import { HELD_TEXTS } from './causes.ts'
import type { HeldList } from './read.ts'

export function heldTable(list: HeldList, times: Times): Markup {
  const caption = `${HELD_TEXTS[list.cause].name}: employees`
  switch (list.cause) {
    case 'brake':
    case 'refused':
      return listTable(caption, brakedColumns(list.cause, times), list.page.employees)
    case 'blocks':
      return listTable(caption, blockColumns(times), list.page.blocks)
    case 'future':
    case 'incomplete':
    case 'pilot':
      return listTable(caption, heldColumns(list.cause, times), list.page.employees)
  }
}

const since = (at: number, times: Times): Markup =>
  markup`<strong>${lasting(times.at - at)}</strong><br><span class="quiet">since ${times.plain(at)}</span>`

function brakedColumns(cause: 'brake' | 'refused', times: Times): readonly Column<BrakedEmployee>[] {
  return [
    {
      name: 'Employee',
      cell: ({ employeeId }) => markup`${brakeBox(employeeId)} ${employeeLink(employeeId)}`,
    },
    { name: cause === 'brake' ? 'Held for' : 'Refused for', cell: (one) => since(one.since, times) },
    {
      name: 'HR says',
      cell: ({ leftAt }) =>
        leftAt === null
          ? markup`<span class="quiet">no leaver case is open</span>`
          : markup`left ${times.element(leftAt)}`,
    },
  ]
}

function blockColumns(times: Times): readonly Column<Block>[] {
  return [
    {
      name: 'Employee',
      cell: ({ employeeId }) => employeeLinkOrErased(employeeId),
    },
    {
      name: 'Blocked for',
      cell: (block) =>
        block.since > times.at ? markup`begins ${times.element(block.since)}` : since(block.since, times),
    },
    {
      name: 'Until',
      cell: ({ until }) => (until === null ? 'a person lifts it' : times.element(until)),
    },
    { name: 'Decided by', cell: ({ actor }) => actor },
    {
      name: 'Why',
      cell: ({ justification, eventId }) =>
        justification ?? (eventId === null ? '' : markup`event <code>${eventId}</code>`),
    },
  ]
}

function heldColumns(cause: HeldEmployees, times: Times): readonly Column<HeldEmployee>[] {
  const employee: Column<HeldEmployee> = {
    name: 'Employee',
    cell: ({ employeeId }) => employeeLink(employeeId),
  }
  const waits = (name: string): Column<HeldEmployee> => ({
    name,
    cell: ({ events }) =>
      events.length === 0 ? NOTHING : markup`${events.map((one) => eventLine(one, times))}`,
  })
  switch (cause) {
    case 'future':
      return [
        employee,
        { name: 'Planned', cell: ({ at }) => (at === null ? NOTHING : times.element(at)) },
        { name: 'What waits', cell: (one) => whatWaits(one, times) },
      ]
    case 'incomplete':
      return [
        employee,
        { name: 'Waits for', cell: ({ at }) => (at === null ? NOTHING : since(at, times)) },
        { name: 'What is missing', cell: ({ events }) => missingOf(events) },
        waits('Events that wait'),
      ]
    case 'pilot':
      return [employee, waits('Events that wait')]
  }
}

function whatWaits({ events }: HeldEmployee, times: Times): Markup {
  return events.length === 0
    ? markup`<span class="quiet">no event: a block ends, or a failed record is tried again</span>`
    : markup`${events.map((one) => eventLine(one, times))}`
}

const eventLine = ({ type, id, effectiveAt }: HeldEvent, times: Times): Markup =>
  markup`<div>${type} <code>${id}</code> <span class="quiet">effective ${times.plain(effectiveAt)}</span></div>`

/** The newest event names what the record lacks now. */
function missingOf(events: readonly HeldEvent[]): Markup {
  const names = events.at(-1)?.detail ?? null
  if (names === null) return markup`<span class="quiet">not known</span>`
  return markup`${names.split(', ').map((name) => markup`<code>${name}</code> `)}`
}
