import { chmodSync, closeSync, openSync, statSync } from 'node:fs'

const ONLY_OWNER = 0o600

/**
 * Makes the file where there is none, and takes every right on it from group and others. A file of
 * another user keeps its rights, which only that user can change. Throws the error of the file
 * system when the file cannot be made.
 */
export function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', ONLY_OWNER))
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    // Never opened here: closing a file anew would take back the locks that SQLite has on it in
    // this process.
    takeRights(path)
  }
}

/** Takes every right from group and others, where the file is there. */
export function takeRights(path: string): void {
  try {
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, ONLY_OWNER)
  } catch (error) {
    if (!['ENOENT', 'EPERM', 'EROFS'].includes(codeOf(error))) throw error
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : ''
