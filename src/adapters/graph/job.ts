import { z } from 'zod'
import { RollcallError } from '../../core/errors.ts'
import type { JobState, ProvisioningJob } from '../../core/ports.ts'
import type { Graph } from './client.ts'
import { type Endpoint, jobPath } from './endpoint.ts'
import { JobStatus, momentOf, reportOf } from './job-status.ts'

const Job = z.object({ status: JobStatus })

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
      const report = reportOf(job.data.status)
      const startedAt =
        restartSign === 'steady-state' ? momentOf(job.data.status.steadyStateFirstAchievedTime) : null
      return { kind: STOPPED.has(report.code) ? 'stopped' : 'running', startedAt, report }
    },
  }
}
