import type { ConnectionAnswer } from '../../../core/connections/connection.ts'
import type { AccessAnswer } from '../../../core/explain/access.ts'
import { differs } from '../../../core/explain/answer.ts'
import { cursorText } from '../../../core/explain/trace-cursor.ts'
import { leftInWords } from '../../../core/explain/moves.ts'
import { directoryInWords, hrInWords, obstacleInWords, sentenceParts } from '../../../core/explain/words.ts'
import type { TraceCursor } from '../../../core/ledger/port/views/trace.ts'
import { showing } from '../../../core/display/personal.ts'
import type { Visitor } from '../../access/visitor.ts'
import { employeeForms } from '../acts/employee-forms.ts'
import { valuesForm } from '../acts/values-form.ts'
import { notice, sentence } from '../layout.ts'
import { hrefOf } from '../list.ts'
import { type Markup, markup, NOTHING } from '../markup.ts'
import type { Times } from '../times.ts'
import { attributesView } from './attributes-view.ts'
import { connectionView } from './connection-view.ts'
import { employeeHref } from './href.ts'
import type { EmployeePage } from './read.ts'
import { movesView } from './moves-view.ts'
import { timelineView } from './timeline-view.ts'

export interface EmployeeShown {
  readonly visitor: Visitor
  /** Whether values are shown. The audit trail has to have its entry before. */
  readonly values: boolean
  /** The part of the trace that is shown; `null` for the newest. */
  readonly cursor: TraceCursor | null
  /** What the service answered about the account; `null`: it was not asked. */
  readonly connection: ConnectionAnswer | null
}

/** Why the employee has access or has none, and what happened. */
export function employeeView(page: EmployeePage, shown: EmployeeShown, times: Times): Markup {
  const { answer, trace } = page
  return markup`<div class="heading"><h1>Employee <span class="id">${answer.employeeId}</span></h1></div>
${verdict(answer, times)}
${threeSides(answer, times)}
${employeeForms(answer, trace, shown.visitor)}
${happened(page, shown, times)}`
}

export function unknownEmployee(employeeId: string): Markup {
  return markup`<h1>Employee</h1>${notice(
    'The ledger does not know this id',
    `No event and no refused message names ${employeeId}. Search for the user name, mail address or object id above.`,
    markup`<p>An employee who was erased without having left is only in the <a href="${hrefOf('/audit', { employee: employeeId, days: 'all' })}">audit trail</a>.</p>`,
  )}`
}

/** The first sentence of `rollcall explain`. */
function verdict(answer: AccessAnswer, times: Times): Markup {
  const { access, why, obstacle, next } = sentenceParts(answer, times.text)
  return markup`<section class="verdict ${toneOf(answer)}" aria-labelledby="verdict">
<h2 id="verdict">${access}</h2>
<p>${sentence(why)}</p>
${obstacle === null ? NOTHING : markup`<p>${sentence(obstacle)}</p>`}
<p><span class="do">Next:</span> ${next === null ? 'nothing to do.' : markup`<code>${next}</code>`}</p>
</section>`
}

/** Access that should be gone weighs most. */
function toneOf(answer: AccessAnswer): 'good' | 'warn' | 'bad' {
  if (differs(answer)) return answer.wanted === 'disabled' ? 'bad' : 'warn'
  return answer.between.every(({ kind }) => kind === 'future') ? 'good' : 'warn'
}

const DIRECTORY: Readonly<Record<AccessAnswer['directory']['kind'], string>> = {
  active: 'Enabled',
  disabled: 'Disabled',
  'in-doubt': 'In doubt',
  'disabled-elsewhere': 'Disabled by another system',
  'emergency-disabled': 'Disabled by the emergency lane',
  'not-known': 'No record accepted',
}

const HR: Readonly<Record<AccessAnswer['hr']['kind'], string>> = {
  active: 'Active',
  left: 'Left',
  withdrawn: 'Withdrawn',
  erased: 'Erased',
  silent: 'Nothing about access',
  'no-events': 'No event',
}

function threeSides(answer: AccessAnswer, times: Times): Markup {
  const { directory, hr, between, objectId, place } = answer
  const stands = between.map(
    (obstacle) => markup`<li>${sentence(obstacleInWords(obstacle, times.text, place))}</li>`,
  )
  return markup`<div class="grid three">
<section class="card side"><h2>The directory holds</h2><p class="big">${DIRECTORY[directory.kind]}</p><p>${sentence(directoryInWords(directory, times.text, place))}</p>${objectId === null ? NOTHING : markup`<p>Entra object <code>${objectId}</code></p>`}${(place?.left ?? []).map((account) => markup`<p class="quiet">Left: ${leftInWords(account, times.text)}</p>`)}</section>
<section class="card side"><h2>In between</h2>${stands.length === 0 ? markup`<p class="big">Nothing</p>` : markup`<ul>${stands}</ul>`}</section>
<section class="card side"><h2>HR says</h2><p class="big">${HR[hr.kind]}</p><p>${sentence(hrInWords(hr, times.text))}</p></section>
</div>`
}

function happened(
  { answer, trace, attributes, next }: EmployeePage,
  shown: EmployeeShown,
  times: Times,
): Markup {
  if (trace === null)
    return notice(
      'No event is in the ledger',
      'A refused message names this employee, or the employee was erased: rollcall dead-letters list --store bus shows refused messages.',
    )
  const older =
    next === null
      ? NOTHING
      : markup`<div class="pager"><a class="button" href="${employeeHref(answer.employeeId, cursorText(next))}">Older events</a></div>`
  const show = showing(shown.values)
  const several = answer.place !== null
  return markup`<section class="card" aria-labelledby="happened"><h2 id="happened">What happened</h2><p class="quiet">Oldest first.</p>
${valuesForm(answer.employeeId, shown)}
${connectionView(trace.employee, shown.connection, shown.visitor)}
${attributesView(attributes, show)}
${several ? movesView(trace, times) : NOTHING}
${older}
${timelineView(trace, { times, show, several })}</section>`
}
