import type { DifferenceCode } from '../../directory/difference.ts'

/** What the ledger knows of accounts, and what a comparison with the directory found. */
export interface DirectoryLedger {
  /**
   * The employees that these accounts may belong to: by object id or employee id, or, for an
   * account that leads nowhere by either, by user name. Each once, in no order. `seen`: the
   * destinations whose accounts the reader sees, where there are several.
   */
  findAccountHolders(
    accounts: readonly AccountKeys[],
    now: number,
    seen?: readonly string[],
  ): Promise<readonly AccountHolder[]>
  /** A page of the employees whose account the directory accepted as active, by employee id. */
  listActiveHolders(query: HoldersQuery): Promise<HoldersPage>
  /**
   * Raises a finding for each difference, or opens its finding again, and holds the employees whose
   * accounts were disabled elsewhere. A difference about an employee that changed since it was read
   * is dropped.
   */
  recordDifferences(differences: readonly Difference[], now: number): Promise<RecordedDifferences>
  /**
   * Lets employees go whose accounts were disabled elsewhere and are enabled again, and settles the
   * findings that held them.
   */
  releaseEnabled(employees: readonly HolderRevision[], now: number): Promise<void>
  /** A page of the findings that comparisons raise and that are not settled. */
  listDifferences(query: DifferencesQuery): Promise<DifferencesPage>
  /** Settles findings that a complete comparison did not find again. */
  settleDifferences(seqs: readonly number[], now: number): Promise<void>
  /** Keeps how a comparison went, in place of the one before. */
  recordDirectoryRead(read: DirectoryRead): Promise<void>
  readDirectoryRead(): Promise<DirectoryRead | null>
  /**
   * Plans these employees again, so that their records are sent once more by the normal way, and
   * adds an audit entry. Returns how many there are.
   */
  repairAccounts(order: RepairOrder, now: number): Promise<number>
}

export interface AccountKeys {
  readonly objectId: string
  readonly employeeId: string | null
  readonly userName: string | null
}

export interface HolderRevision {
  readonly employeeId: string
  readonly revision: number
}
/** An employee, as far as the account in the directory is concerned. */
export interface AccountHolder extends HolderRevision {
  /** The object id that the log named last. */
  readonly objectId: string | null
  /**
   * The record that the directory accepted last; `null` when it accepted none, or when what it holds
   * is no longer known.
   */
  readonly accepted: { readonly record: string; readonly active: boolean; readonly at: number } | null
  /** Something of the employee is planned, sent or about to be, so that the account may change. */
  readonly underWay: boolean
  /** HR said that the employee leaves, and the directory accepted no activation since. */
  readonly isLeaver: boolean
  /** Since when the employee is held because the account was disabled elsewhere. */
  readonly disabledElsewhereAt: number | null
  /** The account is at a destination that the reader does not see. */
  readonly elsewhere?: true
  /** Accounts that the employee left where the reader sees them; not set where there are none. */
  readonly left?: readonly { readonly objectId: string | null; readonly leftAt: number }[]
}

export interface HoldersQuery {
  /** `next` of the previous page; `null` for the first. */
  readonly after: string | null
  readonly limit: number
  readonly now: number
  /** Only employees at these destinations; not set: all. */
  readonly seen?: readonly string[] | undefined
}
export interface HoldersPage {
  readonly holders: readonly AccountHolder[]
  readonly next: string | null
}

/** A difference between an account and the ledger, with names of attributes and no values. */
export interface Difference {
  readonly code: DifferenceCode
  readonly objectId: string
  /** The employee it is about, as it was when it was compared; `null`: HR knows no such employee. */
  readonly employee: HolderRevision | null
  /** What it is about, in one text: the same code about the same thing is one finding. */
  readonly about: string
  readonly detail: string
  /** When the account was read. */
  readonly seenAt: number
}
export interface RecordedDifferences {
  /** The findings of the differences that were not dropped. */
  readonly findings: readonly number[]
  /** Employees that changed since they were read. */
  readonly dropped: readonly string[]
}

export interface DifferencesQuery {
  readonly codes: readonly DifferenceCode[]
  /** `next` of the previous page; `null` for the first. */
  readonly after: number | null
  readonly limit: number
}
export interface DifferencesPage {
  readonly findings: readonly { readonly seq: number; readonly employeeId: string | null }[]
  readonly next: number | null
}

/** How a comparison with the directory went. */
export interface DirectoryRead {
  readonly startedAt: number
  readonly endedAt: number
  /** `incomplete`: accounts that were not read were not compared, and nothing was called missing. */
  readonly outcome: 'complete' | 'incomplete' | 'forbidden'
  /** The code of the error that ended it early. */
  readonly failure: string | null
  readonly accounts: number
  /** Accounts that belong to an employee of the ledger. */
  readonly matched: number
  /** Employees with something under way, who were left out. */
  readonly skipped: number
  readonly differences: number
  readonly requests: number
}

export interface RepairOrder {
  readonly employees: readonly Repair[]
  readonly actor: string
  readonly justification: string
}
export interface Repair {
  readonly employeeId: string
  /**
   * The account is enabled and should not be. The brake counts its deactivation, as it does any
   * other.
   */
  readonly enabled: boolean
}
