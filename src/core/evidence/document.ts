import { z } from 'zod'
import type { EmergencyResult } from '../emergency/ledger.ts'
import { EMERGENCY_REASON_NAMES } from '../emergency/reasons.ts'
import { OPERATION_STATES } from '../ledger/lifecycle.ts'
import { MOVE_OUTCOMES } from './moves.ts'
import { type EvidenceRow, SECTIONS } from './rows.ts'
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
  destination: z.string().optional(),
  source: z.string(),
  event: z.string(),
  effectiveAt: instant,
  recordedAt: instant,
  receivedAt: instant,
  openedAt: instant,
  ended: z.enum(['proven', 'superseded', 'rescinded', 'discarded', 'acknowledged', 'open']),
  endedAt: instant.nullable(),
  provenBy: z.enum(['job', 'emergency lane']).nullable(),
  proofMs: z.number().nullable(),
  proofFromRecordedMs: z.number().nullable(),
  decidedBy: z.string().nullable(),
  justification: z.string().nullable(),
})
const RESULTS = ['disabled', 'gone', 'refused', 'unknown'] as const satisfies readonly EmergencyResult[]
const Call = z.strictObject({
  id: z.string(),
  employeeId: z.string(),
  operation: z.string(),
  reason: z.enum(EMERGENCY_REASON_NAMES),
  begunAt: instant,
  result: z.enum([...RESULTS, 'open']),
  status: z.int().nullable(),
  endedAt: instant.nullable(),
  usd: z.number(),
  job: z.enum([...OPERATION_STATES, 'open']).nullable(),
  jobEndedAt: instant.nullable(),
})
const Move = z.strictObject({
  id: z.string(),
  employeeId: z.string(),
  source: z.string().nullable(),
  event: z.string().nullable(),
  receivedAt: instant.nullable(),
  from: z.string(),
  to: z.string().nullable(),
  plannedAt: instant,
  outcome: z.enum(MOVE_OUTCOMES),
  disabledAt: instant.nullable(),
  disabledBy: z.string(),
  disabledMs: z.number().nullable(),
  enabledAt: instant.nullable(),
  enabledBy: z.string().nullable(),
  enabledMs: z.number().nullable(),
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
  emergency: z.array(Call),
  // Only with moves in the period.
  moves: z.array(Move).optional(),
  decisions: z.array(Action),
  replays: z.array(Action),
  configuration: z.array(Action),
  disclosures: z.array(Action),
  totals: z.strictObject({
    leavers: z.strictObject({
      cases: z.int(),
      ended: counts,
      provenBy: counts,
      proof: z.strictObject({ fromReceipt: durations, fromRecorded: durations }),
    }),
    emergency: z.strictObject({ calls: z.int(), results: counts, job: counts, usd: z.number() }),
    moves: z
      .strictObject({
        departures: z.int(),
        outcomes: counts,
        disabled: durations,
        enabled: durations,
      })
      .optional(),
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
  return SECTIONS.flatMap((section): readonly EvidenceRow[] => {
    if (section === 'leavers') return document.leavers.map((row) => ({ section, ...row }))
    if (section === 'emergency') return document.emergency.map((row) => ({ section, ...row }))
    if (section === 'moves') return (document.moves ?? []).map((row) => ({ section, ...row }))
    return document[section].map((row) => ({ section, ...row }))
  })
}
