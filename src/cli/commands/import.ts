import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import { checkReadable, checkWritable } from '../../adapters/files.ts'
import { openLedger } from '../../adapters/ledger-sql/open.ts'
import { ledgerAddress } from '../../compose/connector.ts'
import { readConfig } from '../../compose/config.ts'
import { RollcallError } from '../../core/errors.ts'
import { baselineEvent, type BaselineOrigin } from '../../core/intake/baseline.ts'
import { effectiveInstant } from '../../core/intake/dates.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import type { HrEvent } from '../../core/model.ts'
import { visible } from '../../core/visible.ts'
import { sourceNamed } from '../../compose/rules.ts'
import { type FileRow, readBaseline } from '../support/baseline-file.ts'
import { type Format, printJson, printLines, progress, say } from '../support/output.ts'

export interface ImportOptions {
  readonly asOf: string
  readonly source: string
  readonly rejected?: string
  readonly output: Format
}

export interface ImportReport {
  readonly rows: number
  readonly imported: number
  /** There from a former run. */
  readonly known: number
  readonly rejected: number
  readonly elapsedMs: number
}

/** Rows in one transaction. An import that is cut off is begun again and ends the same. */
const AT_ONCE = 1_000

/**
 * Full records as a baseline: everybody's state at the moment of the export. 0 when every row was taken, 1 when some were not: their numbers and
 * the reasons are in the file of rejected rows.
 */
export async function importFile(
  file: string,
  options: ImportOptions,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const config = readConfig(environment)
  const now = Date.now()
  const asOf = effectiveInstant(options.asOf, config.SOURCE_ZONE)
  if (asOf === null)
    throw new RollcallError(
      'ArgumentInvalid',
      '--as-of is no moment such as 2026-11-20T18:00:00Z and no date; it says when the file was exported',
    )
  if (asOf > now)
    throw new RollcallError(
      'ArgumentInvalid',
      '--as-of lies in the future; it says when the file was exported',
    )
  const origin: BaselineOrigin = { asOf, name: options.source, source: sourceNamed(config, options.source) }
  const rejectedFile = options.rejected ?? `${file}.rejected.csv`
  checkReadable('the file', file)
  checkWritable('--rejected', rejectedFile)
  const rows = readBaseline(file)
  const ledger = await openLedger(ledgerAddress(config), { kind: 'own' }, Date.now)
  try {
    const report = await importRows(rows, origin, ledger, rejectedFile, {
      now,
      quietMs: config.COALESCE_QUIET_MS,
      maxWaitMs: config.COALESCE_MAX_WAIT_MS,
    })
    if (options.output === 'json') printJson(report)
    else
      printLines(
        `${report.rows} rows: ${report.imported} imported, ${report.known} known from before, ${report.rejected} rejected; ${(report.elapsedMs / 1_000).toFixed(1)} s`,
      )
    if (report.rejected > 0) say(`the rows that were rejected, and why: ${rejectedFile}`)
    return report.rejected === 0 ? 0 : 1
  } finally {
    await ledger.close()
  }
}

async function importRows(
  rows: AsyncIterable<FileRow>,
  origin: BaselineOrigin,
  ledger: Pick<Ledger, 'importBaseline'>,
  rejectedFile: string,
  timing: { readonly now: number; readonly quietMs: number; readonly maxWaitMs: number },
): Promise<ImportReport> {
  const line = progress()
  const rejections = await rejectionsTo(rejectedFile)
  const employees = new Set<string>()
  let batch: HrEvent[] = []
  const report = { rows: 0, imported: 0, known: 0, rejected: 0, elapsedMs: 0 }
  const reject = async (row: number, code: string, description: string): Promise<void> => {
    report.rejected += 1
    await rejections.write(row, code, description)
  }
  const flush = async (): Promise<void> => {
    const { fresh, known } = await ledger.importBaseline({ events: batch, ...timing })
    batch = []
    report.imported += fresh
    report.known += known
    line.show(
      `rows ${report.rows}  imported ${report.imported}  known ${report.known}  rejected ${report.rejected}`,
    )
  }
  for await (const row of rows) {
    report.rows += 1
    if ('code' in row) {
      await reject(row.row, row.code, row.description)
      continue
    }
    const event = baselineEvent(row.attributes, origin)
    if ('code' in event) await reject(row.row, event.code, event.description)
    else if (employees.has(event.employeeId))
      await reject(row.row, 'DuplicatePerson', 'an earlier row is of the same person')
    else {
      employees.add(event.employeeId)
      if (batch.push(event) === AT_ONCE) await flush()
    }
  }
  if (batch.length > 0) await flush()
  await rejections.close()
  line.end()
  return { ...report, elapsedMs: Date.now() - timing.now }
}

/** A table of row number, code and reason, made when the first row is rejected. One of a former run is removed. */
async function rejectionsTo(
  file: string,
): Promise<{ write(row: number, code: string, description: string): Promise<void>; close(): Promise<void> }> {
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
