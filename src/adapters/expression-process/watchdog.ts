import { writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { workerData } from 'node:worker_threads'
import { LAST_WORDS_FD, type LastWords, SHARED, writeLastWords } from './protocol.ts'

export interface WatchdogOptions {
  readonly shared: Int32Array
  readonly limitMs: number
  readonly residentMb: number
}

const LOOK_MS = 20
/**
 * An evaluation that added less than this is not the one that fills the memory: what went before
 * left it behind.
 */
const SHARE_MB = 64

/**
 * Ends the process when one evaluation has used more than its limit of processor time, or fills the
 * memory of the process beyond its limit. All of the process's time counts as the evaluation's,
 * collecting its garbage included: nothing else happens here.
 */
const { shared, limitMs, residentMb } = workerData as WatchdogOptions
let watched = 0
let startedAt = 0
let startedMb = 0
// Now, because a thread of a killed process has no later.
flushCompileCache()
for (;;) {
  const evaluation = Atomics.load(shared, SHARED.evaluation)
  if (evaluation === 0) {
    watched = 0
    Atomics.wait(shared, SHARED.evaluation, 0)
    continue
  }
  const mb = process.memoryUsage.rss() / 1e6
  if (evaluation !== watched) {
    watched = evaluation
    startedAt = usedMs()
    startedMb = mb
  } else if (usedMs() - startedAt > limitMs) end('time')
  else if (mb > residentMb && mb - startedMb > SHARE_MB) end('memory')
  Atomics.wait(shared, SHARED.never, 0, LOOK_MS)
}

function end(limit: LastWords['limit']): void {
  const task = Atomics.load(shared, SHARED.task)
  const expression = Atomics.load(shared, SHARED.expression)
  // It may have ended just now.
  if (Atomics.load(shared, SHARED.evaluation) !== watched) return
  try {
    writeSync(LAST_WORDS_FD, writeLastWords({ limit, task, expression }))
  } catch {
    // The parent is gone; so is the only one to tell.
  }
  process.kill(process.pid, 'SIGKILL')
}

function usedMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
