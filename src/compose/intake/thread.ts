import { expressionProcess } from '../../adapters/expression-process/client.ts'
import { intakeMethods } from '../../adapters/intake-thread/serve.ts'
import type { OpenBeside } from '../../adapters/ledger-sql/driver/thread/protocol.ts'
import { sha256 } from '../../adapters/system.ts'
import { compileRules } from '../../config/rules/rules.ts'
import { sourceRules } from '../../core/intake/sources.ts'
import type { IntakeModuleData } from './module.ts'

/**
 * Loaded in the ledger's thread. Expressions are evaluated in a process of their own, as
 * everywhere.
 */
export const open: OpenBeside = (ledger, data) => {
  const { settings, content, commit } = data as IntakeModuleData
  const evaluator = expressionProcess()
  // The configuration was checked where it was read. Nothing here reads from HR or notifies.
  const { sources: configured, uses } = compileRules(content, settings, [], {
    evaluator,
    digest: sha256,
    makeReader: () => ({ read: () => Promise.reject(new TypeError('nothing is read from HR here')) }),
    jobOf: (endpoint) => endpoint,
    checkChannel: () => {},
  })
  const { sources, shapes, nameOf } = sourceRules(configured)
  const unmapped = { uses, nameOf }
  return {
    methods: { ...intakeMethods(ledger, sources, { ...commit, shapes, unmapped }) },
    close: () => evaluator.close(),
  }
}
