import { isUtf8 } from 'node:buffer'
import { createReadStream, statSync } from 'node:fs'
import { RollcallError } from '../../core/errors.ts'

const NEWLINE = 0x0a
/** A file without line breaks would fill the memory. */
const LONGEST_LINE = 16_777_216

/**
 * The text of a file in blocks of whole lines, without a byte order mark. Memory does not grow with
 * the file. Throws `FileInvalid`, naming the line, for bytes that are not UTF-8: decoded anyway,
 * they would put U+FFFD into names in the directory.
 */
export async function* utf8Blocks(file: string): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  let line = 1
  let first = true
  const block = (bytes: Buffer): string => {
    if (first) refuseOtherFiles(bytes, file)
    const text = bytes.toString('utf8')
    if (!isUtf8(bytes)) throw notUtf8(file, line + brokenLine(bytes))
    line += linesIn(bytes)
    const marked = first && text.startsWith('\ufeff')
    first = false
    return marked ? text.slice(1) : text
  }
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const end = bytes.lastIndexOf(NEWLINE) + 1
    rest = bytes.subarray(end)
    if (end > 0) yield block(bytes.subarray(0, end))
    if (rest.length > LONGEST_LINE)
      throw new RollcallError(
        'FileInvalid',
        `${file}: line ${line} is longer than ${LONGEST_LINE} bytes; give each employee a line`,
      )
  }
  if (rest.length > 0) yield block(rest)
}

/**
 * Reads the file once, so that nothing of a file is imported whose end is not UTF-8. A pipe can
 * only be read once.
 */
export async function checkUtf8(file: string): Promise<void> {
  if (!statSync(file).isFile()) return
  for await (const _block of utf8Blocks(file)) continue
}

function refuseOtherFiles(bytes: Buffer, file: string): void {
  const [one, two] = bytes
  const utf16 =
    (one === 0xff && two === 0xfe) || (one === 0xfe && two === 0xff) || one === 0 || (two === 0 && one !== 0)
  if (utf16) throw new RollcallError('FileInvalid', `${file} is UTF-16; ${SAVE}`)
  if (bytes.subarray(0, 4).toString('latin1') === 'PK\u0003\u0004')
    throw new RollcallError('FileInvalid', `${file} is a ZIP archive or an Excel workbook; ${SAVE}`)
}
const SAVE = 'save it as UTF-8 (in Excel: "CSV UTF-8") and import it again'

function notUtf8(file: string, line: number): RollcallError {
  return new RollcallError('FileInvalid', `${file}: line ${line} is not UTF-8; ${SAVE}`)
}

/**
 * How many lines stand before the first one that is not UTF-8. A line break is never part of
 * another character.
 */
function brokenLine(bytes: Buffer): number {
  let lines = 0
  let start = 0
  while (true) {
    const end = bytes.indexOf(NEWLINE, start)
    if (end === -1 || !isUtf8(bytes.subarray(start, end))) return lines
    lines += 1
    start = end + 1
  }
}

function linesIn(bytes: Buffer): number {
  let lines = 0
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1
  return lines
}
