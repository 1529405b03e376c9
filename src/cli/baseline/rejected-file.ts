import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import { visible } from '../../core/display/visible.ts'

/** The rejected rows of an import, as a CSV file of line, code and reason. */
export interface RejectedFile {
  write(row: number, code: string, description: string): Promise<void>
  close(): Promise<void>
}

/** The file is created with the first rejected row; that of an earlier run is removed. */
export async function rejectedFile(file: string): Promise<RejectedFile> {
  await rm(file, { force: true })
  let stream: ReturnType<typeof createWriteStream> | null = null
  return {
    write: async (row, code, description) => {
      if (!stream) (stream = createWriteStream(file)).write('row,code,reason\n')
      if (!stream.write(`${row},${code},"${visible(description).replaceAll('"', '""')}"\n`)) {
        const full = stream
        await new Promise<void>((resolve) => full.once('drain', () => resolve()))
      }
    },
    close: async () => {
      if (!stream) return
      stream.end()
      await finished(stream)
    },
  }
}
