import { chmodSync, closeSync, openSync, statSync } from 'node:fs'

const ONLY_OWNER = 0o600
const RIGHTS_OF_OTHERS = 0o077

/**
 * Creates the file if it does not exist, and removes every right of the group and of others. A file
 * of another user keeps its rights: only that user can change them. Throws the error of the file
 * system if the file cannot be created.
 */
export function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', ONLY_OWNER))
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    // An existing file is not opened: closing it would release the locks that SQLite holds on it in
    // this process.
    removeRightsOfOthers(path)
  }
}

function removeRightsOfOthers(path: string): void {
  try {
    if ((statSync(path).mode & RIGHTS_OF_OTHERS) !== 0) chmodSync(path, ONLY_OWNER)
  } catch (error) {
    if (!['ENOENT', 'EPERM', 'EROFS'].includes(codeOf(error))) throw error
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : ''
