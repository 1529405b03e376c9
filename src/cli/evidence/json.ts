import { jsonText } from '../support/output.ts'
import type { EvidenceForm } from './text.ts'

/** One document with a row on each line. */
export const jsonForm: EvidenceForm = {
  head: (head) => `${jsonText(head, 2).replace(/\n\}$/, '')},\n`,
  beginSection: (section) => `  "${section}": [`,
  row: ({ section: _section, ...row }, isFirst) => `${isFirst ? '' : ','}\n    ${jsonText(row)}`,
  endSection: () => `\n  ],\n`,
  totals: (totals) => `  "totals": ${jsonText(totals)}\n}\n`,
}
