import type { Ledger } from '../ledger/ledger.ts'
import type { JobState, ProvisioningJob } from '../ports.ts'
import type { Runtime } from '../runtime.ts'
import { loop, type Service } from '../service.ts'

export interface JobSettings {
  readonly pollMs: number
  /** Between two requests while the permission is missing. */
  readonly forbiddenMs: number
  /** Waited after the restart of a job that had no room for more staged data. */
  readonly restartMs: number
}

/** A hold outlasts a few failed polls, and ends by itself when no instance polls any more. */
const POLLS_A_HOLD_LASTS = 3

type JobLedger = Pick<Ledger, 'setHold' | 'extendHold' | 'recordJobReport' | 'recordJobRestart'>
type KnownState = Exclude<JobState, { readonly kind: 'forbidden' }>

/**
 * Watches the provisioning job, and keeps what it says about failures and quarantine. While it is
 * paused or quarantined, nothing is sent, because the service would queue data until it has no room.
 * Submission resumes with the job. A restarted job has lost what was staged, so unanswered operations
 * are resent. Without the permission to read the job nothing is held, and the log says so once.
 */
export function jobLoop(
  ledger: JobLedger,
  job: ProvisioningJob,
  settings: JobSettings,
  runtime: Runtime,
): Service {
  let before: JobState | null = null
  return loop('job', runtime, async (signal) => {
    const state = await job.state(signal)
    logChange(state, before, runtime)
    if (state.kind === 'forbidden') {
      before = state
      return settings.forbiddenMs
    }
    const now = runtime.now()
    await holdFor(state, ledger, settings, now)
    await ledger.recordJobReport({ seenAt: now, ...state.report })
    await resendLost(state, ledger, runtime)
    if (isRestart(state, before) && (await ledger.extendHold('full', now + settings.restartMs, now)))
      runtime.log.info('job.rests', { what: 'it had no room and was restarted; nothing is sent for a while' })
    before = state
    return settings.pollMs
  })
}

async function holdFor(
  { kind, report }: KnownState,
  ledger: JobLedger,
  settings: JobSettings,
  now: number,
): Promise<void> {
  const stopped = kind === 'stopped'
  await ledger.setHold({
    name: 'job',
    since: now,
    until: stopped ? now + settings.pollMs * POLLS_A_HOLD_LASTS : now,
    status: null,
    detail: stopped ? report.code : null,
  })
}

async function resendLost(
  { startedAt }: KnownState,
  ledger: JobLedger,
  runtime: Pick<Runtime, 'now' | 'log'>,
): Promise<void> {
  const resent = startedAt === null ? 0 : await ledger.recordJobRestart(startedAt, runtime.now())
  if (resent > 0)
    runtime.log.warn('job.restarted', {
      operations: resent,
      what: 'they were accepted before the restart and are resent',
    })
}

/**
 * Whether the job was restarted since it was last read. It then works through its first cycle, so
 * that it has no steady state, or already has a new one. What staged operations failed stays in the
 * queue of the job and can fill it; only a restart clears that queue, and about 40 minutes have to
 * pass before data is sent again (inbound-provisioning-api-issues.md of
 * github.com/MicrosoftDocs/entra-docs, 2026-07-07).
 */
function isRestart(state: KnownState, before: JobState | null): boolean {
  if (before === null || before.kind === 'forbidden') return false
  return before.startedAt !== null && before.startedAt !== state.startedAt
}

function logChange(state: JobState, before: JobState | null, { log }: Pick<Runtime, 'log'>): void {
  if (state.kind === before?.kind) return
  // The alert `job.stopped` warns of it; it does not know the service's reason.
  if (state.kind === 'stopped')
    log.info('job.holds', {
      code: state.report.code,
      reason: state.report.quarantine?.reason ?? null,
      what: 'nothing is sent until the job runs again',
    })
  if (state.kind === 'forbidden')
    log.info('job.unknown', {
      what: 'the state of the job is unknown; grant Synchronization.Read.All so that submission waits while it is stopped',
    })
  if (state.kind === 'running' && before?.kind === 'stopped') log.info('job.runs')
}
