import { ALERTS, cureIn } from '../../src/core/alerts/codes.ts'
import {
  EMERGENCY_REASON_NAMES,
  EMERGENCY_REASONS,
  EMERGENCY_WAITS,
} from '../../src/core/emergency/reasons.ts'
import { FINDINGS, type FindingKind } from '../../src/core/findings/codes.ts'
import { LEAVER_CAUSES } from '../../src/core/leavers/causes.ts'
import { type InstrumentName, INSTRUMENTS, prometheusName } from '../../src/core/telemetry.ts'
import { SPANS } from '../../src/core/telemetry/spans.ts'

/** Tables inside pages that are otherwise written by hand: name of the table → its text. */
const TABLES: Readonly<Record<string, () => string>> = {
  'leaver causes': () =>
    table(
      ['cause', 'meaning', 'what to do'],
      Object.entries(LEAVER_CAUSES).map(([cause, { meaning, fix }]) => [`\`${cause}\``, meaning, fix]),
    ),
  'emergency reasons': () =>
    table(
      ['`when`', 'used while'],
      EMERGENCY_REASON_NAMES.map((name) => [`\`${name}\``, EMERGENCY_REASONS[name]]),
    ),
  'emergency waits': () =>
    table(
      ['the case says', 'meaning', 'what to do'],
      Object.entries(EMERGENCY_WAITS).map(([why, { meaning, fix }]) => [`\`${why}\``, meaning, fix]),
    ),
  alerts: () =>
    table(
      ['alert', 'urgency', 'meaning', 'one for each', 'what helps'],
      Object.entries(ALERTS).map(([code, { what, causes, urgency, ...kind }]) => [
        `\`${code}\``,
        urgency,
        what,
        causes ?? '',
        cureIn(kind),
      ]),
    ),
  findings: () =>
    FINDINGS.map(
      ({ code, cause, fix, owner, waitingHelps, acknowledging }: FindingKind) =>
        `### \`${code}\`\n\n` +
        `- **Cause:** ${cause}\n` +
        `- **What to do:** ${fix}\n` +
        `- **Owner:** ${owner}. Waiting ${waitingHelps ? 'may help' : 'does not help'}.\n` +
        `- **Acknowledging:** ${acknowledging ?? 'not possible.'}`,
    ).join('\n\n'),
  spans: () =>
    table(
      ['span', 'kind', 'covers'],
      Object.entries(SPANS).map(([name, { kind, covers }]) => [`\`${name}\``, kind, covers]),
    ),
  counters: () => instruments((name) => INSTRUMENTS[name].kind === 'counter'),
  histograms: () => instruments((name) => INSTRUMENTS[name].kind === 'histogram'),
  readings: () => instruments((name) => isRead(name) && !isLineOfBooks(name)),
  'the books': () => instruments(isLineOfBooks),
}

function isRead(name: InstrumentName): boolean {
  return ['gauge', 'total'].includes(INSTRUMENTS[name].kind)
}

function isLineOfBooks(name: InstrumentName): boolean {
  return name.startsWith('rollcall.ledger.') && INSTRUMENTS[name].kind === 'total'
}

function instruments(included: (name: InstrumentName) => boolean): string {
  const names = Object.keys(INSTRUMENTS) as readonly InstrumentName[]
  return table(
    ['instrument', 'in a scrape', 'attributes', 'meaning'],
    names.filter(included).map((name) => {
      const { attributes, description } = INSTRUMENTS[name]
      const keys = attributes.map((key) => `\`${key}\``).join(', ')
      return [`\`${name}\``, `\`${prometheusName(name)}\``, keys, description]
    }),
  )
}

export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(heading), line(heading.map(() => '---')), ...rows.map(line)].join('\n')
}

/**
 * The page with each generated table in its place, between `<!-- generated: name -->` and
 * `<!-- end -->`.
 */
export function withTables(page: string): string {
  return page.replaceAll(
    /(<!-- generated: ([a-z ]+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, begin: string, name: string, end: string) => {
      const render = TABLES[name]
      if (!render) throw new Error(`no generated table is called ${name}`)
      return `${begin}\n${render()}\n\n${end}`
    },
  )
}
