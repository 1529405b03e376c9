import { createCycleRunner, type CycleParts } from './cycle-runner.ts'

/** What a restart resets, by the names of Microsoft Graph's `resetScope`. */
export type ResetScope = ReadonlySet<string>

/** Processes staged operations and writes the log, one cycle at a time. */
export interface Cycles {
  /**
   * Resolves when everything staged by now has been processed, or at once while the job cannot run.
   */
  readonly run: () => Promise<void>
  /** Runs a cycle if one is due and none is running. */
  tick(): void
  /** Restarts the job. Staged operations are discarded unless a cycle is running (documented). */
  restart(scope: ResetScope): void
  readonly count: number
  /** The cycle that runs stops at the next operation; no other starts. */
  stop(): Promise<void>
}

export function createCycles(parts: CycleParts): Cycles {
  const { settings, job, staging, escrow, provisioner, now } = parts
  const runner = createCycleRunner(parts)
  let running: Promise<void> = Promise.resolve()
  let isRunning = false

  async function runOne(): Promise<void> {
    isRunning = true
    await runner.run().finally(() => {
      isRunning = false
    })
  }
  const run = (): Promise<void> => {
    running = running.catch(() => undefined).then(runOne)
    return running
  }

  return {
    run,
    tick() {
      if (!isRunning && job.isDue(now())) void run()
    },
    restart(scope) {
      job.restarted()
      const isFull = scope.has('Full')
      if (settings.restartPurges && !isRunning) staging.purge()
      if (isFull || scope.has('Escrows')) escrow.clear()
      if (isFull || scope.has('ConnectorDataStore')) provisioner.forget()
      if (isFull || scope.has('QuarantineState')) job.release()
      runner.allowDeletions(scope.has('ForceDeletes'))
      if (job.code !== 'Quarantine') job.start()
    },
    get count() {
      return runner.count
    },
    async stop() {
      runner.stop()
      await running.catch(() => undefined)
    },
  }
}
