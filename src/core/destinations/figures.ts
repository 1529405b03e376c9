import type { DestinationFigures, Figures } from '../ledger/port/figures.ts'

/** The figures of each destination, in the order of the query. */
export function eachDestination(figures: Figures): readonly [DestinationFigures, ...DestinationFigures[]] {
  return [figures, ...figures.others]
}
