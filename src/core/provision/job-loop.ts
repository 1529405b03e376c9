import { unreachable } from '../errors.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { JobState, ProvisioningJob } from '../ports.ts'
import type { Runtime } from '../runtime.ts'
import { loop, type Service } from '../service.ts'

export interface JobSettings {
  readonly pollMs: number
  /** Between two requests while the permission is missing. */
  readonly forbiddenMs: number
}

/** A hold outlasts a few failed polls, and ends by itself when no instance polls any more. */
const POLLS_A_HOLD_LASTS = 3

/**
 * Watches the provisioning job. While it is paused or quarantined, nothing is sent, because the
 * service would queue data until it has no room. Submission resumes with the job. A restarted job
 * has lost what was staged, so unanswered operations are resent. Without the permission to read the
 * job nothing is held, and the log says so once.
 */
export function jobLoop(
  ledger: Pick<Ledger, 'setHold' | 'recordJobRestart'>,
  job: ProvisioningJob,
  settings: JobSettings,
  runtime: Runtime,
): Service {
  let before: JobState['kind'] | null = null
  const logChange = (state: JobState): void => {
    if (state.kind === before) return
    // The alert `job.stopped` warns of it; it does not know the service's reason.
    if (state.kind === 'stopped')
      runtime.log.info('job.holds', {
        code: state.code,
        reason: state.reason,
        what: 'nothing is sent until the job runs again',
      })
    if (state.kind === 'forbidden')
      runtime.log.info('job.unknown', {
        what: 'the state of the job is unknown; grant Synchronization.Read.All so that submission waits while it is stopped',
      })
    if (state.kind === 'running' && before === 'stopped') runtime.log.info('job.runs')
    before = state.kind
  }
  return loop('job', runtime, async (signal) => {
    const state = await job.state(signal)
    const now = runtime.now()
    logChange(state)
    switch (state.kind) {
      case 'forbidden':
        return settings.forbiddenMs
      case 'running':
      case 'stopped': {
        const stopped = state.kind === 'stopped'
        await ledger.setHold({
          name: 'job',
          since: now,
          until: stopped ? now + settings.pollMs * POLLS_A_HOLD_LASTS : now,
          status: null,
          detail: stopped ? state.code : null,
        })
        const resent = state.startedAt === null ? 0 : await ledger.recordJobRestart(state.startedAt, now)
        if (resent > 0)
          runtime.log.warn('job.restarted', {
            operations: resent,
            what: 'they were accepted before the restart and are resent',
          })
        return settings.pollMs
      }
      default:
        return unreachable(state)
    }
  })
}
