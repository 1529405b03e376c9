import type { Employee } from '../employee.ts'
import type { BatchState, EventState, OperationState } from '../lifecycle.ts'
import type { Trace, TraceQuery } from './views/trace.ts'

/** Reads for commands, reports and tests. */
export interface InspectLedger {
  /**
   * Whether work is left that needs neither new input nor a later moment. Cheap in a ledger of any
   * size.
   */
  readIdle(now: number): Promise<Idle>
  /** Running totals, maintained by every transaction. Cheap. */
  readTotals(): Promise<Totals>
  /** Totals together with counts by state, computed from the rows, at a single moment. */
  readCounts(): Promise<{ readonly totals: Totals; readonly stateCounts: StateCounts }>
  /**
   * A page of events in the order in which they were received. A `next` that is not `null`
   * continues it.
   */
  listEvents(query: EventsQuery): Promise<EventsPage>
  /** A page of audit entries, oldest first by default. A `next` that is not `null` continues it. */
  listAudit(query: AuditQuery): Promise<AuditPage>
  /**
   * The whole chain around an event, an employee, an operation, a batch, a request id or a
   * directory object; `null` when nothing has that id. A page of it: what it reads into memory does
   * not grow with the history of an employee. Default: the first page, of `TRACE_PAGE`.
   */
  readTrace(reference: string, query?: TraceQuery): Promise<Trace | null>
  /**
   * The employee that a reference (employee id, event id, operation id, …) leads to. Several when
   * it matches a batch, events of several sources, or an event and an employee; none when nothing
   * matches.
   */
  findEmployees(reference: string): Promise<readonly EmployeeView[]>
  /**
   * The ids of the employees that a text leads to: the employee with this id; otherwise those whose
   * account is this Entra object, or whose records had this user name or mail address. At most 20.
   */
  findEmployeeIds(text: string): Promise<readonly string[]>
  /**
   * The employees whose records have or had one of these names as a user name or mail address. The
   * names are in the form of `accountNameOf`.
   */
  findNameHolders(names: readonly string[]): Promise<readonly NameHolder[]>
  /** Employees by id, as the next plan will see them; unknown ids are left out. */
  readEmployees(ids: readonly string[]): Promise<readonly EmployeeView[]>
  /**
   * Known employee ids that nearly match this one (see `similarityKey`), without itself: for the
   * message that it is not known.
   */
  findNearMatches(employeeId: string): Promise<readonly string[]>
  /** Everything that the ledger holds about one employee; `null` when that is nothing. */
  readHoldings(employeeId: string): Promise<Holdings | null>
  /** A page of employees ordered by id, beginning after `after`. */
  listEmployees(after: string | null, limit: number): Promise<readonly EmployeeView[]>
}

export interface Holdings {
  readonly employeeId: string
  /** Rows as they are in the ledger, by table. */
  readonly tables: Readonly<Record<string, readonly Readonly<Record<string, string | number | null>>[]>>
  /** Tables whose rows can also speak of other employees. */
  readonly leftOut: readonly string[]
}

export interface Idle {
  /**
   * Nothing is received, planned, unanswered or unpublished; open events only wait for a moment.
   */
  readonly idle: boolean
  /** The next moment at which something becomes due; `null` when there is none. */
  readonly nextAt: number | null
}
export const TOTALS = [
  'messages',
  'decoded',
  'rejected',
  'redelivered',
  'events',
  'duplicates',
  'finished',
  'operations',
  'calls',
  'published',
  'unmatched',
  'imported',
  'folded',
  'erased',
  'dropped',
  'withheld',
  'replays',
  'collisions',
] as const
export type Totals = Readonly<Record<(typeof TOTALS)[number], number>>
export interface StateCounts {
  readonly events: Readonly<Record<EventState, number>>
  readonly operations: Readonly<Record<OperationState, number>>
  readonly batches: Readonly<Record<BatchState, number>>
  readonly employees: number
  readonly unpublished: number
}

export interface NameHolder {
  readonly name: string
  readonly employeeId: string
}

/** An employee as the next plan will see it. */
export interface EmployeeView {
  readonly employee: Employee
  /**
   * The last accepted record; `null` when there is none, or when the directory may hold another.
   */
  readonly lastAccepted: string | null
  /** What the brake says about the termination; `null` when it has not looked at one. */
  readonly brake: BrakeStanding | null
  /** The `seq` of the event that the reference names, if it names one. */
  readonly event: number | null
}
export type BrakeStanding =
  | { readonly state: 'held' | 'refused'; readonly since: number }
  /** The deactivation was let go. */
  | { readonly state: 'passed' }

export interface AuditQuery {
  /** Done at this moment or later; `null`: all. */
  readonly since: number | null
  /** Done before this moment; `null`: all. */
  readonly until?: number | null
  /** Only entries with this `about`; `null`: all. */
  readonly about: string | null
  /** Only what this person did; `null`: everybody. */
  readonly actor?: string | null
  /**
   * An action, or the first part of several: `brake` for `brake.release` and `brake.refuse`;
   * `null`: all.
   */
  readonly action?: string | null
  /** Newest first. */
  readonly newest?: boolean
  /**
   * Only what was done to this employee, or to an event, case or finding of this employee; `null`:
   * all.
   */
  readonly employeeId?: string | null
  /** `next` of the previous page; `null` for the first. */
  readonly next: number | null
  readonly limit: number
}
export interface AuditPage {
  readonly entries: readonly AuditEntry[]
  readonly next: number | null
}
/** An action that a person took with a command. */
export interface AuditEntry {
  readonly at: number
  readonly actor: string
  readonly action: string
  /**
   * `dl-…`, `<entity>#<sequence>`, `replay <number>`, the id of an employee who was blocked,
   * released or refused, or whose values were shown, the hash of an erased employee id, how many
   * employees were released or refused, or how many more may go until when.
   */
  readonly about: string | null
  /** What it was done to: the dead letters of a replay; 1 for every other entry. */
  readonly count: number
  readonly justification: string
}

export interface EventsQuery {
  /** `null`: any state. */
  readonly state: EventState | null
  /** Received at this moment or later; `null`: all. */
  readonly since: number | null
  /** Received before this moment; `null`: all. */
  readonly until?: number | null
  /** `null`: all. */
  readonly employeeId?: string | null
  /** `next` of the previous page; `null` for the first. */
  readonly next: number | null
  readonly limit: number
}
export interface EventsPage {
  readonly events: readonly EventLine[]
  readonly next: number | null
}
/** An event without its values. */
export interface EventLine {
  readonly source: string
  readonly id: string
  readonly type: string
  readonly employeeId: string
  readonly state: EventState
  readonly reason: string | null
  readonly detail: string | null
  readonly by: string | null
  readonly operation: string | null
  readonly effectiveAt: number
  readonly receivedAt: number
  readonly finishedAt: number | null
}
