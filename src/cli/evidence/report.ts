import { checkFiles } from '../../compose/files.ts'
import { releaseVersion } from '../../compose/instance/release.ts'
import { EXIT_CODES, RollcallError } from '../../core/errors.ts'
import type { Period } from '../../core/ledger/port/leavers.ts'
import { iso } from '../support/instants.ts'
import { withLedger } from '../support/ledger.ts'
import { sinceOf } from '../support/options/instant-option.ts'
import { printPart, say } from '../support/output.ts'
import { keepSmall } from '../support/rows.ts'
import { csvForm } from './csv.ts'
import { htmlForm } from './html.ts'
import { jsonForm } from './json.ts'
import { readKey, writeReport } from './signature.ts'
import { type EvidenceForm, evidenceText } from './text.ts'

const FORMS = { json: jsonForm, csv: csvForm, html: htmlForm } as const satisfies Readonly<
  Record<string, EvidenceForm>
>

export interface ReportOptions {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly format: keyof typeof FORMS
  readonly out?: string | undefined
  readonly key?: string | undefined
}

/** Exit 0. */
export function report(environment: NodeJS.ProcessEnv, options: ReportOptions): Promise<number> {
  keepSmall()
  const { format, out, key: keyFile } = options
  const now = Date.now()
  const period = periodOf(options, now)
  if (keyFile !== undefined && out === undefined)
    throw new RollcallError('ArgumentInvalid', '--key takes --out: the signature is a file beside the report')
  const key = keyFile === undefined ? null : readKey('--key', keyFile, 'private')
  checkFiles({ writable: { '--out': out } })
  return withLedger(environment, async (ledger) => {
    const head = {
      evidence: 1,
      from: iso(period.from),
      to: iso(period.to),
      madeAt: iso(now),
      release: releaseVersion(),
    } as const
    const text = evidenceText(ledger, { head, period, form: FORMS[format] })
    if (out === undefined) for await (const part of text) await printPart(part)
    else say(...(await writeReport(out, text, key)).map((file) => `written: ${file}`))
    return EXIT_CODES.done
  })
}

/** Throws `ArgumentInvalid` for a period that is empty or not over. */
function periodOf({ from, to }: Pick<ReportOptions, 'from' | 'to'>, now: number): Period {
  if (from === undefined)
    throw new RollcallError(
      'ArgumentInvalid',
      '--from is missing; name the beginning, as in 2026-07-01 or 90d',
    )
  const period = {
    from: sinceOf('--from', from, now),
    to: to === undefined ? now : sinceOf('--to', to, now),
  }
  if (period.to > now)
    throw new RollcallError('ArgumentInvalid', '--to is in the future; a report is about what was')
  if (period.from >= period.to) throw new RollcallError('ArgumentInvalid', '--from must be before --to')
  return period
}
