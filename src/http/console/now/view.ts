import type { Snapshot } from '../../../compose/observe/figures.ts'
import { ledgerAway } from '../refusals.ts'
import { type Markup, markup } from '../markup.ts'
import type { Times } from '../times.ts'
import type { History } from './history.ts'
import { type Light, lightsOf } from './lights.ts'
import { needsCard } from './needs.ts'
import { type Backlog, quotaCard } from './quota.ts'
import { stageStrip } from './stages.ts'
import { throughputCard } from './throughput.ts'

/** The first page: what runs, what waits, and what needs a person. */
export function nowView(
  { readiness, ledger, limits }: Snapshot,
  { backlog, history }: { readonly backlog: Backlog; readonly history: History },
  times: Times,
): Markup {
  if (ledger === null) return ledgerAway()
  const lights = lightsOf({ readiness, ledger, limits }, times)
  return markup`<div class="heading"><h1>Now</h1><p class="quiet">as of ${times.local(ledger.at)}</p><span data-controls></span></div>
<ul class="lights" aria-label="State of the parts">${lights.map(lightItem)}</ul>
${stageStrip(ledger)}
<div class="grid two">
${needsCard(ledger, times)}
${quotaCard({ ledger, limits, backlog }, times)}
</div>
${throughputCard(history, times)}`
}

const TONE_WORDS: Readonly<Record<Light['tone'], string>> = {
  good: 'good',
  warn: 'needs a look',
  bad: 'wrong',
  off: 'not known',
}

/** The shape and a hidden word say what the colour says. */
function lightItem({ part, tone, reason, href }: Light): Markup {
  const name = href === undefined ? part : markup`<a href="${href}">${part}</a>`
  return markup`<li class="light ${tone}"><span class="hidden">${TONE_WORDS[tone]}: </span><strong>${name}</strong> <span>${reason}</span></li>`
}
