import { readFileSync } from 'node:fs'
import { checkReadable } from '../adapters/files.ts'

/**
 * Reads a file that an option of the command line names. Throws `FileUnreadable`, naming the
 * option.
 */
export function readOptionFile(option: string, path: string): string {
  return readOptionBytes(option, path).toString()
}

/** The same, as it is on the disk. */
export function readOptionBytes(option: string, path: string): Buffer {
  checkReadable(option, path)
  return readFileSync(path)
}
