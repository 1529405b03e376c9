import { z } from 'zod'
import type { JobReport } from '../../core/provision/quarantine.ts'

const count = z.number().nonnegative().nullish()

/**
 * The status of a job
 * (https://learn.microsoft.com/en-us/graph/api/resources/synchronization-synchronizationstatus).
 * Jobs have been seen whose quarantine is all empty texts while they are paused.
 */
export const JobStatus = z.object({
  code: z.string(),
  quarantine: z
    .object({
      reason: z.string().nullish(),
      currentBegan: z.string().nullish(),
      nextAttempt: z.string().nullish(),
    })
    .nullish(),
  steadyStateFirstAchievedTime: z.string().nullish(),
  lastExecution: z.object({ countEscrowed: count, countEscrowedRaw: count }).nullish(),
  synchronizedEntryCountByType: z.array(z.object({ value: count })).nullish(),
})
export type JobStatus = z.output<typeof JobStatus>

export function reportOf(status: JobStatus): JobReport {
  const { code, quarantine, lastExecution, synchronizedEntryCountByType: entries } = status
  const escrowed = lastExecution?.countEscrowed ?? 0
  return {
    code,
    quarantine:
      code === 'Quarantine'
        ? {
            reason: quarantine?.reason || null,
            since: momentOf(quarantine?.currentBegan),
            nextAttempt: momentOf(quarantine?.nextAttempt),
          }
        : null,
    failures: lastExecution
      ? {
          escrowed,
          withReferences: lastExecution.countEscrowedRaw ?? escrowed,
          synchronized: (entries ?? []).reduce((sum, { value }) => sum + (value ?? 0), 0),
        }
      : null,
  }
}

/** What never happened has the year 1. */
export function momentOf(text: string | null | undefined): number | null {
  const at = Date.parse(text ?? '')
  return at > 0 ? at : null
}
