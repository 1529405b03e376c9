import { z } from 'zod'
import { RollcallError } from '../../core/errors.ts'
import type { JobState, ProvisioningJob } from '../../core/ports.ts'
import type { Graph } from './client.ts'
import { type Endpoint, jobPath } from './endpoint.ts'

const Job = z.object({
  status: z.object({
    code: z.string(),
    quarantine: z.object({ reason: z.string().nullish() }).nullish(),
    steadyStateFirstAchievedTime: z.string().nullish(),
  }),
})

/** States in which the job accepts no work. In any other state, operations are sent. */
const STOPPED = new Set(['Paused', 'Quarantine', 'NotConfigured'])

/**
 * `GET …/synchronization/jobs/{id}`, which needs `Synchronization.Read.All`. That a restart begins
 * a new first steady state is an inference: the reference documents no sign of a restart.
 */
export function graphJob(
  graph: Graph,
  endpoint: Endpoint,
  restartSign: 'steady-state' | 'none',
): ProvisioningJob {
  return {
    state: async (signal): Promise<JobState> => {
      const response = await graph.get(jobPath(endpoint), signal)
      if (response.status === 401 || response.status === 403) {
        await response.body?.cancel()
        return { kind: 'forbidden' }
      }
      const job = response.status === 200 ? Job.safeParse(await response.json()) : null
      if (!job?.success) {
        if (response.status !== 200) await response.body?.cancel()
        throw new RollcallError(
          'JobUnavailable',
          `the provisioning job answered ${response.status}; check the job id of PROVISIONING_ENDPOINT`,
        )
      }
      const { code, quarantine, steadyStateFirstAchievedTime } = job.data.status
      // A job that never reached a steady state reports the year 1.
      const at = Date.parse(steadyStateFirstAchievedTime ?? '')
      const startedAt = restartSign === 'steady-state' && at > 0 ? at : null
      return STOPPED.has(code)
        ? { kind: 'stopped', code, reason: quarantine?.reason ?? null, startedAt }
        : { kind: 'running', startedAt }
    },
  }
}
