import { readFileSync } from 'node:fs'
import { checkReadable } from '../adapters/files.ts'

/**
 * Reads a file that an option of the command line names. Throws `FileUnreadable`, naming the
 * option.
 */
export function readOptionFile(option: string, path: string): string {
  checkReadable(option, path)
  return readFileSync(path, 'utf8')
}
