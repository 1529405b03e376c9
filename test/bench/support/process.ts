import { readdir, readFile } from 'node:fs/promises'

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

/** By name of the thread, what the threads of a running process have used. Reads /proc. */
export type ThreadSeconds = Readonly<Record<string, number>>

export async function threadSecondsOf(pid: number | undefined): Promise<ThreadSeconds> {
  const folder = `/proc/${pid}/task`
  const seconds: Record<string, number> = {}
  for (const thread of await readdir(folder)) {
    // A thread may have ended since.
    const stat = await readFile(`${folder}/${thread}/stat`, 'utf8').catch(() => null)
    if (stat === null) continue
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
    seconds[name] = (seconds[name] ?? 0) + cpuSeconds(stat)
  }
  return seconds
}

/** Without threads that used nothing. */
export function secondsSince(before: ThreadSeconds, after: ThreadSeconds): ThreadSeconds {
  return Object.fromEntries(
    Object.entries(after).flatMap(([name, seconds]) => {
      const used = seconds - (before[name] ?? 0)
      return used > 0 ? [[name, used]] : []
    }),
  )
}

/** What all running processes of a name have used, such as those of a PostgreSQL server. Reads /proc. */
export async function cpuSecondsNamed(name: string): Promise<number> {
  let seconds = 0
  for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    if (stat.includes(`(${name})`)) seconds += cpuSeconds(stat)
  }
  return seconds
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
