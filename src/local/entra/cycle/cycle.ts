import { randomUUID } from 'node:crypto'
import type { Escrow } from './escrow.ts'
import type { Fact, Retry } from '../log/fact.ts'
import type { Faults } from '../faults.ts'
import type { Execution, Job } from './job.ts'
import type { Log } from '../log/log.ts'
import type { Finding, Provisioner, Staged } from './provision.ts'
import { shuffled } from '../support/random.ts'
import type { Rows } from '../directory/row.ts'
import { CORE_USER, ENTERPRISE_USER, flatten } from '../directory/scim.ts'
import type { Settings } from '../settings.ts'
import { createSlices } from '../support/slices.ts'
import { overThreshold, type Staging } from './staging.ts'

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

export interface CycleParts {
  readonly settings: Settings
  readonly job: Job
  readonly staging: Staging
  readonly escrow: Escrow
  readonly faults: Faults
  readonly provisioner: Provisioner
  readonly rows: Rows
  readonly log: Log
  readonly now: () => number
  readonly random: () => number
}

export function createCycles(parts: CycleParts): Cycles {
  const { settings, job, staging, escrow, faults, provisioner, rows, log, now, random } = parts
  let running: Promise<void> = Promise.resolve()
  let isStopped = false
  let isRunning = false
  let allowsDeletions = false
  let count = 0
  let foreign = 0
  let lastAt = -Infinity

  function write(cycleId: string, finding: Finding, retry?: Retry): void {
    if (faults.hasOperationRules && finding.imported !== undefined) {
      if (faults.onOperation('lose-record', finding.externalId, finding.imported) !== undefined) return
    }
    // The log is ordered by time even if the clock it is given is not.
    const happened = Math.max(lastAt, now())
    lastAt = happened
    const { min, max } = settings.logLagMs
    const fact: Fact = {
      ...finding,
      retry,
      id: randomUUID(),
      cycleId,
      at: Math.floor(happened / 1000) * 1000,
      visibleAt: happened + min + random() * Math.max(0, max - min),
      durationMs: 100 + Math.floor(random() * 3000),
    }
    log.append(fact)
  }

  function isLost({ externalId, data }: Staged): boolean {
    return (
      faults.hasOperationRules &&
      faults.onOperation('lose', externalId, rows.row(flatten(data, rows))) !== undefined
    )
  }

  async function process(): Promise<void> {
    if (isStopped || !job.canRun) return
    const id = randomUUID()
    const began = now()
    const slices = createSlices()
    const tally = { imported: 0, exported: 0, failed: 0 }
    const note = (finding: Finding): Finding => {
      tally.imported += 1
      if (finding.result.kind === 'failed') tally.failed += 1
      else if (finding.result.kind !== 'skipped') tally.exported += 1
      return finding
    }

    const { allowed, stopped } = await overThreshold(
      staging.take(),
      allowsDeletions ? undefined : settings.deletionThreshold,
      provisioner,
      slices,
    )
    allowsDeletions = false
    if (stopped.length > 0) {
      staging.add(stopped)
      const message = `${stopped.length} operations would disable accounts; the threshold is ${settings.deletionThreshold}.`
      job.quarantine('TooManyDeletes', { code: 'TooManyDeletes', message }, now())
    }
    for (const entry of escrow.takeDue(now())) {
      if (isStopped) return
      const found = note(provisioner.apply(entry.staged))
      if (found.result.kind === 'failed') escrow.keepAgain(entry)
      write(
        id,
        settings.escrow.changeId === 'same' ? { ...found, changeId: entry.changeId } : found,
        entry.retry,
      )
      await slices.pause()
    }
    for (const staged of settings.orderInCycle === 'shuffled' ? shuffled(allowed, random) : allowed) {
      if (isStopped) return
      if (!isLost(staged)) {
        const found = note(provisioner.apply(staged))
        escrow.forget(staged.externalId)
        if (found.result.kind === 'failed') escrow.keep(staged, found.changeId, now())
        write(id, found)
      }
      await slices.pause()
    }
    for (const finding of provisioner.resolve()) {
      if (isStopped) return
      if (finding !== undefined) write(id, note(finding))
      await slices.pause()
    }
    if (tally.imported > 0) for (const staged of foreignOperations()) write(id, provisioner.apply(staged))
    count += 1
    const execution: Execution = { ...tally, id, began, ended: now(), escrowed: escrow.size }
    job.executed(execution)
    log.forget(now() - settings.logRetentionMs)
  }

  function* foreignOperations(): Generator<Staged> {
    for (let index = 0; index < settings.foreignPerCycle; index += 1) {
      foreign += 1
      const externalId = `foreign-${foreign}`
      const data = {
        schemas: [CORE_USER, ENTERPRISE_USER],
        externalId,
        userName: `${externalId}@${settings.defaultDomain}`,
        active: true,
      }
      yield { externalId, data, origin: { bulkId: '', requestId: '', clientRequestId: '' } }
    }
  }

  async function cycle(): Promise<void> {
    isRunning = true
    await process().finally(() => {
      isRunning = false
    })
  }

  const run = (): Promise<void> => {
    running = running.catch(() => undefined).then(cycle)
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
      allowsDeletions = scope.has('ForceDeletes')
      if (job.code !== 'Quarantine') job.start()
    },
    get count() {
      return count
    },
    async stop() {
      isStopped = true
      await running.catch(() => undefined)
    },
  }
}
