import { csvLine } from '../../core/display/csv.ts'
import type { EvidenceRow } from '../../core/evidence/rows.ts'
import { type EvidenceForm, totalLines } from './text.ts'

const COLUMNS = [
  'section',
  'id',
  'at',
  'employeeId',
  'destination',
  'source',
  'event',
  'effectiveAt',
  'recordedAt',
  'receivedAt',
  'openedAt',
  'operation',
  'reason',
  'from',
  'to',
  'plannedAt',
  'outcome',
  'disabledAt',
  'disabledBy',
  'disabledMs',
  'enabledAt',
  'enabledBy',
  'enabledMs',
  'begunAt',
  'ended',
  'result',
  'status',
  'endedAt',
  'usd',
  'job',
  'jobEndedAt',
  'provenBy',
  'proofMs',
  'proofFromRecordedMs',
  'actor',
  'action',
  'about',
  'count',
  'justification',
] as const

/** One table: a row has the columns of its section. Totals are rows of the section `totals`. */
export const csvForm: EvidenceForm = {
  head: ({ from, to, madeAt, release }) =>
    lines([
      [...COLUMNS],
      cells({ section: 'report', at: madeAt, effectiveAt: from, endedAt: to, about: release }),
    ]),
  beginSection: () => '',
  row: (row) => lines([cells(valuesOf(row))]),
  endSection: () => '',
  totals: (totals) =>
    lines(totalLines(totals).map(([about, count]) => cells({ section: 'totals', about, count }))),
}

type Values = Partial<Record<(typeof COLUMNS)[number], string | number | null | undefined>>

function valuesOf(row: EvidenceRow): Values {
  if (row.section !== 'leavers') return row
  const { decidedBy, ...values } = row
  return { ...values, actor: decidedBy }
}

const cells = (values: Values): readonly string[] => COLUMNS.map((name) => String(values[name] ?? ''))
const lines = (rows: readonly (readonly string[])[]): string =>
  rows.map((row) => `${csvLine(row)}\r\n`).join('')
