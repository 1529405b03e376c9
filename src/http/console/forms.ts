import { type ActionPath, ROUTES } from '../access/routes.ts'
import { PERMISSIONS, rolesWith } from '../../config/console/permissions.ts'
import { formToken, type Visitor, wayTo } from '../access/visitor.ts'
import { type Markup, markup, NOTHING } from './markup.ts'

export const FORM_TOKEN = 'form-token'
/** Characters of a justification. */
export const LONGEST_JUSTIFICATION = 500

/** The field that each form with `post` needs. */
export function formTokenField(visitor: Visitor): Markup {
  const token = formToken(visitor)
  return token === null ? NOTHING : markup`<input type="hidden" name="${FORM_TOKEN}" value="${token}">`
}

export interface ActionForm {
  readonly path: ActionPath
  /** What the button says. */
  readonly label: string
  /** Fields in front of the button. */
  readonly fields: Markup
  /** Why the action cannot be taken now, for everyone; `null` when it can. */
  readonly blocked?: string | null
  /** So that fields elsewhere on the page can belong to the form (`form="…"`). */
  readonly id?: string
  /** A button that warns: what it does cannot be taken back. */
  readonly danger?: boolean
  /** A button that is not the first thing to do on its page. */
  readonly quiet?: boolean
  /** Further buttons, which take the fields to other actions. */
  readonly also?: readonly { readonly path: ActionPath; readonly label: string }[]
}

/** A form that takes an action. Where the visitor may not, the button is disabled and says why. */
export function actionForm(visitor: Visitor, form: ActionForm): Markup {
  const { path, label, fields, id, blocked = null, danger = false, quiet = false, also = [] } = form
  const look = danger ? markup` class="danger"` : quiet ? NOTHING : markup` class="primary"`
  const button = (one: ActionPath, says: string, attributes: Markup): Markup => {
    const why = lacking(visitor, one) ?? blocked
    return markup`<button${attributes}${why === null ? NOTHING : markup` disabled`}>${says}</button>${why === null ? NOTHING : markup` <span class="why">${why}</span>`}`
  }
  return markup`<form method="post" action="${path}" class="action"${id === undefined ? NOTHING : markup` id="${id}"`}>
${formTokenField(visitor)}${fields}
<p class="act">${button(path, label, look)}${also.map((one) => markup` ${button(one.path, one.label, markup` formaction="${one.path}"`)}`)}</p>
</form>`
}

/** Why this visitor may not take the action; `null` when it may. */
export function lacking({ permissions, roles }: Visitor, path: ActionPath): string | null {
  const { permission } = ROUTES[path]
  if (permissions.has(permission)) return null
  const way = wayTo(permission, roles && rolesWith(permission, roles))
  return `You lack the permission “${permission}” (${PERMISSIONS[permission]}). ${way}`
}

/**
 * Asks why. The audit trail holds the answer. `id` differs from that of every other field of the
 * page.
 */
export function justificationField(id: string, given: string | null = null): Markup {
  return markup`<p class="field-of"><label for="${id}">Why</label><input id="${id}" name="justification" value="${given ?? ''}" required maxlength="${LONGEST_JUSTIFICATION}" autocomplete="off" aria-describedby="${id}-help"><span class="quiet" id="${id}-help">The audit trail keeps it. Leave personal data out.</span></p>`
}
