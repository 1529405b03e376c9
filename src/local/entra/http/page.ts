import type { Directory, Person } from '../directory/directory.ts'
import { textOf } from '../directory/row.ts'
import { createSlices } from '../support/slices.ts'

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escape = (text: string): string => text.replaceAll(/[&<>"']/gu, (mark) => entities[mark] ?? mark)

const columns = ['displayName', 'userPrincipalName', 'jobTitle', 'department', 'manager'] as const
const shown = 200

/** A page to look at: who is in the directory, and how the job is. `search` is looked for in every attribute. */
export async function directoryPage(
  directory: Directory,
  search: string,
  lines: Readonly<Record<string, string | number>>,
): Promise<string> {
  const slices = createSlices()
  const wanted = search.toLowerCase()
  const found: Person[] = []
  let count = 0
  for (const person of directory.all()) {
    await slices.pause()
    if (wanted !== '' && !speaksOf(person, wanted)) continue
    count += 1
    if (found.length < shown) found.push(person)
  }
  const facts = Object.entries(lines).map(
    ([name, value]) => `<dt>${escape(name)}</dt><dd>${escape(String(value))}</dd>`,
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Directory</title><style>
body{font:14px system-ui,sans-serif;margin:2rem}table{border-collapse:collapse}td,th{padding:.25rem .75rem;border-bottom:1px solid #ddd;text-align:left}
tr.off{color:#888}dl{display:flex;flex-wrap:wrap;gap:.25rem 1rem}dt{color:#666}dd{margin:0 1rem 0 0;font-weight:600}
</style></head><body>
<h1>Directory</h1>
<dl>${facts.join('')}</dl>
<form><label>Search <input name="q" value="${escape(search)}"></label> <button>Find</button></form>
<p>${count} of ${directory.size} people${count > shown ? `, the first ${shown} shown` : ''}.</p>
<table><thead><tr><th>externalId</th><th>enabled</th>${columns.map((name) => `<th>${name}</th>`).join('')}<th>operations</th></tr></thead><tbody>
${found.map((person) => row(directory, person)).join('\n')}
</tbody></table>
</body></html>
`
}

function speaksOf(person: Person, wanted: string): boolean {
  if (person.externalId?.toLowerCase().includes(wanted) === true) return true
  return person.target.values.some(
    (value) => typeof value === 'string' && value.toLowerCase().includes(wanted),
  )
}

function row(directory: Directory, person: Person): string {
  const cells = columns.map((name) => {
    const text = textOf(person.target, name) ?? ''
    return name === 'manager' && text !== '' ? (directory.byObjectId(text)?.externalId ?? text) : text
  })
  const all = [person.externalId ?? '', person.active ? 'yes' : 'no', ...cells, String(person.operations)]
  return `<tr${person.active ? '' : ' class="off"'}>${all.map((cell) => `<td>${escape(cell)}</td>`).join('')}</tr>`
}
