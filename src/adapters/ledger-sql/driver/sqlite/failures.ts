import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { type ErrorCode, RollcallError } from '../../../../core/errors.ts'

/** Primary result codes: https://www.sqlite.org/rescode.html */
const [BUSY, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB] = [5, 8, 10, 11, 13, 14, 26]

export const isBusy = (error: unknown): boolean => primaryCode(error) === BUSY

/**
 * Turns an error of SQLite or the file system about a ledger's file into one that names the file
 * and what to do. Returns any other error unchanged.
 */
export function toldOfFile(error: unknown, path: string): unknown {
  const failed = (code: ErrorCode, what: string): RollcallError =>
    new RollcallError(code, `the ledger ${path} ${what}`, { cause: error })
  switch (primaryCode(error) ?? systemCode(error)) {
    case BUSY:
      return failed(
        'LedgerBusy',
        'was locked by another process for too long: try again when that one is done',
      )
    case READONLY:
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return failed(
        'LedgerRefused',
        'cannot be written by this user: the file, its folder and the files beside it (-wal, -shm, -lock) take rights to read and write, on a disk that is not read-only',
      )
    case IOERR:
      return failed('LedgerFailed', 'could not be read or written because the disk failed: look at the disk')
    case CORRUPT:
      return failed('LedgerFailed', 'is damaged: put back a copy, and then follow docs/reference/ledger.md')
    case FULL:
    case 'ENOSPC':
    case 'EDQUOT':
      return failed(
        'LedgerFull',
        'has no room left on its disk: make room; what is committed is kept, and work then resumes without a restart',
      )
    case CANTOPEN:
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EISDIR':
      return existsSync(dirname(path))
        ? failed(
            'LedgerRefused',
            'cannot be opened: it takes a file that this user may read and write, in a folder where files can be made, on a disk that is not read-only',
          )
        : failed(
            'LedgerMissing',
            `cannot be opened: the folder ${dirname(path)} does not exist; make it, or name another file with LEDGER`,
          )
    case NOTADB:
      return failed('LedgerNotReady', 'is not a database and is left as it is; name another file with LEDGER')
    case null:
    default:
      return error
  }
}

function primaryCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null
  return error.errcode & 0xff
}

const systemCode = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
