import { reasonOf, UNCATALOGUED } from '../outcomes/reason-catalogue.ts'
import { type DeadLetter, factsOf } from './dead-letter.ts'

/**
 * The detail of a dead letter as it may be shown. The description of a code that is not in the
 * catalogue comes from elsewhere and may quote personal data; `values` shows it.
 */
export function detailOf(dead: DeadLetter, values = false): string | null {
  const { detail, code } = factsOf(dead)
  if (detail === null || values || dead.store === 'ledger') return detail
  return reasonOf(code) === UNCATALOGUED ? '(hidden)' : detail
}
