import type { Stage } from '../figures.ts'

/** What waits in a stage of the flow: for the page that a number on Now leads to. */
export interface StageLedger {
  /**
   * A page of what waits in a stage, about the oldest first. It walks along an index of what is
   * open.
   */
  listStage(query: StageQuery): Promise<StagePage>
}

export interface StageQuery {
  readonly stage: Stage
  readonly now: number
  /** `next` of the previous page; `null` for the first. */
  readonly next: StageCursor | null
  readonly limit: number
}
/** The last row of a page. Many can wait since the same instant. */
export interface StageCursor {
  readonly at: number
  /** A number, and in the stage `due` an employee id. */
  readonly after: string
}
export interface StagePage {
  readonly rows: readonly StageRow[]
  readonly next: StageCursor | null
}
export interface StageRow {
  readonly employeeId: string
  /** The event or operation that waits; `null` for an employee who is due. */
  readonly name: string | null
  /** Since when it waits here; `null` where that is not kept. */
  readonly since: number | null
}
