import { BLOCKED, isBlockType } from '../../model.ts'
import { rejectField, type Rejection } from '../decode.ts'
import type { Source } from '../sources.ts'
import { effectiveInstant } from './dates.ts'
import { PLACEHOLDER_DATES } from './moments.ts'

/** The data of an event that matters to a block. */
export interface BlockData {
  readonly mode?: string | undefined
  readonly until?: unknown
  readonly zone?: string | null | undefined
  readonly rescinds?: unknown
  readonly worker?: object | undefined
}

/**
 * Why an event that blocks or unblocks is refused; `null` for one that is not, and for every other
 * type. It may carry nothing else: what it carried would be passed over.
 */
export function blockRefusal(type: string, data: BlockData, source: Source): Rejection | null {
  if (!isBlockType(type)) return null
  if (source.mayBlock !== true)
    return rejectField(
      'BlockNotAllowed',
      'type',
      `is ${type}, and the source may not block; give it may: [block], or run rollcall block`,
    )
  if (data.mode !== undefined && data.mode !== 'delta')
    return rejectField('FieldInvalid', 'data.mode', `is not delta; ${type} has no other mode`)
  if (data.rescinds !== undefined)
    return rejectField('FieldInvalid', 'data.rescinds', `has no place in ${type}; send an event of its own`)
  if (Object.keys(data.worker ?? {}).length > 0)
    return rejectField(
      'FieldInvalid',
      'data.worker',
      `has attributes, and ${type} takes none; send them in an event of its own`,
    )
  if (type !== BLOCKED && (data.until ?? null) !== null)
    return rejectField('FieldInvalid', 'data.until', `has no place in ${type}; remove it`)
  return null
}

/** When a block ends by itself, `null` for never; or why that cannot be read. */
export function blockEnd(
  { until: written = null, zone }: BlockData,
  effectiveAt: number,
  source: Source,
): { readonly kind: 'end'; readonly until: number | null } | Rejection {
  if (written === null) return { kind: 'end', until: null }
  const text = typeof written === 'string' ? written : ''
  if ((source.placeholderDates ?? PLACEHOLDER_DATES).includes(text.slice(0, 10)))
    return { kind: 'end', until: null }
  const until = effectiveInstant(text, zone ?? source.zone)
  if (until === null)
    return rejectField(
      'FieldInvalid',
      'data.until',
      'is not a date; send a date such as 2026-12-01, or a date-time',
    )
  if (until <= effectiveAt)
    return rejectField('FieldInvalid', 'data.until', 'is not after the beginning of the block')
  return { kind: 'end', until }
}
