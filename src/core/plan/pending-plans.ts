import type { Decision } from '../ledger/decision.ts'
import type { Employee } from '../ledger/employee.ts'
import type { Runtime } from '../runtime.ts'

type Revision = Pick<Employee, 'employeeId' | 'revision'>

/** Plans whose record is still being computed. */
export interface PendingPlans {
  readonly size: number
  /** Whether the plan of this revision is pending. */
  has(employee: Revision): boolean
  add(employee: Revision, decision: Promise<Decision>): void
  /**
   * The finished plans, in the order they began; the others stay pending. Rejects when one of them
   * failed.
   */
  takeFinished(signal: AbortSignal): Promise<readonly Decision[]>
}

/**
 * How long the plans of one turn wait for each other. A plan that takes longer is committed in a
 * later turn.
 */
const PATIENCE_MS = 150

export function pendingPlans(runtime: Pick<Runtime, 'sleep'>): PendingPlans {
  const pending = new Map<string, PendingPlan>()
  return {
    get size() {
      return pending.size
    },
    has: ({ employeeId, revision }) => pending.get(employeeId)?.revision === revision,
    add: ({ employeeId, revision }, decision) => pending.set(employeeId, pendingPlan(revision, decision)),
    takeFinished: async (signal) => {
      const over = new AbortController()
      await Promise.race([
        Promise.all([...pending.values()].map(({ done }) => done)),
        runtime.sleep(PATIENCE_MS, AbortSignal.any([signal, over.signal])),
      ])
      over.abort()
      const done = [...pending].filter(([, { result }]) => result.kind !== 'computing')
      for (const [employeeId] of done) pending.delete(employeeId)
      return done.flatMap(([, { result }]) => {
        if (result.kind === 'failed') throw result.error
        return result.kind === 'decided' ? [result.decision] : []
      })
    },
  }
}

interface PendingPlan {
  readonly revision: number
  readonly done: Promise<void>
  readonly result:
    | { readonly kind: 'computing' }
    | { readonly kind: 'decided'; readonly decision: Decision }
    | { readonly kind: 'failed'; readonly error: unknown }
}

function pendingPlan(revision: number, decision: Promise<Decision>): PendingPlan {
  let result: PendingPlan['result'] = { kind: 'computing' }
  const done = decision.then(
    (decision) => void (result = { kind: 'decided', decision }),
    (error: unknown) => void (result = { kind: 'failed', error }),
  )
  return {
    revision,
    done,
    get result() {
      return result
    },
  }
}
