import { escapedHtml } from '../../core/display/html.ts'
import { span } from '../../core/display/span.ts'
import { visible } from '../../core/display/visible.ts'
import { EMERGENCY_REASONS } from '../../core/emergency/reasons.ts'
import type { EmergencyRow } from '../../core/evidence/emergency.ts'
import type { LeaverRow } from '../../core/evidence/leavers.ts'
import type { MoveRow } from '../../core/evidence/moves.ts'
import type { EvidenceRow, Section } from '../../core/evidence/rows.ts'
import { type EvidenceForm, totalLines } from './text.ts'

const STYLE = `
body { font: 10pt/1.4 system-ui, sans-serif; color: #111; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; break-after: avoid }
table { border-collapse: collapse; width: 100% } thead { display: table-header-group }
th, td { border-bottom: 1px solid #bbb; padding: .25rem .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere }
tr { break-inside: avoid } td.number { text-align: right; font-variant-numeric: tabular-nums }
@page { size: A4 landscape; margin: 15mm } @media print { body { margin: 0; max-width: none } nav { display: none } }`

const TITLES: Readonly<Record<Section, string>> = {
  leavers: 'Leavers',
  emergency: 'Calls of the emergency lane',
  moves: 'Moves between destinations',
  decisions: 'Decisions',
  replays: 'Replays of dead letters',
  configuration: 'Changes of the configuration',
  disclosures: 'Personal values that were shown',
}
const EXPLANATIONS: Readonly<Record<Section, string>> = {
  leavers:
    'Every termination whose case was open in the period, as it stood at the end of the period. Proven: the directory is known to hold the account disabled. The time to the proof does not count the time before the effective date.',
  emergency:
    'Every call that was begun in the period to disable the account of a leaver before the provisioning job could, as it stood at the end. The last columns say what the job answered to the same deactivation, and what the call costs; one without an answer counts as billed.',
  moves:
    'Every deactivation that was planned in the period because an employee moves to another destination, as the move stood at the end. Completed: an account at the new destination was enabled afterwards. Returned: the former account was. The times count from the receipt of the event, without the time before its effective date.',
  decisions: 'What operators decided, who they were and why. A count stands before the employees it counts.',
  replays: 'Dead letters that were put back at their place in the order.',
  configuration: 'A connector started with another configuration than the one before it.',
  disclosures: 'Who looked at personal values of which employee, and why.',
}
const LEAVER_COLUMNS = [
  'case',
  'employee',
  'event',
  'effective',
  'received',
  'ended',
  'at',
  'proven by',
  'time to proof',
  'by',
  'justification',
]
const EMERGENCY_COLUMNS = [
  'call',
  'employee',
  'operation',
  'because',
  'begun',
  'result',
  'at',
  'the job',
  'at',
  'USD',
]
const MOVE_COLUMNS = [
  'move',
  'employee',
  'event',
  'received',
  'from',
  'to',
  'outcome',
  'disabled',
  'by',
  'time to it',
  'enabled',
  'by',
  'time to it',
]
const ACTION_COLUMNS = ['at', 'actor', 'action', 'about', 'count', 'justification']
const COLUMNS: Readonly<Record<Section, readonly string[]>> = {
  leavers: LEAVER_COLUMNS,
  emergency: EMERGENCY_COLUMNS,
  moves: MOVE_COLUMNS,
  decisions: ACTION_COLUMNS,
  replays: ACTION_COLUMNS,
  configuration: ACTION_COLUMNS,
  disclosures: ACTION_COLUMNS,
}

/** One page to read and to print. */
export const htmlForm: EvidenceForm = {
  head: ({ from, to, madeAt, release }) =>
    `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Rollcall evidence ${escaped(from)} to ${escaped(to)}</title>
<meta name="viewport" content="width=device-width"><style>${STYLE}</style></head><body>
<h1>Evidence of provisioning</h1>
<p>From ${escaped(from)} up to ${escaped(to)}. Made at ${escaped(madeAt)} by Rollcall ${escaped(release)}. Employees are named by id.</p>
<nav><a href="#totals">Totals</a></nav>
`,
  beginSection: (section) =>
    `<section id="${section}"><h2>${TITLES[section]}</h2><p>${EXPLANATIONS[section]}</p>
<table><thead>${line('th', COLUMNS[section])}</thead><tbody>
`,
  row: (row) => `${line('td', cellsOf(row))}\n`,
  endSection: () => '</tbody></table></section>\n',
  totals: (totals) =>
    `<section id="totals"><h2>Totals</h2><table><thead>${line('th', ['total', 'value'])}</thead><tbody>
${totalLines(totals)
  .map(([name, value]) => line('td', [name, valueOf(name, value)]))
  .join('\n')}
</tbody></table></section></body></html>
`,
}

function cellsOf(row: EvidenceRow): readonly string[] {
  if (row.section === 'leavers') return leaverCells(row)
  if (row.section === 'emergency') return emergencyCells(row)
  if (row.section === 'moves') return moveCells(row)
  return [row.at, row.actor, row.action, row.about ?? '', String(row.count), row.justification]
}

function leaverCells(row: LeaverRow): readonly string[] {
  const { id, employeeId, destination, source, event, effectiveAt, receivedAt, ended, endedAt, proofMs } = row
  return [
    id,
    destination === undefined ? employeeId : `${employeeId} at ${destination}`,
    `${source} ${event}`,
    effectiveAt,
    receivedAt,
    ended,
    endedAt ?? '',
    row.provenBy ?? '',
    proofMs === null ? '' : span(proofMs),
    row.decidedBy ?? '',
    row.justification ?? '',
  ]
}

function emergencyCells(row: EmergencyRow): readonly string[] {
  const { id, employeeId, operation, reason, begunAt, result, status, endedAt, usd, job, jobEndedAt } = row
  return [
    id,
    employeeId,
    operation,
    EMERGENCY_REASONS[reason],
    begunAt,
    status === null ? result : `${result} (${status})`,
    endedAt ?? '',
    job ?? 'removed from the ledger',
    jobEndedAt ?? '',
    String(usd),
  ]
}

function moveCells(row: MoveRow): readonly string[] {
  return [
    row.id,
    row.employeeId,
    row.event === null ? 'removed from the ledger' : `${row.source} ${row.event}`,
    row.receivedAt ?? '',
    row.from,
    row.to ?? '',
    row.outcome,
    row.disabledAt ?? '',
    row.disabledBy,
    row.disabledMs === null ? '' : span(row.disabledMs),
    row.enabledAt ?? '',
    row.enabledBy ?? '',
    row.enabledMs === null ? '' : span(row.enabledMs),
  ]
}

function valueOf(name: string, value: number | null): string {
  if (value === null) return ''
  return name.endsWith('Ms') ? `${span(value)} (${value} ms)` : String(value)
}

function line(cell: 'td' | 'th', texts: readonly string[]): string {
  const scope = cell === 'th' ? ' scope="col"' : ''
  return `<tr>${texts.map((text) => `<${cell}${scope}>${escaped(text)}</${cell}>`).join('')}</tr>`
}

const escaped = (text: string): string => escapedHtml(visible(text))
