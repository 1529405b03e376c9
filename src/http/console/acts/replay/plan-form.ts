import { RollcallError } from '../../../../core/errors.ts'
import type { Evaluator } from '../../../../core/expression/evaluator.ts'
import type { Found } from '../../../../core/report/dead-letters/selection/select.ts'
import {
  findAndEdit,
  isPatchRefused,
  planFound,
  type PlannedReplay,
} from '../../../../core/report/replay/replay.ts'
import type { ConsoleContext } from '../../context.ts'
import type { Asked } from '../asked.ts'
import { fingerprint } from '../confirm.ts'
import { editorOf, type Patch, patchIn } from './patch.ts'
import { type LetterRequest, letterRequestIn } from './request.ts'

/** A replay as it would be now. Nothing is changed yet. */
export interface Preview extends PlannedReplay {
  readonly request: LetterRequest
  readonly patch: Patch | null
  readonly found: Found
  /** A patch fits all of the selection, or it is applied to none of it. */
  readonly patchRefused: boolean
  /** Tells this selection with these changes from any other. */
  readonly seen: string
  /** Dead letters a second; `null` for no limit. */
  readonly rate: number | null
}

/** Plans what a form asks for, by the rules of the running connector. Throws `RulesDiffer`. */
export async function planForm(
  asked: Asked,
  context: ConsoleContext,
  evaluator: Evaluator,
): Promise<Preview> {
  const { form, ledger, now } = asked
  const request = await letterRequestIn(form, ledger, now)
  const patch = patchIn(form)
  const rate = rateIn(form.text('rate'))
  const editor = patch && editorOf(patch, evaluator)
  await using stack = new AsyncDisposableStack()
  const outside = await context.deadLetters({ ledger, store: request.store, rate }, stack)
  const found = await findAndEdit(request, editor, outside)
  const planned = await planFound(found, outside)
  const { targets } = planned.plan
  const seen = fingerprint(
    targets.map((target) =>
      target.store === 'ledger'
        ? `dl-${target.seq} ${target.revision} ${target.body ?? ''}`
        : `${target.entity}#${target.sequence} ${target.body ?? ''}`,
    ),
  )
  return { ...planned, request, patch, found, patchRefused: isPatchRefused(editor, planned.plan), seen, rate }
}

function rateIn(text: string | null): number | null {
  if (text === null) return null
  const rate = Number(text)
  if (Number.isSafeInteger(rate) && rate > 0) return rate
  throw new RollcallError('ArgumentInvalid', 'the rate is a whole number of dead letters a second, from 1')
}
