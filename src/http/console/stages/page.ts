import { STAGES, type Stage } from '../../../core/ledger/port/figures.ts'
import { isNumber, misread, type PageOf, ROWS } from '../page.ts'
import { timesAt } from '../times.ts'
import { stageView } from './view.ts'

export const stagePage: PageOf = (context) => async (query, ledger) => {
  const [stage, at, after] = [query('stage'), query('at'), query('after')]
  if (stage === null || !isStage(stage) || (at !== null && !isNumber(at))) return misread('Stages', '/')
  if (stage !== 'due' && after !== null && !isNumber(after)) return misread('Stages', '/')
  const now = context.now()
  const next = after === null ? null : { at: Number(at ?? 0), after }
  const page = await ledger.listStage({ stage, now, next, limit: ROWS })
  const body = stageView(page, { stage, isFirst: next === null }, timesAt(now, context.zone))
  return { title: 'Stages', body, current: '/' }
}

const isStage = (text: string): text is Stage => STAGES.some((one) => one === text)
