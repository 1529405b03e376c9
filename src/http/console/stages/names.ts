import type { Stage } from '../../../core/ledger/port/figures.ts'
import type { StageCursor } from '../../../core/ledger/port/views/stages.ts'
import { hrefOf } from '../list.ts'

export const STAGE_NAMES: Readonly<Record<Stage, readonly [name: string, unit: string]>> = {
  received: ['Received, not planned', 'event'],
  due: ['Due to be planned', 'employee'],
  waiting: ['Waiting to be sent', 'operation'],
  accepted: ['Accepted, no answer yet', 'operation'],
  answered: ['Answered, may still change', 'operation'],
  unpublished: ['To be published', 'outcome'],
}

export function stageHref(stage: Stage, next: StageCursor | null = null): string {
  return hrefOf('/stage', { stage, at: next?.at ?? null, after: next?.after ?? null })
}
