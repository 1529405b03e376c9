export type Says = 'start' | 'change' | 'leave' | 'return'

/** A CloudEvent that nothing is wrong with. */
export interface PlainEvent {
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject: string
  readonly time: string
  readonly sequence: string
  readonly data: Readonly<Record<string, unknown>>
}

export const PLAIN = '/hr/plain'
/** Ids in upper case, padded to eight digits. */
export const FORMED = '/hr/formed'
/** With a shape that has access rules. */
export const VENDOR = '/hr/vendor'

export type Below = (limit: number) => number
export type Pick = <T>(values: readonly [T, ...T[]]) => T
export interface Chance {
  readonly below: Below
  readonly pick: Pick
  /** True once in so many times. */
  readonly oneIn: (times: number) => boolean
}

export function chanceOf(random: () => number): Chance {
  const below: Below = (limit) => Math.floor(random() * limit)
  return {
    below,
    pick: (values) => values[below(values.length)] ?? values[0],
    oneIn: (times) => below(times) === 0,
  }
}
