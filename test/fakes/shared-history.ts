import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Expected, History } from './history.ts'

/** Where the real HR history lies, when it is there. */
const SHARED = process.env['ROLLCALL_SHARED'] ?? fileURLToPath(new URL('../../../shared', import.meta.url))
const TOOL = join(SHARED, 'tools', 'hr-history.mjs')
export const sharedHistoryIsThere = existsSync(TOOL)

/**
 * The real history as its own tool tells it, with the oracle of that tool. `folder` takes its
 * files.
 */
export async function sharedHistory(
  folder: string,
  seed: number,
  more: readonly string[] = [],
): Promise<History> {
  const [events, oracleFile] = [join(folder, 'events.jsonl'), join(folder, 'oracle.json')]
  const { stdout } = await promisify(execFile)(process.execPath, [
    TOOL,
    join(SHARED, 'data', 'hr-history'),
    '--out',
    events,
    '--oracle',
    oracleFile,
    '--managers',
    '--shuffle',
    '--duplicates',
    '0.05',
    '--seed',
    String(seed),
    ...more,
  ])
  const told: { readonly events: number } = JSON.parse(stdout)
  const employees: Readonly<Record<string, Partial<Expected>>> = JSON.parse(
    await readFile(oracleFile, 'utf8'),
  )
  const oracle = new Map(
    Object.entries(employees).map(([id, state]): [string, Expected] => [
      id,
      {
        active: state.active ?? false,
        userName: state.userName ?? '',
        title: state.title ?? null,
        department: state.department ?? null,
        managerId: state.managerId ?? null,
      },
    ]),
  )
  const lines = (await readFile(events, 'utf8')).split('\n').filter((line) => line !== '')
  return { lines, events: told.events, oracle }
}
