import { visible } from './visible.ts'

export const csvLine = (cells: readonly string[]): string => cells.map(csvCell).join(',')

/**
 * Quoted as RFC 4180 says. A spreadsheet would compute what begins like a formula, so such a text
 * begins with an apostrophe: https://owasp.org/www-community/attacks/CSV_Injection
 */
function csvCell(text: string): string {
  const shown = visible(text)
  const safe = /^[\s]*[=+\-@]/.test(shown) ? `'${shown}` : shown
  return `"${safe.replaceAll('"', '""')}"`
}
