import { readFile } from 'node:fs/promises'

/** Clock ticks of /proc in a second. Linux has had 100 on every platform of Node. */
const TICKS = 100

/** What a running process has used, in user and system mode. Reads /proc, so it runs on Linux. */
export async function cpuSecondsOf(pid: number | undefined): Promise<number> {
  return cpuSeconds(await readFile(`/proc/${pid}/stat`, 'utf8'))
}

/** The same, of a stat in /proc. */
export function cpuSeconds(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

/** The memory that a running process has at this moment. Reads /proc. */
export async function residentMB(pid: number | undefined): Promise<number> {
  return memoryMB(await readFile(`/proc/${pid}/status`, 'utf8'), 'VmRSS') ?? Number.NaN
}

/** Megabytes at this moment or the most there ever were, of a status in /proc; null where it has none. */
export function memoryMB(status: string, field: 'VmRSS' | 'VmHWM'): number | null {
  const [, kB] = new RegExp(`${field}:\\s+(\\d+) kB`).exec(status) ?? []
  return kB === undefined ? null : Math.round(Number(kB) / 1_000)
}
