import { heldEmployees, previewOrder } from '../../../core/plan/brake-order.ts'
import type { BrakeDecided } from '../../../core/ledger/port/plan.ts'
import { ownPage } from '../../access/routes.ts'
import type { Asked, Result } from './asked.ts'
import { unit } from '../layout.ts'
import { type Markup, markup, NOTHING } from '../markup.ts'
import { confirmed, fingerprint } from './confirm.ts'

/** Names in a question. */
const NAMED = 20

interface Order {
  readonly path: '/brake/release' | '/brake/refuse'
  readonly verb: 'Release' | 'Refuse'
  /** Whether it is also done to those who were refused. */
  readonly refusedToo: boolean
  /** Who is ticked, or everyone who is held when `all` is. */
  readonly employees: readonly string[]
}

/** Lets held employees go: all of them, or those that were chosen. */
export async function releaseBrake(asked: Asked): Promise<Result> {
  const order = await orderIn(asked, '/brake/release', 'Release')
  return decide(asked, order, (justification) =>
    asked.ledger.releaseBrake({ ...order, actor: asked.actor, justification, allowance: null }, asked.now),
  )
}

/** Keeps held employees as the directory holds them. */
export async function refuseBrake(asked: Asked): Promise<Result> {
  const order = await orderIn(asked, '/brake/refuse', 'Refuse')
  const keepCounting = asked.form.text('keep-counting') !== null
  return decide(asked, order, (justification) =>
    asked.ledger.refuseBrake(
      { employees: order.employees, keepCounting, actor: asked.actor, justification },
      asked.now,
    ),
  )
}

async function orderIn({ form, ledger }: Asked, path: Order['path'], verb: Order['verb']): Promise<Order> {
  const all = form.text('all') !== null
  const employees = all ? await heldEmployees(ledger) : [...new Set(form.all('employee'))]
  return { path, verb, employees, refusedToo: !all && verb === 'Release' }
}

async function decide(
  asked: Asked,
  order: Order,
  carryOut: (justification: string) => Promise<BrakeDecided>,
): Promise<Result> {
  const { form, ledger } = asked
  const { path, verb, employees, refusedToo } = order
  const back = ownPage(form.text('to') ?? '/held')
  if (employees.length === 0) return noneChosen(form.text('all') !== null, back)
  const preview = await previewOrder(ledger, employees, refusedToo ? ['held', 'refused'] : ['held'])
  if (preview.employees === 0)
    return { refused: 'Nothing was done', fix: 'The brake holds none of them any more.', to: back }
  const question = {
    path,
    title: `${verb} ${unit(preview.employees, 'employee')}?`,
    facts: factsOf(order, preview),
    label: `${verb} ${unit(preview.employees, 'employee')}`,
    count: preview.employees,
    seen: fingerprint([path, ...employees.toSorted(), ...preview.notBraked]),
    fields: {
      to: back,
      ...(form.text('all') === null ? { employee: employees } : { all: 'yes' }),
    },
    more: verb === 'Refuse' ? KEEP_COUNTING : NOTHING,
    back,
    current: null,
  }
  return confirmed(asked, question, async (justification) => {
    const done = await carryOut(justification)
    const did = verb === 'Release' ? 'released' : 'refused'
    return { done: `${unit(done.employees, 'employee')} ${did}${afterwards(done)}`, to: back }
  })
}

const noneChosen = (all: boolean, to: string): Result =>
  all
    ? { refused: 'Nothing was done', fix: 'The brake holds no employee now.', to }
    : { refused: 'No employee was chosen', fix: 'Tick the employees that it is about.', to }

const KEEP_COUNTING = markup`<p class="field-of"><label><input type="checkbox" name="keep-counting" value="yes"> What went before counts on, while HR still sends the wrong events</label></p>`

function factsOf({ verb, employees }: Order, { notBraked, stillHeld }: BrakeDecided): Markup {
  const gone = new Set(notBraked)
  const going = employees.filter((id) => !gone.has(id))
  const names = going.slice(0, NAMED).map((id) => markup`<li><span class="id">${id}</span></li>`)
  const more = going.length > NAMED ? markup`<li>and ${unit(going.length - NAMED, 'other')}</li>` : NOTHING
  return markup`<p>${verb === 'Release' ? 'Their deactivations are sent, and none of them counts again.' : 'Their accounts stay as they are, until HR takes the leaving back, says anew that they leave, or somebody releases them.'}</p>
<ul class="links">${names}${more}</ul>
<p>${stillHeld === 0 ? 'No employee is held afterwards.' : `${unit(stillHeld, 'employee')} stay held.`} It covers those who are counted here, not one who is held later.</p>
${notBraked.length === 0 ? NOTHING : markup`<p class="quiet">${unit(notBraked.length, 'employee')} of those that were chosen ${notBraked.length === 1 ? 'is' : 'are'} not held any more, and left out.</p>`}`
}

function afterwards({ stillHeld, judged, notBraked }: BrakeDecided): string {
  const left = notBraked.length === 0 ? '' : `; ${notBraked.length} were not held any more`
  if (stillHeld > 0) return `${left}; ${unit(stillHeld, 'employee')} still held`
  return judged ? `${left}; none is held any more, and what went before no longer counts` : left
}
