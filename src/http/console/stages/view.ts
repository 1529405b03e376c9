import { STAGES, type Stage } from '../../../core/ledger/port/figures.ts'
import type { StagePage, StageRow } from '../../../core/ledger/port/views/stages.ts'
import { employeeLink } from '../employee/link.ts'
import { notice } from '../layout.ts'
import { chips, type Column, listTable, pager } from '../list.ts'
import { type Markup, markup } from '../markup.ts'
import { lasting, type Times } from '../times.ts'
import { STAGE_NAMES, stageHref } from './names.ts'

interface Shown {
  readonly stage: Stage
  readonly isFirst: boolean
}

/** What a number on Now counts beside the list. */
const LEFT_OUT: Readonly<Record<Stage, string>> = {
  received: 'Events that were planned before and are planned again are counted, and not listed.',
  due: 'Employees with a termination, or a moment that has come, are planned first.',
  waiting: 'Operations of a call that is being made are counted, and not listed.',
  accepted: 'The provisioning log has not mentioned them yet.',
  answered: 'The log may still refine the answer.',
  unpublished: 'They go to the outcomes queue in this order.',
}

/** What waits in one stage of the flow, about the oldest first. */
export function stageView({ rows, next }: StagePage, { stage, isFirst }: Shown, times: Times): Markup {
  const [name] = STAGE_NAMES[stage]
  const all = STAGES.map((one) => ({
    text: STAGE_NAMES[one][0],
    href: stageHref(one),
    count: null,
    chosen: one === stage,
  }))
  return markup`<div class="heading"><h1>${name}</h1><p class="quiet">The oldest first. ${LEFT_OUT[stage]}</p></div>
${chips('Stages of the flow', all)}
${rows.length === 0 ? nothingWaits(isFirst) : listTable(name, columnsOf(stage, times), rows)}
${pager({
  first: isFirst ? null : stageHref(stage),
  next: next && stageHref(stage, next),
  further: 'Newer ones',
})}`
}

function nothingWaits(isFirst: boolean): Markup {
  return isFirst
    ? notice('Nothing waits here', 'Choose another stage above.')
    : notice('No further one', 'This was the last page.')
}

function columnsOf(stage: Stage, times: Times): readonly Column<StageRow>[] {
  const what: Column<StageRow> = {
    name: stage === 'received' || stage === 'unpublished' ? 'Event' : 'Operation',
    cell: ({ name }) => markup`<code>${name ?? ''}</code>`,
  }
  return [
    {
      name: 'Employee',
      cell: ({ employeeId }) => employeeLink(employeeId),
    },
    ...(stage === 'due' ? [] : [what]),
    {
      name: 'Waits for',
      cell: ({ since }) =>
        since === null
          ? ''
          : markup`<strong>${lasting(times.at - since)}</strong> <span class="quiet">since ${times.plain(since)}</span>`,
    },
  ]
}
