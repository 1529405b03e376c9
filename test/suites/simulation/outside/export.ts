import type { Chance } from '../../../fakes/plain-event.ts'
import { heldByHr } from '../judge/oracle.ts'
import { HOUR, type Said } from '../story.ts'

/** No event speaks of this employee before an export does. */
export const UNHEARD = 'e5'

/** A file of whole records as HR had them at one moment. */
export interface Export {
  readonly asOf: number
  /** Without those whom HR did not know yet, and some more. Empty cells are left out. */
  readonly rows: readonly ExportRow[]
}
interface ExportRow {
  readonly employee: string
  readonly values: Readonly<Record<string, string | boolean>>
}

/**
 * An export that may be hours old. Some employees are missing in it, and it may list one of whom no
 * event spoke before; some have no column that says who is active.
 */
export function exportOf(chance: Chance, said: readonly Said[], from: number, now: number): Export {
  const { below, oneIn } = chance
  const asOf = Math.max(from, now - below(2 * HOUR))
  const saysActive = !oneIn(4)
  const employees = [...new Set(said.map(({ employee }) => employee))].filter(() => !oneIn(4))
  const rows = employees.flatMap((employee): ExportRow[] => {
    const held = heldByHr(said, employee, asOf)
    return held === null ? [] : [{ employee, values: cells(held, saysActive) }]
  })
  const unheard = { userName: `${UNHEARD}@example.com`, title: 'Clerk', active: true }
  const more = oneIn(2) ? [{ employee: UNHEARD, values: cells(unheard, saysActive) }] : []
  return { asOf, rows: [...rows, ...more] }
}

function cells(
  held: Readonly<Record<string, string | boolean | null>>,
  saysActive: boolean,
): ExportRow['values'] {
  return Object.fromEntries(
    Object.entries(held).flatMap(([name, value]) =>
      value === null || (name === 'active' && !saysActive) ? [] : [[name, value] as const],
    ),
  )
}

/** The rows as HR said them. */
export function saidIn({ asOf, rows }: Export): readonly Said[] {
  return rows.map(({ employee, values }) => ({
    id: `baseline:${new Date(asOf).toISOString()}:${employee}`,
    employee,
    version: -1,
    recordedAt: asOf,
    effectiveAt: asOf,
    sets: values,
    rescinds: null,
    form: 'export',
  }))
}
