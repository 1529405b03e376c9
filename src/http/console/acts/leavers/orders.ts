import { nameOf } from '../../../../core/leavers/case-name.ts'
import { ownPage } from '../../../access/routes.ts'
import { unit } from '../../layout.ts'
import { markup } from '../../markup.ts'
import { type Asked, justificationOf, type Result, tickedIn } from '../asked.ts'
import { confirmed, fingerprint } from '../confirm.ts'

/** Closes leaver cases that need nothing more. Several are asked for with their count first. */
export async function acknowledgeLeavers(asked: Asked): Promise<Result> {
  const { form, ledger, actor, now } = asked
  const to = ownPage(form.text('to') ?? '/leavers')
  const ids = tickedIn(form, 'case')
  if (ids.length === 0) return { refused: 'No case was chosen', fix: 'Tick the cases to acknowledge.', to }
  const act = async (justification: string): Promise<Result> => {
    const acknowledged = await ledger.acknowledgeLeavers({ ids, actor, justification }, now)
    const others = ids.length - acknowledged.length
    const was = others === 0 ? '' : `; ${unit(others, 'other')} had been closed already`
    return { done: `${unit(acknowledged.length, 'leaver case')} acknowledged${was}`, to }
  }
  if (ids.length === 1) return act(justificationOf(form))
  const names = ids.map((id) => markup`<li><span class="id">${nameOf(id)}</span></li>`)
  return confirmed(
    asked,
    {
      path: '/leavers/acknowledge',
      title: `Acknowledge ${unit(ids.length, 'leaver case')}?`,
      facts: markup`<p>They are closed, though the directory is not known to hold the accounts disabled. No alert names them any more.</p><ul class="links">${names}</ul>`,
      label: `Acknowledge ${unit(ids.length, 'leaver case')}`,
      count: ids.length,
      seen: fingerprint(ids.map(String)),
      fields: { to, case: ids.map(String) },
      back: to,
      current: '/leavers',
    },
    act,
  )
}

/**
 * Sends all attributes of a leaver again, when the directory accepted only the deactivation. The
 * row of a list has a form without a justification; the next page then asks for one.
 */
export async function resendLeaver(asked: Asked): Promise<Result> {
  const { form, ledger, actor, now } = asked
  const employees = form.all('employee')
  const to = ownPage(form.text('to') ?? '/leavers')
  const act = async (justification: string): Promise<Result> => {
    const events = await ledger.resendLeaverRest({ employees, actor, justification }, now)
    return events === 0
      ? {
          refused: 'Nothing was done',
          fix: 'The directory accepted every attribute of this employee, not only the deactivation (DisabledAlone).',
          to,
        }
      : { done: `${unit(events, 'event')} sent again with all attributes`, to }
  }
  if (form.text('seen') === null && form.text('justification') !== null) return act(justificationOf(form))
  return confirmed(
    asked,
    {
      path: '/leavers/resend',
      title: `Send all attributes of ${employees.join(', ')} again?`,
      facts: markup`<p>The directory accepted only the deactivation. The whole record is sent once more. If it is refused again, the account stays disabled.</p>`,
      label: 'Send all attributes again',
      count: employees.length,
      seen: fingerprint(employees),
      fields: { to, employee: employees },
      back: to,
      current: '/leavers',
    },
    act,
  )
}
