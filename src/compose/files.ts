import { checkReadable, checkWritable, linesOf, writeNewFile, writeNewParts } from '../adapters/files.ts'

/** Files by the option or argument that names them; `undefined` when it is not given. */
type FilesByOption = Readonly<Record<string, string | undefined>>

/**
 * Checks files before a command begins. Throws `FileUnreadable` or `FileUnwritable`, naming the
 * option.
 */
export function checkFiles(files: {
  readonly readable?: FilesByOption
  readonly writable?: FilesByOption
}): void {
  for (const [option, file] of Object.entries(files.readable ?? {}))
    if (file !== undefined) checkReadable(option, file)
  for (const [option, file] of Object.entries(files.writable ?? {}))
    if (file !== undefined) checkWritable(option, file)
}

/**
 * The lines of a text file with their numbers from 1, without empty ones. Memory holds a few at a
 * time.
 */
export async function* numberedLines(
  file: string,
): AsyncGenerator<{ readonly line: number; readonly text: string }> {
  let line = 0
  for await (const text of linesOf(file)) {
    line += 1
    if (text.trim() !== '') yield { line, text }
  }
}

/** Writes a file that is not there yet; false when it is. Throws `FileUnwritable`. */
export function writeNew(file: string, text: string): boolean {
  return writeNewFile('the file', file, text)
}

/**
 * Writes a file that is not there yet, part by part. Only its owner can read it. Throws `FileExists`.
 */
export async function writeParts(
  file: string,
  parts: AsyncIterable<string> | Iterable<string>,
): Promise<void> {
  await writeNewParts(file, parts)
}
