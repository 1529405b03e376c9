import type { Ending } from '../site.ts'

export interface ScenarioOptions {
  /** Of the history that is worked on. */
  readonly employees: number
  readonly seed: number
  say(line: string): void
}

/**
 * Something that is done to the database or to the instances while they work. Rejects when anything
 * is lost, doubled or wrong afterwards.
 */
export type Scenario = (t: Ending, options: ScenarioOptions) => Promise<void>
