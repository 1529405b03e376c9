import { disabledElsewhere, raiserFor } from './compare.ts'
import type { AccountHolder, Difference, DirectoryLedger } from '../ledger/port/directory.ts'
import type { BatchOperation } from '../ledger/port/submit.ts'
import type { Account, AccountReader } from '../ports.ts'
import { parseRecord } from '../plan/mapping/record.ts'
import type { Runtime } from '../runtime.ts'
import { optionalRead } from './optional-read.ts'

/** Looks at the accounts of a batch before it is sent. */
export interface DeactivationGuard {
  /**
   * Holds the employees of these operations whose accounts were disabled in the directory since it
   * took their last record. Never throws for what the directory does: without an answer the batch
   * goes as it is.
   */
  check(operations: readonly BatchOperation[], signal: AbortSignal): Promise<void>
}

export interface GuardContext {
  readonly ledger: Pick<DirectoryLedger, 'findAccountHolders' | 'recordDifferences'>
  readonly reader: Pick<AccountReader, 'find'>
  readonly runtime: Pick<Runtime, 'now' | 'log'>
  /** How long the directory may take to show what it accepted. */
  readonly settleMs: number
  /** The destination of the batches, where there are several. */
  readonly destination?: string | undefined
}

export function deactivationGuard({
  ledger,
  reader,
  runtime,
  settleMs,
  destination,
}: GuardContext): DeactivationGuard {
  const ask = optionalRead('guard.off', 'batches are sent without a look at their accounts', runtime)
  return {
    check: async (operations, signal) => {
      const seenAt = runtime.now()
      const employees = operations.flatMap(({ employeeId, record }) =>
        parseRecord(record)['active'] === true ? [employeeId] : [],
      )
      if (employees.length === 0) return
      const accounts = await ask(() => reader.find(employees, signal), signal)
      const disabled = accounts?.filter(({ enabled }) => !enabled) ?? []
      if (disabled.length === 0) return
      const holders = await ledger.findAccountHolders(
        disabled,
        seenAt,
        destination === undefined ? undefined : [destination],
      )
      const differences = disabledMeanwhile(disabled, holders, { seenAt, settleMs })
      if (differences.length > 0) await ledger.recordDifferences(differences, runtime.now())
    },
  }
}

/**
 * The disabled accounts of employees whose last accepted record says active. Pure. Unlike a
 * comparison it also looks at employees with an operation under way, because that is about to go.
 */
function disabledMeanwhile(
  accounts: readonly Account[],
  holders: readonly AccountHolder[],
  { seenAt, settleMs }: { readonly seenAt: number; readonly settleMs: number },
): readonly Difference[] {
  const byId = new Map(holders.map((holder) => [holder.employeeId, holder]))
  return accounts.flatMap((account): Difference[] => {
    const { objectId, employeeId } = account
    const holder = employeeId === null ? undefined : byId.get(employeeId)
    if (!holder || holder.disabledElsewhereAt !== null) return []
    const { accepted } = holder
    if (!accepted?.active || accepted.at + settleMs > seenAt) return []
    if (holder.objectId !== null && holder.objectId !== objectId) return []
    if (holder.elsewhere) return []
    return [raiserFor(account, holder, seenAt)(disabledElsewhere(objectId))]
  })
}
