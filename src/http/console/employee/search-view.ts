import { notice, unit } from '../layout.ts'
import { type Markup, markup, NOTHING } from '../markup.ts'
import { employeeLink } from './link.ts'

/** Longer lists are cut, and say so. */
const MOST = 50

/** Several employees, or none. A search that finds one goes to its page. */
export function searchView(found: readonly string[], similar: readonly string[]): Markup {
  if (found.length === 0) return nothingFound(similar)
  const more =
    found.length > MOST
      ? markup`<p class="quiet">The first ${MOST} of ${unit(found.length, 'employee')}. Search for more of the name or id.</p>`
      : NOTHING
  return markup`<h1>${unit(found.length, 'employee')} found</h1>${more}<section class="card">${links(found.slice(0, MOST))}</section>`
}

export const searchWithoutText = (): Markup =>
  markup`<h1>Search</h1>${notice('Nothing to search for', 'Type an employee id, user name, mail address, object id, event id or operation above.')}`

function nothingFound(similar: readonly string[]): Markup {
  const nearly =
    similar.length === 0 ? NOTHING : markup`<p>Known employee ids that nearly match:</p>${links(similar)}`
  return markup`<h1>Search</h1>${notice(
    'Nothing in the ledger is called that',
    'Check the spelling. If HR did send an event, it may have been refused: rollcall dead-letters list --store bus shows what could not be read.',
    nearly,
  )}`
}

function links(employees: readonly string[]): Markup {
  return markup`<ul class="links">${employees.map((id) => markup`<li>${employeeLink(id)}</li>`)}</ul>`
}
