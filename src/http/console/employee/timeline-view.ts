import { callInWords } from '../../../core/emergency/words.ts'
import { recordChanges } from '../../../core/explain/record-changes.ts'
import { type Chapter, type Happening, type Step, timelineOf } from '../../../core/explain/timeline.ts'
import { roleOf } from '../../../core/explain/moves.ts'
import { stateReasonInWords } from '../../../core/explain/words.ts'
import type { EmployeeTrace, TraceEvent, TraceOperation } from '../../../core/ledger/port/views/trace.ts'
import type { EventState } from '../../../core/ledger/lifecycle.ts'
import { displayValue, type Show } from '../../../core/display/personal.ts'
import { reasonOf } from '../../../core/report/outcomes/reason-catalogue.ts'
import { sentence, unit } from '../layout.ts'
import { type Markup, markup, NOTHING } from '../markup.ts'
import { lasting, type Times } from '../times.ts'

/** Events and operations in their order, each with its steps and the waits between them. */
export function timelineView(trace: EmployeeTrace, shown: Shown): Markup {
  const chapters = timelineOf(trace).map((chapter) => chapterItem(chapter, shown))
  return markup`<ol class="timeline">${chapters}</ol>`
}

interface Shown {
  readonly times: Times
  readonly show: Show
  /** Whether there are several destinations, so that each is named. */
  readonly several: boolean
}

function chapterItem(chapter: Chapter, { times, show, several }: Shown): Markup {
  const { events, operation, steps } = chapter
  return markup`<li class="chapter ${toneOf(chapter)}">
${events.map((event) => eventHead(event, operation?.code ?? null, times))}
${events.length > 1 ? markup`<p class="quiet">${unit(events.length, 'event')} went into one operation.</p>` : NOTHING}
${operation === null ? NOTHING : operationHead(operation, show, several)}
<ol class="steps">${steps.map((step) => stepItem(step, times))}</ol>
${operation === null ? NOTHING : recordDetails(operation, show)}
</li>`
}

type Tone = 'done' | 'waits' | 'held' | 'dead'

const EVENT_TONES: Readonly<Record<EventState, Tone>> = {
  received: 'waits',
  held: 'held',
  planned: 'waits',
  incomplete: 'held',
  confirmed: 'done',
  unchanged: 'done',
  superseded: 'done',
  skipped: 'done',
  'dead-lettered': 'dead',
}

const WORST: readonly Tone[] = ['dead', 'held', 'waits', 'done']

function toneOf({ events }: Chapter): Tone {
  const tones = new Set(events.map(({ state }) => EVENT_TONES[state]))
  return WORST.find((tone) => tones.has(tone)) ?? 'done'
}

/** The reason is left to the operation where that has the same. */
function eventHead(event: TraceEvent, code: string | null, times: Times): Markup {
  const { id, type, source, state, reason, detail, by, effectiveAt, recordedAt } = event
  return markup`<div class="event"><p><strong>${type}</strong> <code>${id}</code> <span class="state ${EVENT_TONES[state]}">${state}</span></p>
<p class="quiet">from ${source} · effective ${times.text(effectiveAt)} · recorded ${times.text(recordedAt)}</p>
${reason === null || reason === code ? NOTHING : explained(reason, detail)}
${by === null ? NOTHING : markup`<p class="quiet">by <code>${by}</code></p>`}</div>`
}

function operationHead(operation: TraceOperation, show: Show, several: boolean): Markup {
  const { id, state, code, reason } = operation
  return markup`<div class="operation"><p><strong>Operation</strong> <code>${id}</code> <span class="quiet">${roleOf(operation, several)}</span> <span class="state">${state}</span></p>
${code === null ? NOTHING : explained(code, null)}${reason === null ? NOTHING : markup`<p class="quiet">The service says: ${displayValue(show('reason', reason))}</p>`}</div>`
}

/**
 * A code with what it means; one of the catalogue also with what to do. Messages of the service may
 * quote values, and are hidden with them.
 */
function explained(code: string, detail: string | null): Markup {
  const named = markup`<code>${code}</code>${detail === null ? NOTHING : markup` <code>${detail}</code>`}`
  const words = stateReasonInWords(code)
  if (words !== null) return markup`<div class="reason"><p>${named} ${words}</p></div>`
  const { cause, fix, owner } = reasonOf(code)
  return markup`<div class="reason"><p>${named} ${cause}</p><p><span class="do">What to do:</span> ${fix} <span class="quiet">Owner: ${owner}.</span></p></div>`
}

/** Shorter waits are not worth a word. */
const WAIT_MS = 1_000

function stepItem({ at, waitedMs, what }: Step, times: Times): Markup {
  const waited =
    waitedMs !== null && waitedMs >= WAIT_MS
      ? markup` <span class="wait">after ${lasting(waitedMs)}</span>`
      : NOTHING
  return markup`<li><span>${happening(what)}${waited}</span> ${times.plain(at)}</li>`
}

function happening(what: Happening): Markup {
  switch (what.kind) {
    case 'received':
      return markup`Received <code>${what.event.id}</code>`
    case 'decided':
      return markup`Decided`
    case 'final':
      return markup`Final: ${what.event.state}`
    case 'planned':
      return markup`Planned as <code>${what.operation.id}</code>`
    case 'submitted':
      return markup`Sent in <code>${what.batch.id}</code>, ${unit(what.batch.attempts, 'attempt')}`
    case 'accepted':
      return markup`Accepted by the service${what.batch.requestId === null ? NOTHING : markup`, request <code>${what.batch.requestId}</code>`}`
    case 'emergency':
      return markup`${sentence(callInWords(what.call))}`
    case 'logged':
      return markup`Log record <code>${what.record.id}</code>: ${what.record.action} ${what.record.status}${what.record.code === null ? NOTHING : markup` <code>${what.record.code}</code>`}`
    case 'answered':
      return markup`Answered: ${what.operation.state}`
  }
}

/** What the record changes, by field. */
function recordDetails(operation: TraceOperation, show: Show): Markup {
  const changes = recordChanges(operation)
  const { before } = operation
  if (changes.length === 0)
    return markup`<p class="quiet">The record is the same as that of <code>${before?.id ?? ''}</code>.</p>`
  const compared =
    before === null ? markup`the first record` : markup`compared with <code>${before.id}</code>`
  return markup`<details><summary>${unit(changes.length, 'field')} differ${changes.length === 1 ? 's' : ''}, ${compared}</summary>
<table><thead><tr><th scope="col">Field</th><th scope="col">Difference</th><th scope="col">Before</th><th scope="col">After</th></tr></thead>
<tbody>${changes.map(
    (change) =>
      markup`<tr><td><code>${change.field}</code></td><td>${change.kind}</td><td>${'from' in change ? markup`<del>${displayValue(show(change.field, change.from))}</del>` : NOTHING}</td><td>${'to' in change ? markup`<ins>${displayValue(show(change.field, change.to))}</ins>` : NOTHING}</td></tr>`,
  )}</tbody></table></details>`
}
