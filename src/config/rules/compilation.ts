import type { Evaluator } from '../../core/expression/evaluator.ts'
import type { AnswerTools } from '../../core/intake/hydrate/answer.ts'
import type { HrReader } from '../../core/intake/hydrate/loop.ts'
import type { HrSystemSettings } from '../../core/intake/hydrate/settings.ts'
import type { ChannelSettings } from '../../core/alerts/settings.ts'
import type { Settings } from '../environment.ts'
import type { Path, Problem } from '../path.ts'

/** What compiling needs from outside; `compose/` provides it. */
export interface RuleTools {
  readonly evaluator: Evaluator
  /** A stable hash of a text. */
  digest(text: string): string
  /** Makes the reader of an HR system. Throws `ConfigInvalid` for settings that cannot be used. */
  makeReader(settings: HrSystemSettings, tools: AnswerTools): HrReader
  /**
   * Which job a bulkUpload URL is of; the same job has the same text. Throws `EndpointInvalid` or
   * `EndpointNotAllowed`.
   */
  jobOf(endpoint: string, allowHttp: boolean): string
  /** Throws `ConfigInvalid` for a channel of notifications that cannot be used. */
  checkChannel(settings: ChannelSettings): void
}

/** Collects what cannot be used in `problems`, so that one check names every problem. */
export interface Compilation {
  readonly settings: Settings
  readonly problems: Problem[]
  readonly tools: RuleTools
  /**
   * The result of `work`, or `null` after it threw a `RollcallError`, which becomes a problem at
   * `path`.
   */
  attempt<T>(path: Path, work: () => T): T | null
}
