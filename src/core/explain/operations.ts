import { unreachable } from '../errors.ts'
import type { AccessOperation } from '../ledger/port/views/access.ts'
import { isAccepted } from '../report/correlate/settle.ts'
import type { OperationObstacle } from './access.ts'

/**
 * What the operations after the last accepted one mean: all that are under way, and of those that
 * ended the newest. `operations` are sorted newest first.
 */
export function operationObstacles(operations: readonly AccessOperation[]): readonly OperationObstacle[] {
  return operations.flatMap((operation, index) => {
    const obstacle = obstacleOf(operation)
    return obstacle && (index === 0 || isUnderWay(obstacle)) ? [obstacle] : []
  })
}

function isUnderWay({ kind }: OperationObstacle): boolean {
  return kind === 'waiting' || kind === 'sending' || kind === 'unanswered' || kind === 'escrowed'
}

/** `null` for an operation that stands in the way of nothing. */
function obstacleOf(operation: AccessOperation): OperationObstacle | null {
  const { state, code, createdAt, attempts, notBefore } = operation
  const at = (since: number | null) => placed(operation, since)
  const ended = at(operation.finishedAt ?? operation.answeredAt)
  switch (state) {
    case 'pending':
      return { kind: 'waiting', ...at(createdAt) }
    case 'batched':
      return { kind: 'sending', attempts, notBefore, ...at(createdAt) }
    case 'accepted':
      return { kind: 'unanswered', ...at(operation.acceptedAt) }
    case 'escrowed':
      return { kind: 'escrowed', code, ...at(operation.answeredAt) }
    case 'failed':
      return { kind: 'failed', code, ...ended }
    case 'unanswered':
      return { kind: 'no-outcome', ...ended }
    case 'skipped':
      return { kind: 'out-of-scope', ...ended }
    case 'unchanged':
    case 'confirmed':
      return isAccepted(state, code) ? null : { kind: 'not-in-directory', ...ended }
    case 'answered':
      return obstacleOfAnswer(operation)
    case 'withdrawn':
      return null
    default:
      return unreachable(state)
  }
}

/** Which operation it is, and since when: for most states since it was planned. */
function placed({ id, active, departs, createdAt }: AccessOperation, since: number | null) {
  return { operation: id, active, since: since ?? createdAt, ...(departs ? { departs } : {}) }
}

/** An answer that may still be refined counts as if it were final. */
function obstacleOfAnswer(operation: AccessOperation): OperationObstacle | null {
  const { interim, code, answeredAt } = operation
  const ended = placed(operation, answeredAt)
  switch (interim) {
    case 'failed':
      return { kind: 'failed', code, ...ended }
    case 'escrowed':
      return { kind: 'escrowed', code, ...ended }
    case 'skipped':
      return { kind: 'out-of-scope', ...ended }
    case 'unchanged':
      return isAccepted(interim, code) ? null : { kind: 'not-in-directory', ...ended }
    case 'confirmed':
    case null:
      return null
    default:
      return unreachable(interim)
  }
}
