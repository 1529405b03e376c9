import { accountFinder } from '../../../../compose/directory.ts'
import { parseDeadLetterId } from '../../../../core/report/dead-letters/dead-letter.ts'
import { selectDeadLetters } from '../../../../core/report/dead-letters/selection/select.ts'
import type { Visitor } from '../../../access/visitor.ts'
import {
  isNameTaken,
  type NameOwner,
  type NameProposal,
  proposeNames,
} from '../../../../core/report/user-names/propose.ts'
import { nameTable } from '../../../../core/report/user-names/table.ts'
import type { ConsoleContext } from '../../context.ts'
import { employeeLink } from '../../employee/link.ts'
import { actionForm, justificationField } from '../../forms.ts'
import { type Markup, markup, NOTHING } from '../../markup.ts'
import { type Asked, justificationOf, type Result } from '../asked.ts'
import { hidden } from '../confirm.ts'

/** Asks why before free user names are shown; nothing for a dead letter of another cause. */
export function namesForm(id: string, code: string, visitor: Visitor): Markup {
  if (!isNameTaken(code)) return NOTHING
  const form = actionForm(visitor, {
    path: '/dead-letters/names',
    label: 'Propose user names…',
    fields: markup`${hidden({ id })}${justificationField('names-why')}`,
  })
  return markup`<details><summary>Give the employee another user name</summary>${form}</details>`
}

/**
 * Shows who has the user name of a dead letter, and names that are free. Who sees them, and why, is
 * in the audit trail before they are shown. Nothing is changed: each name leads to the plan of a
 * replay with it.
 */
export async function proposeUserNames(asked: Asked, context: ConsoleContext): Promise<Result> {
  const { form, ledger, visitor, actor, now } = asked
  const id = form.text('id') ?? ''
  const gone = { refused: 'No name was proposed', to: '/failures' } as const
  if (parseDeadLetterId(id)?.store !== 'ledger')
    return { ...gone, fix: 'Choose a dead letter of the ledger from the list.' }
  const justification = justificationOf(form)
  await using stack = new AsyncDisposableStack()
  const outside = await context.deadLetters({ ledger, store: 'ledger', rate: null }, stack)
  const { selected } = await outside.withStores((stores) =>
    selectDeadLetters(stores, { ids: [id], selection: ANY, archived: true, max: 1 }, outside.takeIn, null),
  )
  let notAsked: string | null = null
  const { proposals } = await proposeNames(selected, {
    ledger,
    rules: outside.rules,
    policy: context.config.rules.userNames,
    now,
    findAccounts: accountFinder(context.config, (why) => (notAsked = why)),
  })
  const [proposal] = proposals
  if (!proposal) return { ...gone, fix: 'It is no longer a dead letter, or died of something else.' }
  await ledger.recordDisclosure({ employees: [proposal.employeeId], actor, justification }, now)
  const body = namesView({ id, proposal, notAsked, justification, visitor })
  return { page: { title: 'User names', body, current: '/failures' } }
}

const ANY = { reason: null, code: null, type: null, employeeId: null, since: null, until: null }

interface ShownNames {
  readonly id: string
  readonly proposal: NameProposal
  /** Why the directory was not looked at; `null` when it was. */
  readonly notAsked: string | null
  readonly justification: string
  readonly visitor: Visitor
}

function namesView({ id, proposal, notAsked, justification, visitor }: ShownNames): Markup {
  const { employeeId, taken, attribute, holder, free } = proposal
  return markup`<div class="heading"><h1>User names for <span class="id">${id}</span></h1><p class="quiet">The audit trail holds that you see them. Nothing is changed before you have seen the plan of the replay and confirmed it.</p></div>
<section class="card"><dl class="left">
<dt>Employee</dt><dd>${employeeLink(employeeId)}</dd>
<dt>Taken</dt><dd>${taken ?? 'no record would be sent for the employee'}</dd>
<dt>By</dt><dd>${ownerView(holder)}</dd>
${notAsked === null ? NOTHING : markup`<dt>Not looked at</dt><dd>the directory: ${notAsked}</dd>`}
</dl>
${attribute === null && taken !== null ? markup`<p>No attribute of the employee has this user name, because the mapping computes it: change what it is made of, at HR or in the mapping.</p>` : NOTHING}
${free.length === 0 ? markup`<p>No free name was found. Change the patterns under <code>userNames</code>, or ask HR for another name.</p>` : NOTHING}
${free.map((name) => nameForm(name, { id, proposal, justification, visitor }))}</section>`
}

/** Leads to the plan of a replay in which the employee has this name. */
function nameForm(
  name: string,
  { id, proposal, justification, visitor }: Omit<ShownNames, 'notAsked'>,
): Markup {
  const table = nameTable([{ ...proposal, free: [name] }])
  return actionForm(visitor, {
    path: '/replays/preview',
    label: `Use ${name}…`,
    fields: hidden({ id, 'patch-kind': 'table', patch: table?.text ?? '', justification }),
    blocked: table === null ? 'The mapping computes the name.' : null,
    quiet: true,
  })
}

function ownerView(owner: NameOwner | null): Markup {
  switch (owner?.kind) {
    case 'employee':
      return markup`employee ${employeeLink(owner.employeeId)}`
    case 'account':
      return markup`account <code>${owner.objectId}</code>, ${owner.employeeId === null ? 'which has no employee id: if it is the employee’s own, give it the id instead' : markup`of employee <code>${owner.employeeId}</code>`}`
    case undefined:
      return markup`not found`
  }
}
