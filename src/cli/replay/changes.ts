import type { Json } from '../../core/model.ts'
import type { FieldChange } from '../../core/report/dead-letters/selection/field-changes.ts'
import type { EditedLetter } from '../../core/report/replay/plan-replay.ts'
import { printLines, printTable } from '../support/output.ts'

/** Dead letters whose changes a table shows one by one. */
const MOST_SHOWN = 50

/**
 * Shows what an edit changes: how many dead letters each set of fields changes in, and each dead
 * letter with its values when they are asked for.
 */
export function printChanges(changes: readonly EditedLetter[], showValues: boolean): void {
  if (changes.length === 0) return
  printLines('')
  const sets = [...Map.groupBy(changes, ({ fields }) => fields.map(({ path }) => path).join(', '))]
  printTable(
    ['dead letters', 'changed fields'],
    sets.map(([fields, those]) => [those.length, fields]),
  )
  printLines('')
  const shown = changes.slice(0, MOST_SHOWN)
  printTable(
    showValues
      ? ['dead letter', 'employee', 'field', 'before', 'after']
      : ['dead letter', 'employee', 'field'],
    shown.flatMap(({ id, employees, fields }) =>
      fields.map((field) => [id, employees.join(', '), field.path, ...(showValues ? valuesOf(field) : [])]),
    ),
  )
  if (changes.length > shown.length)
    printLines(`… and ${changes.length - shown.length} more; --output json lists all`)
}

function valuesOf({ before, after }: FieldChange): readonly string[] {
  return [spelled(before), spelled(after)]
}

function spelled(value: Json | undefined): string {
  return value === undefined ? '(none)' : typeof value === 'string' ? value : JSON.stringify(value)
}

/** The same as JSON. Without values it has the names of the fields only. */
export function readableChanges(changes: readonly EditedLetter[], showValues: boolean): readonly object[] {
  return changes.map(({ id, employees, fields }) => ({
    id,
    employees,
    fields: fields.map(({ path, before, after }) =>
      showValues ? { path, before: before ?? null, after: after ?? null } : { path },
    ),
  }))
}
