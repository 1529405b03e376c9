import { CORE_ANSWERS } from './core-answers.ts'
import { CORE_INTAKE } from './core-intake.ts'
import { CORE_LOOPS } from './core-loops.ts'
import { CORE_PLAN } from './core-plan.ts'
import { CORE_REPORT } from './core-report.ts'
import type { Known } from './known.ts'
import { LEDGER_INSPECT } from './ledger-inspect.ts'
import { LEDGER_QUEUE } from './ledger-queue.ts'
import { LEDGER_REST } from './ledger-rest.ts'

/** A change without an effect, see {@link Known}. `file` is from the root of the repository. */
export interface Equivalent {
  readonly file: string
  readonly find: string
  readonly replace: string
}

const inFolder = (folder: string, known: readonly Known[]): readonly Equivalent[] =>
  known.map(([file, find, replace]) => ({ file: `${folder}/${file}`, find, replace }))

export const EQUIVALENT: readonly Equivalent[] = [
  ...inFolder('src/core', [...CORE_PLAN, ...CORE_REPORT, ...CORE_INTAKE, ...CORE_ANSWERS, ...CORE_LOOPS]),
  ...inFolder('src/adapters/ledger-sql', [...LEDGER_QUEUE, ...LEDGER_INSPECT, ...LEDGER_REST]),
]
