import { lstatSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { RollcallError } from '../../../../core/errors.ts'

export const IN_MEMORY = ':memory:'

/**
 * The path of the file itself with all links resolved, even before it is made. The files beside it
 * (`-wal`, `-lock`) are named after this path.
 */
export function realPlace(path: string): string {
  if (path === IN_MEMORY) return path
  const real = orNull(() => realpathSync(path))
  if (real !== null) return real
  if (orNull(() => lstatSync(path))?.isSymbolicLink())
    return realPlace(resolve(dirname(path), readlinkSync(path)))
  const folder = orNull(() => realpathSync(dirname(path)))
  return folder === null ? resolve(path) : join(folder, basename(path))
}

/**
 * Throws `LedgerRefused` for a file that has a second path. SQLite keeps what was committed last,
 * and its locks, in files beside the path: two processes that use two paths would not see each
 * other, and each would undo the other's work.
 */
export function expectOnePath(path: string): void {
  if (path === IN_MEMORY) return
  const links = orNull(() => statSync(path))?.nlink ?? 1
  if (links > 1)
    throw twoPaths(
      path,
      `has ${links} names (hard links). Copy it with sqlite3 ${path} ".backup copy.db", and remove the other names (find -samefile)`,
    )
  if (mountPoints().has(path))
    throw twoPaths(path, `is mounted as a single file. Mount the folder it is in instead`)
}

const twoPaths = (path: string, what: string): RollcallError =>
  new RollcallError(
    'LedgerRefused',
    `the ledger ${path} ${what}: two processes would not see each other's changes`,
  )

/**
 * https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html; elsewhere no file can be
 * mounted.
 */
function mountPoints(): ReadonlySet<string> {
  const text = orNull(() => readFileSync('/proc/self/mountinfo', 'utf8')) ?? ''
  return new Set(
    text
      .split('\n')
      .map((line) =>
        (line.split(' ')[4] ?? '').replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
          String.fromCharCode(Number.parseInt(octal, 8)),
        ),
      ),
  )
}

function orNull<T>(look: () => T): T | null {
  try {
    return look()
  } catch {
    return null
  }
}
