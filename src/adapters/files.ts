import { accessSync, constants, createReadStream, createWriteStream, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { RollcallError } from '../core/errors.ts'

/**
 * Lines of a file, a few at a time. Rejects with the error of the system when it cannot be read,
 * also half-way.
 */
export async function* linesOf(file: string | URL): AsyncGenerator<string> {
  const input = createReadStream(file)
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
  let failure: Error | null = null
  // The lines would end as if the file did, and the error would end the process.
  input.on('error', (error) => {
    failure = error
    lines.close()
  })
  for await (const line of lines) yield line
  if (failure !== null) throw failure
}

/**
 * Checks that a file can be read before anything is begun. `what` is how the caller named it: an
 * option, or a variable. Pipes and devices pass. Throws `FileUnreadable`.
 */
export function checkReadable(what: string, file: string): void {
  const why = refusal(file, constants.R_OK)
  if (why !== null) throw new RollcallError('FileUnreadable', `${what}: ${file} ${why}`)
}

/**
 * The same for a file to write. The file may be missing; its folder must exist. Throws
 * `FileUnwritable`.
 */
export function checkWritable(what: string, file: string): void {
  const there = statSync(file, { throwIfNoEntry: false })
  const why = there ? refusal(file, constants.W_OK) : refusalOfFolder(dirname(file))
  if (why !== null) throw new RollcallError('FileUnwritable', `${what}: ${file} ${why}`)
}

/**
 * Writes a file that is not there yet; false when it is, and nothing is changed. Throws
 * `FileUnwritable`.
 */
export function writeNewFile(what: string, file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: 'wx' })
    return true
  } catch (error) {
    if (isThere(error)) return false
    checkWritable(what, file)
    throw new RollcallError('FileUnwritable', `${what}: ${file} ${wordsOf(error)}`, { cause: error })
  }
}

/**
 * Writes a file that is not there yet, part by part. Only its owner can read it. Throws `FileExists`,
 * the error of the system, or what `parts` throws.
 */
export async function writeNewParts(
  file: string,
  parts: AsyncIterable<string> | Iterable<string>,
): Promise<void> {
  try {
    await pipeline(Readable.from(parts), createWriteStream(file, { flags: 'wx', mode: 0o600 }))
  } catch (error) {
    if (isThere(error))
      throw new RollcallError('FileExists', `${file} exists already; name another`, { cause: error })
    throw error
  }
}

function refusal(file: string, access: number): string | null {
  try {
    if (statSync(file).isDirectory()) return 'is a folder; give a file'
    accessSync(file, access)
    return null
  } catch (error) {
    return wordsOf(error)
  }
}

function refusalOfFolder(folder: string): string | null {
  try {
    if (!statSync(folder).isDirectory()) return `is below ${folder}, which is not a folder`
    accessSync(folder, constants.W_OK | constants.X_OK)
    return null
  } catch (error) {
    return isMissing(error) ? `is in a folder that does not exist; make ${folder} first` : wordsOf(error)
  }
}

function wordsOf(error: unknown): string {
  if (isMissing(error)) return 'does not exist; check the path'
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'Unknown'
  return code === 'EACCES' || code === 'EPERM'
    ? 'is closed to this process; check its owner and permissions'
    : `cannot be opened (${code})`
}

const isMissing = (error: unknown): boolean => hasCode(error, 'ENOENT')
const isThere = (error: unknown): boolean => hasCode(error, 'EEXIST')

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
