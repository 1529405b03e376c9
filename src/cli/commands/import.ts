import { span } from '../../core/display/span.ts'
import type { Config } from '../../config/load.ts'
import { EXIT_CODES, RollcallError } from '../../core/errors.ts'
import type { BaselineOrigin } from '../../core/intake/baseline.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import type { HrEvent } from '../../core/model.ts'
import { delimiter } from '../baseline/delimiter.ts'
import type { RejectedFile } from '../baseline/rejected-file.ts'
import type { FileRow } from '../baseline/rows.ts'
import type { RegisterCommand } from '../support/command.ts'
import { formatOption } from '../support/options/options.ts'
import { type Format, printJson, printLines, say } from '../support/output.ts'
import { progress } from '../support/screen/progress.ts'

export const register: RegisterCommand = (program, { environment, finish }) => {
  program
    .command('import')
    .argument('<file>', 'a .csv, .tsv or .jsonl file in UTF-8; one column or key names the employee')
    .requiredOption('--as-of <instant>', 'when the file was exported: events recorded later apply on top')
    .option('--source <name>', 'the source of the records, as its events name it', '/import')
    .option(
      '--delimiter <character>',
      'what separates cells: comma, semicolon, tab, pipe or one character (default: read off the header)',
      delimiter,
    )
    .option('--any-columns', 'import columns that look like a misspelt attribute, as they are', false)
    .option('--rejected <file>', 'file for the rows that were rejected (default: <file>.rejected.csv)')
    .addOption(formatOption())
    .action(async (file, options) => finish(await importFile(file, options, environment)))
}

interface ImportOptions {
  readonly asOf: string
  readonly source: string
  readonly delimiter?: string | undefined
  readonly anyColumns: boolean
  readonly rejected?: string | undefined
  readonly output: Format
}

interface ImportReport {
  readonly rows: number
  readonly imported: number
  /** Rows that an earlier import has added. */
  readonly known: number
  readonly rejected: number
  readonly elapsedMs: number
}

/**
 * Rows in one transaction. An import that was interrupted is started again, with the same result.
 */
const AT_ONCE = 1_000

/**
 * Imports the record of every employee as of the export. Exit 0 when every row was imported, 1 when
 * some were rejected; the file of rejected rows lists their numbers and the reasons.
 */
async function importFile(
  file: string,
  options: ImportOptions,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const [{ readConfig }, { checkFiles }, { openOwn }, { attributeNames, sourceNamed }, { readBaseline }] =
    await Promise.all([
      import('../../compose/config.ts'),
      import('../../compose/files.ts'),
      import('../../compose/ledger/open.ts'),
      import('../../compose/rules.ts'),
      import('../baseline/rows.ts'),
    ])
  const [{ checkUtf8 }, { rejectedFile }] = await Promise.all([
    import('../baseline/utf8.ts'),
    import('../baseline/rejected-file.ts'),
  ])
  const config = readConfig(environment)
  const now = Date.now()
  const asOf = await exportInstant(options.asOf, config, now)
  const origin = { asOf, name: options.source, source: sourceNamed(config, options.source) }
  const rejectedName = options.rejected ?? `${file}.rejected.csv`
  checkFiles({ readable: { 'the file': file }, writable: { '--rejected': rejectedName } })
  const rows = readBaseline({
    file,
    delimiter: options.delimiter ?? null,
    known: {
      attributes: attributeNames(config),
      uses: config.rules.uses,
      anyColumns: options.anyColumns,
    },
  })
  await checkUtf8(file)
  const ledger = await openOwn(config)
  try {
    const report = await importRows(
      rows,
      origin,
      { ledger, rejections: await rejectedFile(rejectedName) },
      {
        now,
        quietMs: config.COALESCE_QUIET_MS,
        maxWaitMs: config.COALESCE_MAX_WAIT_MS,
      },
    )
    if (options.output === 'json') printJson(report)
    else
      printLines(
        `${report.rows} rows: ${report.imported} imported, ${report.known} known from before, ${report.rejected} rejected; ${span(report.elapsedMs)}`,
      )
    if (report.rejected > 0) say(`the rejected rows and the reasons: ${rejectedName}`)
    return report.rejected === 0 ? EXIT_CODES.done : EXIT_CODES.failed
  } finally {
    await ledger.close()
  }
}

async function exportInstant(text: string, config: Config, now: number): Promise<number> {
  const { effectiveInstant } = await import('../../core/intake/event/dates.ts')
  const asOf = effectiveInstant(text, config.SOURCE_ZONE)
  if (asOf === null)
    throw new RollcallError(
      'ArgumentInvalid',
      '--as-of is neither an instant such as 2026-11-20T18:00:00Z nor a date; it says when the file was exported',
    )
  if (asOf > now)
    throw new RollcallError(
      'ArgumentInvalid',
      '--as-of lies in the future; it says when the file was exported',
    )
  return asOf
}

async function importRows(
  rows: AsyncIterable<FileRow>,
  origin: BaselineOrigin,
  {
    ledger,
    rejections,
  }: { readonly ledger: Pick<Ledger, 'importBaseline'>; readonly rejections: RejectedFile },
  timing: { readonly now: number; readonly quietMs: number; readonly maxWaitMs: number },
): Promise<ImportReport> {
  const { baselineEvent } = await import('../../core/intake/baseline.ts')
  const line = progress('rows')
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
    line.at(report.rows, `${report.imported} imported, ${report.known} known, ${report.rejected} rejected`)
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
      await reject(row.row, 'DuplicatePerson', 'an earlier row is about the same employee')
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
