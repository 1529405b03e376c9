import type { Store } from '../../../../compose/dead-letters/stores.ts'
import { RollcallError } from '../../../../core/errors.ts'
import { findNamed } from '../../../../core/explain/find.ts'
import { pastInstantIn } from '../../../../core/instants.ts'
import type { Ledger } from '../../../../core/ledger/ledger.ts'
import {
  DEAD_LETTER_REASONS,
  type DeadLetterReason,
} from '../../../../core/report/dead-letters/dead-letter.ts'
import type { SelectionRequest } from '../../../../core/report/dead-letters/selection/select.ts'
import type { Form } from '../asked.ts'
import type { Fields } from '../confirm.ts'

/** The most dead letters at once; the commands take more. */
export const MOST_AT_ONCE = 10_000

/**
 * The fields by which a list of dead letters is filtered. They are called like the options of the
 * commands.
 */
export const FILTER_FIELDS = [
  'store',
  'reason',
  'code',
  'attribute',
  'type',
  'employee',
  'since',
  'until',
  'archived',
] as const

/** The dead letters that a form is about: those it names, or all that fit its filter. */
export interface LetterRequest extends SelectionRequest {
  readonly store: Store | null
  /** What the form says, to say it again. */
  readonly fields: Fields
}

/** Reads the filter of a form. Throws `ArgumentInvalid`, naming the field. */
export async function letterRequestIn(
  form: Form,
  ledger: Pick<Ledger, 'findEmployeeIds'>,
  now: number,
): Promise<LetterRequest> {
  const ids = [...new Set(form.all('id'))]
  const employee = form.text('employee')
  const [since, until] = [momentIn(form, 'since', now), momentIn(form, 'until', now)]
  const filter = Object.fromEntries(FILTER_FIELDS.map((name) => [name, form.text(name)]))
  return {
    ids,
    selection: {
      reason: reasonIn(form.text('reason')),
      code: form.text('code'),
      attribute: form.text('attribute'),
      type: form.text('type'),
      employeeId: employee === null ? null : await findNamed(ledger, employee),
      since,
      until,
    },
    archived: form.text('archived') !== null,
    max: MOST_AT_ONCE,
    store: storeIn(form.text('store'), ids),
    fields: { ...filter, ...momentsOf(since, until), id: ids },
  }
}

/** As instants: a form that is sent later means the same moments. */
function momentsOf(since: number | null, until: number | null): Fields {
  const written = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())
  return { since: written(since), until: written(until) }
}

/** Ids of dead letters in the ledger do not need the bus. */
function storeIn(store: string | null, ids: readonly string[]): Store | null {
  if (store === 'bus' || store === 'ledger') return store
  if (store !== null) throw new RollcallError('ArgumentInvalid', 'store is bus or ledger')
  return ids.length > 0 && ids.every((id) => id.startsWith('dl-')) ? 'ledger' : null
}

function reasonIn(text: string | null): DeadLetterReason | null {
  const reason = DEAD_LETTER_REASONS.find((one) => one === text) ?? null
  if (text !== null && reason === null)
    throw new RollcallError('ArgumentInvalid', `reason is one of ${DEAD_LETTER_REASONS.join(', ')}`)
  return reason
}

function momentIn(form: Form, name: 'since' | 'until', now: number): number | null {
  const text = form.text(name)
  if (text === null) return null
  const at = pastInstantIn(text, now)
  if (at !== null) return at
  throw new RollcallError(
    'ArgumentInvalid',
    `${name} must be a day, an instant or a duration, as in 2026-11-02 or 7d`,
  )
}
