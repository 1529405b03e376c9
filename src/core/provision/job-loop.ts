import { unreachable } from '../errors.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { JobState, ProvisioningJob } from '../ports.ts'
import type { Runtime } from '../runtime.ts'
import { loop, type Service } from '../service.ts'

export interface JobSettings {
  readonly pollMs: number
  /** Between two looks while the permission is missing. */
  readonly forbiddenMs: number
}

/** A hold outlives a few looks that failed, and ends by itself when nobody looks any more. */
const LOOKS_A_HOLD_LASTS = 3

/**
 * Watches the job. While it is paused or in quarantine data would queue until the service has no room, so nothing is sent; it goes on by itself
 * when the job does. A job that was started again has lost what was staged: the unanswered is offered again. Without the permission to look
 * nothing is held, and the log says once what is not known.
 */
export function jobLoop(
  ledger: Pick<Ledger, 'setHold' | 'recordJobRestart'>,
  job: ProvisioningJob,
  settings: JobSettings,
  runtime: Runtime,
): Service {
  let before: JobState['kind'] | null = null
  const tell = (state: JobState): void => {
    if (state.kind === before) return
    if (state.kind === 'stopped')
      runtime.log.error('job.stopped', {
        code: state.code,
        reason: state.reason,
        what: 'nothing is sent until the job runs again: look at it in the portal',
      })
    if (state.kind === 'forbidden')
      runtime.log.info('job.unknown', {
        what: 'the state of the job is not known; grant Synchronization.Read.All to have submission wait for it',
      })
    if (state.kind === 'running' && before === 'stopped') runtime.log.info('job.runs')
    before = state.kind
  }
  return loop('job', runtime, async (signal) => {
    const state = await job.state(signal)
    const now = runtime.now()
    tell(state)
    switch (state.kind) {
      case 'forbidden':
        return settings.forbiddenMs
      case 'running':
      case 'stopped': {
        const stopped = state.kind === 'stopped'
        await ledger.setHold({
          name: 'job',
          since: now,
          until: stopped ? now + settings.pollMs * LOOKS_A_HOLD_LASTS : now,
          status: null,
          detail: stopped ? state.code : null,
        })
        const offered = state.startedAt === null ? 0 : await ledger.recordJobRestart(state.startedAt, now)
        if (offered > 0)
          runtime.log.warn('job.restarted', {
            operations: offered,
            what: 'they were accepted before the restart and are offered again',
          })
        return settings.pollMs
      }
      default:
        return unreachable(state)
    }
  })
}
