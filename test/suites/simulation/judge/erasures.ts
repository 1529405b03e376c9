import { createHash } from 'node:crypto'
import type { SimulatedEntra } from '../outside/entra.ts'
import { expectedOf, leftOverOf } from './oracle.ts'
import { inOrder, type Known, type Remains } from './standing.ts'

/** As open leaver cases name an employee who was erased. */
export const erasedName = (employee: string): string =>
  `erased:${createHash('sha256').update(employee).digest('hex')}`

/** Remembers, outside the ledger, what the ledger may still know of employees who were erased. */
export class Erasures {
  readonly #entra: Pick<SimulatedEntra, 'disabledBy' | 'disabledElsewhere'>
  readonly #remains = new Map<string, Remains>()
  /** What was known of each employee when they were erased last. */
  readonly #before = new Map<string, Known>()
  /** Those that were sent, and that the ledger no longer has. */
  readonly operations = new Set<string>()

  constructor(entra: Pick<SimulatedEntra, 'disabledBy' | 'disabledElsewhere'>) {
    this.#entra = entra
  }

  remainsOf(employee: string): Remains | null {
    return this.#remains.get(employee) ?? null
  }
  get employees(): readonly string[] {
    return [...this.#before.keys()]
  }

  /** `operations` are those sent until now; their log records are read as changes by another system from now on. */
  add(employee: string, known: Known, operations: ReadonlySet<string>, now: number): void {
    const { marks, doubts } = leftOverOf(known, now)
    const disabledElsewhereAt = this.#entra.disabledElsewhere(employee)?.at ?? -Infinity
    this.#before.set(employee, known)
    for (const operation of operations) this.operations.add(operation)
    this.#remains.set(employee, {
      marks,
      isDoubtful: (activation) =>
        doubts.some((one) => inOrder(one, activation) > 0) ||
        activation.recordedAt <=
          Math.max(disabledElsewhereAt, this.#entra.disabledBy(operations) ?? -Infinity),
    })
  }

  /** Whether the last word before the erasure was that the employee leaves. */
  hadLeft(employee: string, now: number): boolean {
    const known = this.#before.get(employee)
    return known !== undefined && expectedOf({ ...known, blocked: false }, now)?.['active'] === false
  }
}
