import { moveInWords, movesOf } from '../../../core/explain/moves.ts'
import type { EmployeeTrace } from '../../../core/ledger/port/views/trace.ts'
import { type Markup, markup, NOTHING } from '../markup.ts'
import type { Times } from '../times.ts'

/** Each move to another destination as one story. */
export function movesView(trace: EmployeeTrace, times: Times): Markup {
  const moves = movesOf(trace)
  if (moves.length === 0) return NOTHING
  return markup`<ul class="moves">${moves.map((move) => markup`<li>${moveInWords(trace.employee.id, move, times.text)}.</li>`)}</ul>`
}
