import type { Directory, DirectoryUser } from '../directory/directory.ts'
import { textOf } from '../directory/row.ts'
import { createSlices } from '../support/slices.ts'

const HTML_ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (mark) => HTML_ENTITIES[mark] ?? mark)

const COLUMNS = ['displayName', 'userPrincipalName', 'jobTitle', 'department', 'manager'] as const
const SHOWN_USERS = 200

/**
 * A page to look at: who is in the directory, and how the job is. `search` is looked for in every
 * attribute.
 */
export async function directoryPage(
  directory: Directory,
  search: string,
  lines: Readonly<Record<string, string | number>>,
): Promise<string> {
  const slices = createSlices()
  const wanted = search.toLowerCase()
  const found: DirectoryUser[] = []
  let count = 0
  for (const user of directory.all()) {
    await slices.pause()
    if (wanted !== '' && !contains(user, wanted)) continue
    count += 1
    if (found.length < SHOWN_USERS) found.push(user)
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
<p>${count} of ${directory.size} users${count > SHOWN_USERS ? `, the first ${SHOWN_USERS} shown` : ''}.</p>
<table><thead><tr><th>externalId</th><th>enabled</th>${COLUMNS.map((name) => `<th>${name}</th>`).join('')}<th>operations</th></tr></thead><tbody>
${found.map((user) => row(directory, user)).join('\n')}
</tbody></table>
</body></html>
`
}

function contains(user: DirectoryUser, wanted: string): boolean {
  if (user.externalId?.toLowerCase().includes(wanted) === true) return true
  return user.target.values.some((value) => typeof value === 'string' && value.toLowerCase().includes(wanted))
}

function row(directory: Directory, user: DirectoryUser): string {
  const cells = COLUMNS.map((name) => {
    const text = textOf(user.target, name) ?? ''
    return name === 'manager' && text !== '' ? (directory.byObjectId(text)?.externalId ?? text) : text
  })
  const all = [user.externalId ?? '', user.active ? 'yes' : 'no', ...cells, String(user.operations)]
  return `<tr${user.active ? '' : ' class="off"'}>${all.map((cell) => `<td>${escape(cell)}</td>`).join('')}</tr>`
}
