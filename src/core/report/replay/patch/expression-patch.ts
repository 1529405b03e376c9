import { evaluateOne, type Expression } from '../../../expression/compile.ts'
import type { Evaluator } from '../../../expression/evaluator.ts'
import type { Editor } from '../../dead-letters/selection/edit.ts'
import { patching } from './apply.ts'

/**
 * Applies a JSONata expression to every body: its answer is the new body. It may read the names of
 * the first event as `$source`, `$id`, `$type` and `$employee`; a name that cannot be read is null.
 */
export function expressionPatching(expression: Expression, evaluator: Evaluator): Editor {
  return patching(async (body, { events: [first] }) => {
    const { source = null, id = null, type = null, employeeId = null } = first ?? {}
    const answer = await evaluateOne(evaluator, expression, body, { source, id, type, employee: employeeId })
    if (answer.kind === 'failed') return answer
    if (typeof answer.value !== 'object' || answer.value === null)
      return { kind: 'failed', why: 'the expression yields no object; it must yield the whole body' }
    return { kind: 'patched', body: answer.value }
  })
}
