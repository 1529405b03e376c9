import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import { LAST_WORDS_FD, SHARED, writePlace } from './protocol.ts'

export interface WatchdogOptions {
  readonly shared: Int32Array
  readonly limitMs: number
}

const LOOK_MS = 20

/**
 * Ends the process when one evaluation has used more than its limit of processor time. All of the process's time counts as the
 * evaluation's, collecting its garbage included: nothing else happens here.
 */
const { shared, limitMs } = workerData as WatchdogOptions
let watched = 0
let startedAt = 0
for (;;) {
  const evaluation = Atomics.load(shared, SHARED.evaluation)
  if (evaluation === 0) {
    watched = 0
    Atomics.wait(shared, SHARED.evaluation, 0)
    continue
  }
  if (evaluation !== watched) {
    watched = evaluation
    startedAt = usedMs()
  } else if (usedMs() - startedAt > limitMs) end()
  Atomics.wait(shared, SHARED.never, 0, LOOK_MS)
}

function end(): void {
  const place = {
    task: Atomics.load(shared, SHARED.task),
    expression: Atomics.load(shared, SHARED.expression),
  }
  // It may have come to an end just now.
  if (Atomics.load(shared, SHARED.evaluation) !== watched) return
  try {
    writeSync(LAST_WORDS_FD, writePlace(place))
  } catch {
    // The parent is gone; so is the only one to tell.
  }
  process.kill(process.pid, 'SIGKILL')
}

function usedMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
