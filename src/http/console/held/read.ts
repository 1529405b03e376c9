import { brakeOf } from '../../../compose/settings.ts'
import type { Config } from '../../../config/load.ts'
import type { BlocksPage } from '../../../core/ledger/port/blocks.ts'
import type { HeldCause, HeldCursor, HeldEmployees, HeldPage } from '../../../core/ledger/port/views/held.ts'
import type { BrakedPage, BrakeSettings, BrakeStatus } from '../../../core/ledger/port/plan.ts'
import type { ConsoleLedger } from '../context.ts'
import { ROWS } from '../page.ts'

export interface HeldQuery {
  readonly cause: HeldCause
  /** The last row of the page before; `null` for the first page. */
  readonly from: HeldCursor | null
}

/** What one cause holds, as the address asks for it. */
export type HeldList =
  | { readonly cause: 'brake' | 'refused'; readonly page: BrakedPage; readonly brake: BrakeView }
  | { readonly cause: HeldEmployees; readonly page: HeldPage }
  | { readonly cause: 'blocks'; readonly page: BlocksPage }

export interface BrakeView {
  readonly status: BrakeStatus
  readonly limits: BrakeSettings
}

type Asked = Pick<ConsoleLedger, 'listBlocks' | 'listBraked' | 'listHeld' | 'readBrakeStatus'>

export async function readHeld(
  ledger: Asked,
  { cause, from }: HeldQuery,
  { config, now }: { readonly config: Config; readonly now: number },
): Promise<HeldList> {
  switch (cause) {
    case 'brake':
    case 'refused': {
      const limits = brakeOf(config)
      const next = from && { since: from.at, employeeId: from.employeeId }
      const [page, status] = await Promise.all([
        ledger.listBraked({ state: cause === 'brake' ? 'held' : 'refused', next, limit: ROWS }),
        ledger.readBrakeStatus(limits, now),
      ])
      return { cause, page, brake: { status, limits } }
    }
    case 'blocks': {
      const next = from?.employeeId ?? null
      return { cause, page: await ledger.listBlocks({ now, employeeId: null, next, limit: ROWS }) }
    }
    case 'future':
    case 'incomplete':
    case 'pilot':
      return { cause, page: await ledger.listHeld({ cause, now, next: from, limit: ROWS }) }
  }
}

/** Where the next page begins; `null` on the last one. */
export function nextOf({ cause, page }: HeldList): HeldCursor | null {
  if (page.next === null) return null
  if (cause === 'blocks') return { at: 0, employeeId: page.next }
  return 'since' in page.next ? { at: page.next.since, employeeId: page.next.employeeId } : page.next
}
