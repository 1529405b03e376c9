import type { LedgerReadings } from '../../../compose/observe/measurements.ts'
import { type Depth, STAGES, type Stage } from '../../../core/ledger/port/figures.ts'
import { counted } from '../layout.ts'
import { type Markup, markup } from '../markup.ts'
import { STAGE_NAMES, stageHref } from '../stages/names.ts'
import { lasting } from '../times.ts'

/** Where work waits, in the order of the flow: how much, and how old the oldest is. */
export function stageStrip({ figures, at, alerts }: LedgerReadings): Markup {
  const stuck = new Set(
    (alerts?.open ?? []).flatMap(({ code, cause }) => (code === 'stage.stuck' ? [cause] : [])),
  )
  const stages = STAGES.map((stage) => stageItem(stage, figures.stages[stage], at, stuck.has(stage)))
  return markup`<section aria-labelledby="stages"><h2 id="stages" class="hidden">Stages of the flow</h2><ol class="card strip">${stages}</ol></section>`
}

function stageItem(stage: Stage, { count, oldestAt }: Depth, at: number, isStuck: boolean): Markup {
  const [name, unit] = STAGE_NAMES[stage]
  const age = oldestAt === null ? 'none waits' : `oldest ${lasting(at - oldestAt)}`
  return markup`<li><a href="${stageHref(stage)}"><span class="label">${name}</span><span class="n">${counted(count)} <small>${count === 1 ? unit : `${unit}s`}</small></span><span class="age${isStuck ? ' stuck' : ''}">${isStuck ? `${age}: too long` : age}</span></a></li>`
}
