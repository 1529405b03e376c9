import { z } from 'zod'
import { type EvidenceRow, type LeaverRow, SECTIONS } from './rows.ts'
import type { EvidenceTotals } from './totals.ts'

/** What a report says about itself. */
export interface EvidenceHead {
  /** The version of the form of the report. */
  readonly evidence: 1
  readonly from: string
  readonly to: string
  readonly madeAt: string
  /** The release that made it. */
  readonly release: string
}

const instant = z.iso.datetime()
const durations = z.object({
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  worstMs: z.number().nullable(),
})
const counts = z.record(z.string(), z.int())

const Leaver = z.strictObject({
  id: z.string(),
  employeeId: z.string(),
  source: z.string(),
  event: z.string(),
  effectiveAt: instant,
  recordedAt: instant,
  receivedAt: instant,
  openedAt: instant,
  ended: z.enum(['proven', 'superseded', 'rescinded', 'discarded', 'acknowledged', 'open']),
  endedAt: instant.nullable(),
  proofMs: z.number().nullable(),
  proofFromRecordedMs: z.number().nullable(),
  decidedBy: z.string().nullable(),
  justification: z.string().nullable(),
})
const Action = z.strictObject({
  at: instant,
  actor: z.string(),
  action: z.string(),
  about: z.string().nullable(),
  count: z.int(),
  justification: z.string(),
})

/** The report as JSON. */
export const EvidenceDocument = z.strictObject({
  evidence: z.literal(1),
  from: instant,
  to: instant,
  madeAt: instant,
  release: z.string(),
  leavers: z.array(Leaver),
  decisions: z.array(Action),
  replays: z.array(Action),
  configuration: z.array(Action),
  disclosures: z.array(Action),
  totals: z.strictObject({
    leavers: z.strictObject({
      cases: z.int(),
      ended: counts,
      proof: z.strictObject({ fromReceipt: durations, fromRecorded: durations }),
    }),
    decisions: counts,
    replays: counts,
    deadLettersReplayed: z.int(),
    configuration: z.int(),
    disclosures: z.int(),
  }) satisfies z.ZodType<EvidenceTotals>,
})
export type EvidenceDocument = z.output<typeof EvidenceDocument>

/** The rows of a report, as the ledger gave them. */
export function rowsOfDocument(document: EvidenceDocument): readonly EvidenceRow[] {
  return SECTIONS.flatMap((section): readonly EvidenceRow[] =>
    section === 'leavers'
      ? document.leavers.map((row): LeaverRow => ({ section, ...row }))
      : document[section].map((row) => ({ section, ...row })),
  )
}
