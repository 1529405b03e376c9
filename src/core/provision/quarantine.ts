import { DAY_MS } from '../runtime.ts'

/** What the provisioning job says about itself beside its state. */
export interface JobReport {
  /** `Active`, `Paused`, `Quarantine`, …, as the service spells it. */
  readonly code: string
  /** `null` while it is not in quarantine. */
  readonly quarantine: JobQuarantine | null
  /** `null` before the first cycle. */
  readonly failures: JobFailures | null
}

export interface JobQuarantine {
  /** The service's code, such as `EncounteredEscrowProportionThreshold`. */
  readonly reason: string | null
  readonly since: number | null
  /** When the job tries again; while it is in quarantine, at most once a day. */
  readonly nextAttempt: number | null
}

/** Failed operations that the job keeps and retries itself, as of its last cycle. */
export interface JobFailures {
  /** Without those that failed for a reference, such as a manager who was not found. */
  readonly escrowed: number
  /** With them. */
  readonly withReferences: number
  /** Objects that the job keeps in step. */
  readonly synchronized: number
}

export const QUARANTINE_LIMITS = ['share', 'failures', 'with-references'] as const
export type QuarantineLimit = (typeof QUARANTINE_LIMITS)[number]

/** How far failures have used up a limit of quarantine. */
export interface LimitUse {
  readonly limit: QuarantineLimit
  readonly count: number
  /** So many failures put the job into quarantine. */
  readonly at: number
}

/** Fewer failures are never too large a share. */
const SHARE_FROM = 5_000
/** More failures than these put the job into quarantine, … */
const MOST_FAILURES = 40_000
/** … and so do more than these, references included. */
const MOST_WITH_REFERENCES = 60_000
/** A quarantine that lasts longer disables the job. */
const QUARANTINE_LASTS_MS = 28 * DAY_MS

/**
 * The three limits of quarantine: more than 40 % of what the job provisions failed, and at least
 * 5,000; more than 40,000; more than 60,000 with references
 * (https://learn.microsoft.com/en-us/entra/identity/app-provisioning/application-provisioning-quarantine-status,
 * which calls the logic subject to change). Two things are inferred: that the share is of the objects
 * the job keeps in step and the failed ones, and that `countEscrowedRaw` counts references.
 * `ownEscrowed` is what the ledger knows to be retried: if the job counts only its last cycle, it is
 * more.
 */
export function limitUses(failures: JobFailures | null, ownEscrowed: number): readonly LimitUse[] {
  const escrowed = Math.max(failures?.escrowed ?? 0, ownEscrowed)
  const withReferences = Math.max(failures?.withReferences ?? 0, escrowed)
  // f / (f + s) > 0.4 when 3 f > 2 s.
  const share = Math.floor(((failures?.synchronized ?? 0) * 2) / 3) + 1
  return [
    { limit: 'share', count: escrowed, at: Math.max(SHARE_FROM, share) },
    { limit: 'failures', count: escrowed, at: MOST_FAILURES + 1 },
    { limit: 'with-references', count: withReferences, at: MOST_WITH_REFERENCES + 1 },
  ]
}

/** The same from the figures of the ledger. */
export function limitUsesIn({ jobReport, escrowed }: FailureFigures): readonly LimitUse[] {
  return limitUses(jobReport?.failures ?? null, escrowed.count)
}

interface FailureFigures {
  /** `null` before the job was first seen. */
  readonly jobReport: Pick<JobReport, 'failures'> | null
  /** Operations that the ledger knows to be retried. */
  readonly escrowed: { readonly count: number }
}

/** The limit that is used up most. */
export function nearestLimit(uses: readonly LimitUse[]): LimitUse | null {
  return uses.reduce<LimitUse | null>(
    (worst, use) => (worst === null || use.count / use.at > worst.count / worst.at ? use : worst),
    null,
  )
}

/** When the service disables the job, unless the quarantine ends before; `null` when not known. */
export function disabledAt({ since }: JobQuarantine): number | null {
  return since === null ? null : since + QUARANTINE_LASTS_MS
}

/** When a limit is passed. */
export const LIMIT_MEANINGS: Readonly<Record<QuarantineLimit, string>> = {
  share: 'at least 5,000 operations that are more than 40 % of all put the job into quarantine',
  failures: 'more than 40,000 failed operations put the job into quarantine',
  'with-references':
    'more than 60,000 failed operations put the job into quarantine, managers that were not found included',
}

/** What a limit counts. */
const LIMIT_WORDS: Readonly<Record<QuarantineLimit, string>> = {
  share: 'the share of 40 %',
  failures: 'the number',
  'with-references': 'the number with managers not found',
}

/** `7 of 5,000 for the share of 40 %, …`: the failures beside what puts the job into quarantine. */
export function usesInWords(uses: readonly LimitUse[]): string {
  return uses
    .map(({ limit, count, at }) => `${counted(count)} of ${counted(at)} for ${LIMIT_WORDS[limit]}`)
    .join(', ')
}

const counted = (count: number): string => count.toLocaleString('en-US')

/** Why and since when the job is in quarantine, and when that ends or disables it. */
export function quarantineInWords(quarantine: JobQuarantine, when: (at: number) => string): string {
  const { reason, since, nextAttempt } = quarantine
  const disabled = disabledAt(quarantine)
  return [
    reason ?? 'no reason given',
    ...(since === null ? [] : [`since ${when(since)}`]),
    ...(nextAttempt === null ? [] : [`tries again ${when(nextAttempt)}`]),
    ...(disabled === null ? [] : [`disabled ${when(disabled)} unless it ends before`]),
  ].join(', ')
}
