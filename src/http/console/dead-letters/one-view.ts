import type { Original } from '../../../core/ledger/port/dead-letters.ts'
import { shellWord } from '../../../core/explain/shell-word.ts'
import { type DeadLetter, deadLetterId } from '../../../core/report/dead-letters/dead-letter.ts'
import { reasonOf } from '../../../core/report/outcomes/reason-catalogue.ts'
import type { Visitor } from '../../access/visitor.ts'
import { letterForms } from '../acts/letter-forms.ts'
import { namesForm } from '../acts/replay/names.ts'
import { openForm } from '../acts/replay/open-form.ts'
import { employeeLink } from '../employee/link.ts'
import { counted, notice, unit } from '../layout.ts'
import { commands } from '../list.ts'
import { type Markup, markup, NOTHING } from '../markup.ts'
import type { Times } from '../times.ts'
import { deadLetterHref, deadLettersHref } from './filter.ts'

interface OneDeadLetter {
  readonly dead: Extract<DeadLetter, { store: 'ledger' }>
  readonly original: Original | null
  readonly visitor: Visitor
}

/** One dead letter: why it failed, what to do, and what is known of it. Values are hidden. */
export function oneView({ dead, original, visitor }: OneDeadLetter, times: Times): Markup {
  const { code, detail, archivedAt } = dead.letter
  const id = deadLetterId(dead)
  const { cause, fix, owner, waitingHelps } = reasonOf(code)
  const group = deadLettersHref({ store: 'ledger', code, attribute: null, age: 'any' })
  return markup`<div class="heading"><h1>Dead letter <span class="id">${id}</span></h1><p class="quiet"><a href="${group}">All with this code</a></p></div>
<section class="verdict ${archivedAt === null ? 'bad' : 'warn'}" aria-labelledby="verdict"><h2 id="verdict">${cause}</h2>
<p><code>${code}</code>${detail === null ? NOTHING : markup` about <code>${detail}</code>`}${archivedAt === null ? NOTHING : markup` · archived ${times.element(archivedAt)}`}</p>
<p><span class="do">What to do:</span> ${fix}</p>
<p class="quiet">Owner: ${owner}. Waiting ${waitingHelps ? 'helps' : 'does not help'}.</p></section>
<div class="grid two about">
<section class="card" aria-labelledby="event"><h2 id="event">The event</h2>${facts(dead.letter, original, times)}</section>
<section class="card" aria-labelledby="orders"><h2 id="orders">What you can do</h2>
${letterForms({ visitor, fields: { id }, onlyBus: false, to: deadLetterHref(id) })}
${namesForm(id, code, visitor)}
<details><summary>Edit it before it is replayed</summary>${openForm(id, visitor)}</details>
${commands([`rollcall dead-letters show ${id} --show-values --justification "…"`, `rollcall trace ${shellWord(dead.letter.id)}`])}</section>
</div>`
}

function facts(letter: OneDeadLetter['dead']['letter'], original: Original | null, times: Times): Markup {
  const { type, id, source, employeeId, diedAt, operation, refused, revision, replays, blocksReactivation } =
    letter
  return markup`<dl class="left">
<dt>Failed</dt><dd>${times.element(diedAt)}</dd>
<dt>Employee</dt><dd>${employeeLink(employeeId)}</dd>
<dt>Event</dt><dd>${type} <code>${id}</code> from ${source}, ${revision === 1 ? 'first outcome' : `outcome ${revision}`}</dd>
<dt>Operation</dt><dd>${operation === null ? 'none: it failed before one was made' : markup`<code>${operation}</code>${refused ? ', in a call that the service refused' : ''}`}</dd>
<dt>Replays</dt><dd>${replays === 0 ? 'none' : `failed again after ${unit(replays, 'replay')}`}</dd>
${blocksReactivation ? markup`<dt>Effect</dt><dd><span class="tag urgent">blocks reactivation</span> It is a termination: the employee is not enabled again while it is dead.</dd>` : NOTHING}
${original === null ? markup`<dt>Message</dt><dd>not kept: it came from a file, or was erased</dd>` : message(original, times)}
</dl>`
}

function message(
  { entity, sequence, enqueuedAt, contentType, properties, body }: Original,
  times: Times,
): Markup {
  const names = Object.keys(properties)
  return markup`<dt>Message</dt><dd><code>${entity}#${sequence}</code>, enqueued ${times.element(enqueuedAt)}</dd>
<dt>Body</dt><dd>${counted(Buffer.byteLength(body))} bytes${contentType === null ? NOTHING : markup` of <code>${contentType}</code>`}, hidden</dd>
${names.length === 0 ? NOTHING : markup`<dt>Properties</dt><dd>${names.map((name) => markup`<code>${name}</code> `)}<span class="quiet">values are hidden</span></dd>`}`
}

export function noSuchDeadLetter(id: string): Markup {
  return markup`<h1>Dead letter</h1>${notice(
    `${id} is no longer a dead letter`,
    'It was replayed, discarded, or its event has another outcome by now.',
    markup`<p><a href="/failures">To the failures</a></p>`,
  )}`
}
