import { isDeepStrictEqual } from 'node:util'
import { readOptionBytes } from '../../compose/option-file.ts'
import { EXIT_CODES, RollcallError } from '../../core/errors.ts'
import { type Comparison, compareWithLedger } from '../../core/evidence/compare.ts'
import { EvidenceDocument, rowsOfDocument } from '../../core/evidence/document.ts'
import type { Section } from '../../core/evidence/rows.ts'
import { totalsOfRows } from '../../core/evidence/totals.ts'
import { withLedger } from '../support/ledger.ts'
import { type Format, printJson, printLines, printTable } from '../support/output.ts'
import { type Origin, originOf, readKey } from './signature.ts'

export interface VerifyOptions {
  readonly publicKey?: string | undefined
  readonly output: Format
}

/**
 * Exit 0 when all of it agrees, 7 when retention or an erasure has removed rows from the ledger
 * since, 3 when totals or rows do not agree.
 */
export async function verify(
  environment: NodeJS.ProcessEnv,
  file: string,
  { publicKey, output }: VerifyOptions,
): Promise<number> {
  const bytes = readOptionBytes('the file', file)
  const key = publicKey === undefined ? null : readKey('--public-key', publicKey, 'public')
  const origin = originOf(file, bytes, key)
  const document = documentIn(bytes.toString(), file)
  const rows = rowsOfDocument(document)
  const sums = totalsOfRows()
  for (const row of rows) sums.add(row)
  const totals = isDeepStrictEqual(sums.totals(), document.totals)
  const period = { from: Date.parse(document.from), to: Date.parse(document.to) }
  const sections = await withLedger(environment, (ledger) => compareWithLedger(ledger, rows, period))
  if (output === 'json') printJson({ origin, totals, sections })
  else printVerdict(origin, totals, sections)
  const all = Object.values(sections)
  if (!totals || all.some(({ missing, different }) => missing + different > 0)) return EXIT_CODES.unbalanced
  return all.some(({ gone }) => gone > 0) ? EXIT_CODES.partial : EXIT_CODES.done
}

/** Throws `FileInvalid` for a file that is not a report as JSON; the message quotes nothing of it. */
function documentIn(text: string, file: string): EvidenceDocument {
  try {
    const read = EvidenceDocument.safeParse(JSON.parse(text))
    if (read.success) return read.data
  } catch {
    // The message of the parser quotes the text.
  }
  throw new RollcallError('FileInvalid', `${file} is not a report of rollcall evidence --format json`)
}

const ORIGINS: Readonly<Record<Origin, string>> = {
  signed: 'the signature is by this key, and the file is what was signed',
  checksum: 'the file is what its checksum says; --public-key checks the signature',
  unknown: 'no checksum is beside the file, so a change of it does not show',
}

function printVerdict(
  origin: Origin,
  totals: boolean,
  sections: Readonly<Record<Section, Comparison>>,
): void {
  printLines(
    ORIGINS[origin],
    totals ? 'the totals follow from the rows' : 'wrong: the totals do not follow from the rows',
  )
  printTable(
    ['section', 'same', 'settled later', 'gone from the ledger', 'missing in the report', 'different'],
    Object.entries(sections).map(([section, { same, settledLater, gone, missing, different }]) => [
      section,
      ...[same, settledLater, gone, missing, different].map(String),
    ]),
  )
}
