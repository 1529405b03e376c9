import { displayValue, type Show } from '../../../core/display/personal.ts'
import type { AttributeExplanation } from '../../../core/plan/explain.ts'
import { unit } from '../layout.ts'
import { type Markup, markup, NOTHING } from '../markup.ts'

/** The attributes of an employee as HR says them now, each with the event it comes from. */
export function attributesView(attributes: readonly AttributeExplanation[], show: Show): Markup {
  if (attributes.length === 0) return NOTHING
  const rows = attributes.map(
    ({ path, value, mapped, by }) =>
      markup`<tr><td><code>${path}</code></td><td>${displayValue(show(path, value))}</td><td><code>${by.id}</code></td><td>${mapped ? 'yes' : 'no rule of the mapping uses it'}</td></tr>`,
  )
  return markup`<details class="attributes"><summary>${unit(attributes.length, 'attribute')}, with the event each comes from</summary>
<table><thead><tr><th scope="col">Attribute</th><th scope="col">Value</th><th scope="col">From event</th><th scope="col">Sent</th></tr></thead>
<tbody>${rows}</tbody></table></details>`
}
