import { isErasedId } from '../../../core/leavers/erased-id.ts'
import { type Markup, markup } from '../markup.ts'
import { employeeHref } from './href.ts'

/** An employee id that leads to the page of the employee. */
export const employeeLink = (id: string): Markup => markup`<a class="id" href="${employeeHref(id)}">${id}</a>`

/** The same where the employee may have been erased, who has no page any more. */
export const employeeLinkOrErased = (id: string): Markup =>
  isErasedId(id) ? markup`<span class="id">${id}</span>` : employeeLink(id)
