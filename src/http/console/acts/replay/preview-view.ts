import { quotaInWords } from '../../../../core/display/quota.ts'
import type { Json } from '../../../../core/model.ts'
import type { EditedLetter, LeftOut } from '../../../../core/report/replay/plan-replay.ts'
import { reasonOf } from '../../../../core/report/outcomes/reason-catalogue.ts'
import type { Visitor } from '../../../access/visitor.ts'
import { actionForm, justificationField } from '../../forms.ts'
import { counted, notice, unit } from '../../layout.ts'
import { type Markup, markup, NOTHING, verbatim } from '../../markup.ts'
import { timesAt, type Times } from '../../times.ts'
import { type Fields, hidden, keyField, problemView, typedField } from '../confirm.ts'
import { PATCH_KINDS } from './patch.ts'
import type { Preview } from './plan-form.ts'
import { MOST_AT_ONCE } from './request.ts'

/** A first run of this many shows whether the replay has the effect that is expected. */
export const FIRST = 10
/** Dead letters whose changes are listed. */
const SHOWN = 50

interface Shown {
  readonly visitor: Visitor
  /** Show the values that an edit changes. */
  readonly values: boolean
  readonly problem: string | null
  readonly now: number
  readonly zone: string | null
  /** A justification that was given before. */
  readonly why: string | null
}

export function previewView(preview: Preview, shown: Shown): Markup {
  const { plan, found } = preview
  const times = timesAt(shown.now, shown.zone)
  return markup`<div class="heading"><h1>Replay ${unit(plan.targets.length, 'dead letter')}?</h1><p class="quiet">Nothing is changed yet.</p></div>
${shown.problem === null ? NOTHING : problemView(shown.problem)}
${found.selected.length === 0 ? nothingFits() : markup`${planTable(preview, times)}${leftOutView(plan.leftOut)}${changesView(plan.changes, shown.values)}`}
${startForm(preview, shown)}
${patchForm(preview, shown.visitor)}`
}

const nothingFits = (): Markup =>
  notice(
    'No dead letter fits',
    'They were replayed, discarded or archived meanwhile, or another filter is meant.',
    markup`<p><a class="button" href="/failures">To the failures</a></p>`,
  )

function planTable({ plan, forecast, found }: Preview, times: Times): Markup {
  const { counts, stale, expectedStates } = plan
  const share = forecast.shareOfQuota === null ? NOTHING : markup`, ${quotaInWords(forecast.shareOfQuota)}`
  const states = [...expectedStates]

    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([state, count]): [string, Markup] => [`Events then ${state}`, markup`${counted(count)}`])
  const rows: readonly (readonly [string, Markup])[] = [
    ['In the ledger', markup`${unit(counts.ledger, 'dead letter')}`],
    ['On the bus', markup`${unit(counts.bus, 'message')}`],
    [
      'Of these stale',
      markup`${unit(stale, 'message')}${stale === 0 ? NOTHING : markup`: all of their events have arrived in another message since, so they are only removed`}`,
    ],
    ['Employees', markup`${counted(counts.employees)}`],
    ...states,
    ['Operations', markup`${counted(counts.operations)}`],
    ['Calls', markup`${counted(forecast.calls)}${share}`],
    ['Sent by', times.element(forecast.doneAt)],
  ]
  const gone = found.missing.length
  return markup`<section class="card" aria-labelledby="plan"><h2 id="plan">What it would do</h2>
<dl>${rows.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
${found.more ? markup`<p class="warn-text">More than ${counted(MOST_AT_ONCE)} fit. The first ${counted(MOST_AT_ONCE)} are used; <code>rollcall replay --max</code> takes more at once.</p>` : NOTHING}
${gone === 0 ? NOTHING : markup`<p class="quiet">${unit(gone, 'dead letter')} of those that were chosen ${gone === 1 ? 'is' : 'are'} not there any more.</p>`}</section>`
}

/** What would be refused again, and why. */
function leftOutView(leftOut: readonly LeftOut[]): Markup {
  if (leftOut.length === 0) return NOTHING
  const groups = [...Map.groupBy(leftOut, ({ why }) => why)].map(([code, those]) => {
    const [first] = those
    return markup`<li><strong>${counted(those.length)}</strong> <code>${code}</code>: ${reasonOf(code).cause} <span class="quiet">For example ${first?.id ?? ''}${first?.detail === undefined ? NOTHING : markup`: ${first.detail}`}</span></li>`
  })
  return markup`<section class="card" aria-labelledby="left-out"><h2 id="left-out">Left out, because intake would refuse them again</h2><ul>${groups}</ul></section>`
}

function changesView(changes: readonly EditedLetter[], values: boolean): Markup {
  if (changes.length === 0) return NOTHING
  const sets = [...Map.groupBy(changes, ({ fields }) => fields.map(({ path }) => path).join(', '))]
  const rows = changes
    .slice(0, SHOWN)
    .flatMap(({ id, employees, fields }) =>
      fields.map(
        ({ path, before, after }) =>
          markup`<tr><td data-label="Dead letter">${id}</td><td data-label="Employee">${employees.join(', ')}</td><td data-label="Field"><code>${path}</code></td>${values ? markup`<td data-label="Before"><del>${spelled(before)}</del></td><td data-label="After"><ins>${spelled(after)}</ins></td>` : NOTHING}</tr>`,
      ),
    )
  return markup`<section class="card table" aria-labelledby="changes"><h2 id="changes">What the change does</h2>
<ul>${sets.map(([fields, those]) => markup`<li>${unit(those.length, 'dead letter')}: <code>${fields}</code></li>`)}</ul>
<table><caption class="hidden">Changed fields by dead letter</caption><thead><tr><th scope="col">Dead letter</th><th scope="col">Employee</th><th scope="col">Field</th>${values ? markup`<th scope="col">Before</th><th scope="col">After</th>` : NOTHING}</tr></thead><tbody>${rows}</tbody></table>
${changes.length > SHOWN ? markup`<p class="quiet">The first ${SHOWN} of ${counted(changes.length)}.</p>` : NOTHING}</section>`
}

function spelled(value: Json | undefined): string {
  return value === undefined ? '(none)' : typeof value === 'string' ? value : JSON.stringify(value)
}

/** What the form of the preview was asked with, to ask it again. */
function fieldsOf({ request, patch, rate }: Preview): Fields {
  return {
    ...request.fields,
    rate: rate === null ? null : String(rate),
    ...(patch === null ? {} : { 'patch-kind': patch.kind, patch: patch.text }),
  }
}

function startForm(preview: Preview, { visitor, why }: Shown): Markup {
  const { plan, patchRefused, seen } = preview
  const count = plan.targets.length
  const blocked = patchRefused
    ? 'The change must fit every dead letter of the selection. Correct it, or choose fewer.'
    : count === 0
      ? 'There is nothing to replay.'
      : null
  const fields = (id: string, first: string, n: number): Markup =>
    markup`${keyField()}${hidden({ ...fieldsOf(preview), seen, first, count: String(count) })}${typedField(`typed-${id}`, n)}${justificationField(`why-${id}`, why)}`
  const form = (id: string, label: string, first: string, n: number): Markup =>
    markup`<section class="card" aria-labelledby="start-${id}"><h2 id="start-${id}">${label}</h2>${actionForm(visitor, { path: '/replays/start', label, fields: fields(id, first, n), blocked, danger: true })}</section>`
  const all = form('all', `Replay all ${counted(count)}`, 'all', count)
  if (count <= FIRST) return all
  return markup`<div class="grid two">${form('first', `Replay the first ${FIRST}, then look`, String(FIRST), FIRST)}${all}</div>`
}

/** Changes the bodies first, and shows the plan again. */
function patchForm(preview: Preview, visitor: Visitor): Markup {
  const { patch, request, rate } = preview
  if (patch?.kind === 'body') return NOTHING
  const kinds = (['merge', 'expression', 'table'] as const).map(
    (kind) =>
      markup`<option value="${kind}"${kind === patch?.kind ? markup` selected` : NOTHING}>${PATCH_KINDS[kind]}</option>`,
  )
  return markup`<section class="card" aria-labelledby="change"><h2 id="change">Change them first, or slow down</h2>
<p class="quiet">A patch has to fit every dead letter above. A table has a header with <code>id</code> or <code>employee</code> and the fields to change. Nothing is sent until you replay.</p>
${actionForm(visitor, {
  path: '/replays/preview',
  label: 'Show what it would do',
  fields: markup`${hidden(request.fields)}
<p class="field-of"><label for="patch-kind">Kind of change</label><select id="patch-kind" name="patch-kind">${kinds}</select></p>
<p class="field-of"><label for="patch">Change</label><textarea id="patch" name="patch" rows="6" spellcheck="false">${verbatim(patch?.text ?? '')}</textarea></p>
<p class="field-of"><label for="rate">At most so many a second</label><input id="rate" name="rate" inputmode="numeric" value="${rate === null ? '' : String(rate)}" aria-describedby="rate-help"><span class="quiet" id="rate-help">Empty: as fast as it goes.</span></p>`,
})}</section>`
}
