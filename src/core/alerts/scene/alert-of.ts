import type { Depth } from '../../ledger/port/figures.ts'
import type { PresentAlert } from '../alert.ts'
import { type AlertCode, ALERTS, type Urgency } from '../codes.ts'

interface Counted {
  readonly cause?: string
  readonly count: number
  readonly oldestAt?: number | null
  readonly urgency?: Urgency
}

export function alertOf(
  code: AlertCode,
  { cause = '', count, oldestAt = null, urgency = ALERTS[code].urgency }: Counted,
): PresentAlert {
  return { code, cause, urgency, count, oldestAt }
}

/** Work of a stage that has waited since before this instant. */
export function stuck(
  { cause, depth: { count, oldestAt } }: { readonly cause: string; readonly depth: Depth },
  since: number,
): readonly PresentAlert[] {
  return oldestAt === null || oldestAt > since ? [] : [alertOf('stage.stuck', { cause, count, oldestAt })]
}
