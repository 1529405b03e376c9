import type { Ledger } from '../ledger/ledger.ts'
import { auditEntries } from '../ledger/pages.ts'
import type { Period } from '../ledger/port/leavers.ts'
import { isoOf, PAGE, type RowKind } from './kind.ts'

export type ActionSection = 'decisions' | 'replays' | 'configuration' | 'disclosures'

/** An entry of the audit trail. */
export interface ActionRow {
  readonly section: ActionSection
  readonly at: string
  readonly actor: string
  readonly action: string
  readonly about: string | null
  /** Dead letters of a replay; otherwise 1. */
  readonly count: number
  readonly justification: string
}

export async function* actionRows(
  ledger: Pick<Ledger, 'listAudit'>,
  section: ActionSection,
  { from, to }: Period,
): AsyncGenerator<ActionRow> {
  const entries = auditEntries(ledger, { since: from, until: to, about: null, limit: PAGE })
  for await (const { at, ...entry } of entries)
    if (sectionOf(entry.action) === section) yield { section, at: isoOf(at), ...entry }
}

/** Where an action belongs. Whatever a person decided, edits included, is a decision. */
function sectionOf(action: string): ActionSection {
  if (action === 'configuration') return 'configuration'
  if (action === 'show-values') return 'disclosures'
  if (action !== 'replay.edit' && (action === 'replay' || action.startsWith('replay.'))) return 'replays'
  return 'decisions'
}

const EMPLOYEE_HASH = /^[0-9a-f]{64}$/

/** An action is identified by who did it when. */
export const ACTIONS: RowKind<ActionRow> = {
  keyOf: ({ at, actor, action }) => JSON.stringify([at, actor, action]),
  isOne: (reported, { about }) => reported.about === about,
  withoutGone: (reported, { about }) => (EMPLOYEE_HASH.test(about ?? '') ? { ...reported, about } : reported),
  beforeItEnded: () => null,
}
