import { deadLetterId } from '../../../core/report/dead-letters/dead-letter.ts'
import {
  carryOutEnd,
  type Ending,
  type EndPlan,
  type EndResult,
  planEnd,
} from '../../../core/report/dead-letters/end.ts'
import { type Found, selectDeadLetters } from '../../../core/report/dead-letters/selection/select.ts'
import { RollcallError } from '../../../core/errors.ts'
import { ownPage } from '../../access/routes.ts'
import type { Asked, Result } from './asked.ts'
import type { ConsoleContext } from '../context.ts'
import { counted, unit } from '../layout.ts'
import { type Markup, markup, NOTHING } from '../markup.ts'
import { confirmed, fingerprint } from './confirm.ts'
import { type LetterRequest, letterRequestIn, MOST_AT_ONCE } from './replay/request.ts'

/** Names in a question. */
const NAMED = 20

const PATHS = { discard: '/dead-letters/discard', archive: '/dead-letters/archive' } as const
const WORDS = {
  discard: {
    verb: 'Discard',
    did: 'discarded',
    meaning: 'Those in the ledger count as if they had never happened; those on the bus are removed.',
  },
  archive: {
    verb: 'Archive',
    did: 'archived',
    meaning: 'They are out of sight. Employees who left stay deactivated.',
  },
} as const satisfies Readonly<Record<Ending, object>>

/**
 * Gives dead letters up, or archives them: those that are named, or all that fit the filter of the
 * form.
 */
export async function endDeadLetters(how: Ending, asked: Asked, context: ConsoleContext): Promise<Result> {
  const { form, ledger, actor, now } = asked
  const request = await letterRequestIn(form, ledger, now)
  const terminations = how === 'discard' && form.text('terminations') !== null
  const back = ownPage(form.text('to') ?? '/failures')
  await using stack = new AsyncDisposableStack()
  const outside = await context.deadLetters({ ledger, store: storeFor(how, request), rate: null }, stack)
  const found = await outside.withStores((stores) => selectDeadLetters(stores, request, outside.takeIn, null))
  const order = { how, terminations, actor, justification: '' }
  const plan = await planEnd(found.selected, order, outside)
  const count = plan.going.length
  const question = {
    path: PATHS[how],
    title: `${WORDS[how].verb} ${unit(count, 'dead letter')}?`,
    facts: factsOf(how, plan, found),
    label: `${WORDS[how].verb} ${unit(count, 'dead letter')}`,
    count,
    seen: fingerprint([how, ...plan.going.map(deadLetterId), 'kept', ...plan.kept.map(deadLetterId)]),
    fields: { ...request.fields, to: back, terminations: terminations ? 'yes' : null },
    blocked: count === 0 ? 'No dead letter fits that can be given up so.' : null,
    back,
    current: '/failures',
  } as const
  return confirmed(asked, question, async (justification) => {
    const listenForStop = (): AbortSignal => new AbortController().signal
    const result = await carryOutEnd(plan, { ...order, justification }, { ...outside, listenForStop })
    return { done: `${unit(result.ended, 'dead letter')} ${WORDS[how].did}${besides(result)}`, to: back }
  })
}

/** Only the ledger keeps archived ones. */
function storeFor(how: Ending, { store, ids }: LetterRequest): LetterRequest['store'] {
  if (how === 'discard') return store
  if (store === 'bus' || ids.some((id) => id.includes('#')))
    throw new RollcallError(
      'ArgumentInvalid',
      'only dead letters in the ledger can be archived; discard those on the bus, or leave them',
    )
  return 'ledger'
}

function factsOf(how: Ending, { kept, becomeActive }: EndPlan, { more }: Found): Markup {
  const active = becomeActive.slice(0, NAMED).map((id) => markup`<li><span class="id">${id}</span></li>`)
  return markup`<p>${WORDS[how].meaning}</p>
${becomeActive.length === 0 ? NOTHING : markup`<p class="warn-text"><strong>${unit(becomeActive.length, 'employee')} would become active:</strong></p><ul class="links">${active}${becomeActive.length > NAMED ? markup`<li>and ${counted(becomeActive.length - NAMED)} more</li>` : NOTHING}</ul>`}
${kept.length === 0 ? NOTHING : markup`<p>${unit(kept.length, 'dead letter')} more ${kept.length === 1 ? 'deactivates its employee and is' : 'deactivate their employees and are'} kept. Choose “terminations too” to discard them as well.</p>`}
${more ? markup`<p class="warn-text">More than ${counted(MOST_AT_ONCE)} fit. These are the first.</p>` : NOTHING}`
}

function besides({ kept, gone, held }: EndResult): string {
  return [
    kept > 0 ? `${counted(kept)} kept, because they deactivate an employee` : '',
    gone > 0 ? `${counted(gone)} were no dead letters any more` : '',
    held > 0 ? `${counted(held)} are locked on the bus by another process: try again` : '',
  ]
    .map((text) => (text === '' ? '' : `; ${text}`))
    .join('')
}
