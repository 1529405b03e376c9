import type { BlockPeriod } from '../employee.ts'

/** Blocks: a blocked employee is sent disabled, whatever the events say. */
export interface BlockLedger {
  /**
   * Blocks employees, all of them or none, and adds audit entries. Their deactivations are planned
   * at once. A block that is in force already takes the new end. The ledger need not know the
   * employee.
   */
  blockEmployees(orders: readonly BlockOrder[], now: number): Promise<readonly Blocked[]>
  /**
   * Lifts the block of an employee, plans the employee, and adds an audit entry. Returns false
   * when no block is in force or to come.
   */
  unblockEmployee(order: UnblockOrder, now: number): Promise<boolean>
  /**
   * A page of the blocks that are in force or to come. A `next` that is not `null` continues it.
   */
  listBlocks(query: BlocksQuery): Promise<BlocksPage>
}

export interface UnblockOrder {
  readonly employeeId: string
  readonly actor: string
  readonly justification: string
}
export interface BlockOrder extends UnblockOrder {
  /** When the block ends by itself; `null`: only an unblock lifts it. */
  readonly until: number | null
}
export interface Blocked {
  readonly employeeId: string
  /** False while the ledger has no event of the employee. */
  readonly known: boolean
  /** Known ids that a person would read as the same; only when the employee is not known. */
  readonly candidates: readonly string[]
}
export interface BlocksQuery {
  readonly now: number
  /** `null`: of every employee. */
  readonly employeeId: string | null
  /** `next` of the previous page; `null` for the first. */
  readonly next: string | null
  readonly limit: number
}
export interface BlocksPage {
  readonly blocks: readonly Block[]
  readonly next: string | null
}
export interface Block extends BlockPeriod {
  /** After an erasure `erased:` and the hash of the employee id. */
  readonly employeeId: string
  /** A person, or the source of the event that decided. */
  readonly actor: string
  /** `null` when an event decided. */
  readonly justification: string | null
  /** `null` when a person decided, and after an erasure. */
  readonly eventId: string | null
}
