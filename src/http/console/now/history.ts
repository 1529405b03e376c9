import { COUNTED, WAIT_FIGURES } from '../../../core/history/figures.ts'
import {
  growthOf,
  sinceOf,
  type Span,
  SPANS,
  stepsOf,
  type Waits,
  waitsOf,
} from '../../../core/history/series.ts'
import type { HistoryPoint } from '../../../core/ledger/port/views/history.ts'
import type { ConsoleLedger } from '../context.ts'

/** What happened in a span, step by step. */
export interface History {
  readonly span: Span
  readonly steps: readonly number[]
  readonly received: readonly (number | null)[]
  readonly operations: readonly (number | null)[]
  readonly finished: readonly (number | null)[]
  readonly waits: Waits
}

/** A chart of a page that is open is not older than this. */
const FRESH_MS = 30_000

type Read = (ledger: Pick<ConsoleLedger, 'readHistory'>, span: Span, now: number) => Promise<History>

/** Reads each span once in a while, however many pages show it. */
export function historyReader(): Read {
  const last = new Map<Span, { readonly at: number; readonly history: Promise<History> }>()
  return (ledger, span, now) => {
    const known = last.get(span)
    if (known && Math.abs(now - known.at) < FRESH_MS) return known.history
    const query = {
      figures: [...COUNTED, ...WAIT_FIGURES],
      since: sinceOf(span, now),
      stepMs: SPANS[span].stepMs,
    }
    const history = ledger.readHistory(query).then((points) => historyOf(points, span, now))
    last.set(span, { at: now, history })
    history.catch(() => last.delete(span))
    return history
  }
}

function historyOf(points: readonly HistoryPoint[], span: Span, now: number): History {
  const steps = stepsOf(span, now)
  return {
    span,
    steps,
    received: growthOf(points, 'events', steps),
    operations: growthOf(points, 'operations', steps),
    finished: growthOf(points, 'finished', steps),
    waits: waitsOf(points, steps),
  }
}
