import { randomUUID } from 'node:crypto'
import type { Rows } from '../directory/row.ts'
import { flatten } from '../directory/scim.ts'
import type { Faults } from '../faults.ts'
import type { Retry } from '../log/fact.ts'
import type { Log } from '../log/log.ts'
import type { Settings } from '../settings.ts'
import { shuffled } from '../support/random.ts'
import { createSlices, type Slices } from '../support/slices.ts'
import type { Escrow } from './escrow.ts'
import { createForeignOperations } from './foreign.ts'
import type { Job } from './job.ts'
import type { Finding, Provisioner, Staged } from './provision.ts'
import { createFindingWriter } from './finding-writer.ts'
import { overThreshold, type Staging } from './staging.ts'

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

/** Runs single cycles. */
export interface CycleRunner {
  /** Processes everything staged by now; nothing while the job cannot run. */
  run(): Promise<void>
  /** Whether the next cycle ignores the deletion threshold. */
  allowDeletions(isAllowed: boolean): void
  /** Ends the cycle that runs at its next operation. */
  stop(): void
  /** Cycles that have ended. */
  readonly count: number
}

/** One cycle: what it works with, and what it has done so far. */
interface Cycle {
  /** Its id in the log. */
  readonly id: string
  readonly parts: CycleParts
  readonly slices: Slices
  write(finding: Finding, retry?: Retry): void
  isStopped(): boolean
  imported: number
  exported: number
  failed: number
}

export function createCycleRunner(parts: CycleParts): CycleRunner {
  const { settings, job, escrow, provisioner, log, now } = parts
  const writeFinding = createFindingWriter(parts)
  const foreignOperations = createForeignOperations(settings)
  let isStopped = false
  let areDeletionsAllowed = false
  let count = 0

  function begin(): Cycle {
    const id = randomUUID()
    return {
      id,
      parts,
      slices: createSlices(),
      write: (finding, retry) => writeFinding(id, finding, retry),
      isStopped: () => isStopped,
      imported: 0,
      exported: 0,
      failed: 0,
    }
  }

  function end({ id, imported, exported, failed }: Cycle, began: number): void {
    count += 1
    const [escrowed, unresolved] = [escrow.size, provisioner.unresolved]
    job.executed({ id, began, ended: now(), imported, exported, failed, escrowed, unresolved })
    log.forget(now() - settings.logRetentionMs)
  }

  return {
    async run() {
      if (isStopped || !job.canRun) return
      const began = now()
      const cycle = begin()
      const operations = await takeStaged(cycle, areDeletionsAllowed)
      areDeletionsAllowed = false
      await retryEscrowed(cycle)
      await applyStaged(cycle, operations)
      await resolveManagers(cycle)
      if (isStopped) return
      if (cycle.imported > 0) for (const staged of foreignOperations()) cycle.write(provisioner.apply(staged))
      end(cycle, began)
    },
    allowDeletions(isAllowed) {
      areDeletionsAllowed = isAllowed
    },
    stop() {
      isStopped = true
    },
    get count() {
      return count
    },
  }
}

/**
 * What the cycle may process. If it would disable more users than the threshold, those operations
 * stay staged and the job is quarantined.
 */
async function takeStaged(
  { parts, slices }: Cycle,
  areDeletionsAllowed: boolean,
): Promise<readonly Staged[]> {
  const { settings, staging, provisioner, job, now } = parts
  const threshold = areDeletionsAllowed ? undefined : settings.deletionThreshold
  const { allowed, stopped } = await overThreshold(staging.take(), threshold, provisioner, slices)
  if (stopped.length > 0) {
    staging.add(stopped)
    const message = `${stopped.length} operations would disable accounts; the threshold is ${settings.deletionThreshold}.`
    job.quarantine('TooManyDeletes', { code: 'TooManyDeletes', message }, now())
  }
  return allowed
}

async function retryEscrowed(cycle: Cycle): Promise<void> {
  const { settings, escrow, provisioner, now } = cycle.parts
  for (const entry of escrow.takeDue(now())) {
    if (cycle.isStopped()) return
    const found = count(cycle, provisioner.apply(entry.staged))
    if (found.result.kind === 'failed') escrow.keepAgain(entry)
    const changeId = settings.escrow.changeId === 'same' ? entry.changeId : found.changeId
    cycle.write({ ...found, changeId }, entry.retry)
    await cycle.slices.pause()
  }
}

async function applyStaged(cycle: Cycle, operations: readonly Staged[]): Promise<void> {
  const { settings, escrow, provisioner, now, random } = cycle.parts
  const ordered = settings.orderInCycle === 'shuffled' ? shuffled(operations, random) : operations
  for (const staged of ordered) {
    if (cycle.isStopped()) return
    if (!isLost(cycle.parts, staged)) {
      const found = count(cycle, provisioner.apply(staged))
      escrow.forget(staged.externalId)
      if (found.result.kind === 'failed') escrow.keep(staged, found.changeId, now())
      cycle.write(found)
    }
    await cycle.slices.pause()
  }
}

function isLost({ faults, rows }: CycleParts, { externalId, data }: Staged): boolean {
  return (
    faults.hasOperationRules &&
    faults.onOperation('lose', externalId, rows.row(flatten(data, rows))) !== undefined
  )
}

async function resolveManagers(cycle: Cycle): Promise<void> {
  const { provisioner } = cycle.parts
  for (const finding of provisioner.resolve()) {
    if (cycle.isStopped()) return
    if (finding !== null) cycle.write(count(cycle, finding))
    await cycle.slices.pause()
  }
}

/** Counts a finding in its cycle, and gives it back. */
function count(cycle: Cycle, finding: Finding): Finding {
  cycle.imported += 1
  if (finding.result.kind === 'failed') cycle.failed += 1
  else if (finding.result.kind !== 'skipped') cycle.exported += 1
  return finding
}
