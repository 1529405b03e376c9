import { spawnSync } from 'node:child_process'
import { availableParallelism, cpus, totalmem } from 'node:os'

/**
 * Keeps a process on the last core, so that what is measured has the others. Does nothing without
 * `taskset` or a second core.
 */
export function pin(pid: number | undefined): void {
  const cores = availableParallelism()
  if (pid === undefined || cores < 2) return
  spawnSync('taskset', ['--all-tasks', '--pid', '--cpu-list', String(cores - 1), String(pid)])
}

/** The machine that figures were measured on. */
export function machine(): Readonly<Record<string, string | number>> {
  return {
    node: process.version,
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? 'unknown',
    memoryGB: Math.round(totalmem() / 1e9),
  }
}
