import type { OrderValue } from '../../model.ts'
import type { Source } from '../sources.ts'

/** The fields of an event that may order it among those of its source. */
export interface OrderFields {
  readonly version: number | string | null
  readonly sequence: number | string | null
  readonly recordedAt: number
}

export function orderValue(
  order: Source['order'],
  { version, sequence, recordedAt }: OrderFields,
): OrderValue {
  switch (order) {
    case 'version':
      return comparable(version)
    case 'sequence':
      return comparable(sequence)
    case 'time':
      return recordedAt
  }
}

/**
 * A whole number in one form, so that 10 stands above 9 and 17 digits lose nothing: a number while
 * a double holds it, its digits without leading zeros beyond that. Any other text stays as it is.
 */
function comparable(value: number | string | null): OrderValue {
  if (typeof value !== 'string' || !/^-?\d+$/.test(value)) return value
  const held = Number(value)
  return Number.isSafeInteger(held) ? held : value.replace(/^(-?)0+/, '$1')
}
