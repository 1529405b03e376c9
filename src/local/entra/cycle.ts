import { randomUUID } from 'node:crypto'
import type { Fact } from './fact.ts'
import type { Log } from './log.ts'
import type { Finding, Provisioner, Staged } from './provision.ts'
import { shuffled } from './random.ts'
import type { Settings } from './settings.ts'
import { createSlices } from './slices.ts'

/** Takes what is staged, applies it and writes the log; one cycle at a time. */
export interface Cycles {
  stage(operations: readonly Staged[]): void
  readonly staged: number
  /** Resolves when everything staged by now has been processed. */
  readonly run: () => Promise<void>
  /** Runs a cycle unless one is running. */
  tick(): void
  /** The cycle that runs stops at the next operation; no other starts. */
  stop(): Promise<void>
}

export interface CycleParts {
  readonly settings: Settings
  readonly provisioner: Provisioner
  readonly log: Log
  readonly now: () => number
  readonly random: () => number
}

export function createCycles({ settings, provisioner, log, now, random }: CycleParts): Cycles {
  let waiting: Staged[] = []
  let running: Promise<void> = Promise.resolve()
  let isStopped = false
  let isRunning = false
  let lastAt = -Infinity

  function write(cycleId: string, finding: Finding): void {
    // The log is ordered by time even if the clock it is given is not.
    const happened = Math.max(lastAt, now())
    lastAt = happened
    const { min, max } = settings.logLagMs
    const fact: Fact = {
      ...finding,
      id: randomUUID(),
      cycleId,
      at: Math.floor(happened / 1000) * 1000,
      visibleAt: happened + min + random() * Math.max(0, max - min),
      durationMs: 100 + Math.floor(random() * 3000),
    }
    log.append(fact)
  }

  async function cycle(): Promise<void> {
    isRunning = true
    await process().finally(() => {
      isRunning = false
    })
  }

  async function process(): Promise<void> {
    if (isStopped) return
    const cycleId = randomUUID()
    const slices = createSlices()
    const taken = settings.orderInCycle === 'shuffled' ? shuffled(waiting, random) : waiting
    waiting = []
    for (const staged of taken) {
      if (isStopped) return
      write(cycleId, provisioner.apply(staged))
      await slices.pause()
    }
    for (const finding of provisioner.resolve()) {
      if (isStopped) return
      write(cycleId, finding)
      await slices.pause()
    }
    log.forget(now() - settings.logRetentionMs)
  }

  const run = (): Promise<void> => {
    running = running.catch(() => undefined).then(cycle)
    return running
  }

  return {
    stage(operations) {
      waiting.push(...operations)
    },
    get staged() {
      return waiting.length
    },
    run,
    tick() {
      if (!isRunning) void run()
    },
    async stop() {
      isStopped = true
      await running
    },
  }
}
