import { RollcallError } from '../../../../src/core/errors.ts'
import type { Json, JsonObject } from '../../../../src/core/model.ts'
import type { ProvisioningLog } from '../../../../src/core/ports.ts'
import { rawLogRecord } from '../../../fakes/log.ts'
import type { Chance } from '../../../fakes/plain-event.ts'
import type { Clock } from '../clock.ts'
import { echoOf, type Sent } from './records.ts'
import { MINUTE } from '../story.ts'

/** How one request to the log goes wrong. */
export const LOG_FAULTS = [
  'throttled',
  'cut off', // after its first page
] as const
export type LogFault = (typeof LOG_FAULTS)[number]

const LAG_MS = 8 * MINUTE
/** As much as the connector allows for (`skewMs`), and the log counts whole seconds. */
const CLOCKS_DIFFER_MS = 2 * MINUTE + 1_000
const FOREIGN = 'elsewhere-'

/** In place of an operation: what a change by another system is called. */
export const foreignName = (number: number): string => `${FOREIGN}${number}`
const isForeign = (operation: string): boolean => operation.startsWith(FOREIGN)

const PAGE_SIZE = 4

interface Recorded {
  readonly raw: JsonObject
  readonly operation: string
  readonly employee: string
  readonly at: number
  readonly visibleAt: number
  /** What the account is after it; `null` when nothing was changed. */
  readonly active: boolean | null
}

/** The provisioning log: records come late and in any order, some twice, with unreadable ones between. */
export interface SimulatedLog extends ProvisioningLog {
  write(
    sent: Sent,
    more: Parameters<typeof rawLogRecord>[1] & { readonly changeId?: string },
    lagMs?: number,
  ): void
  /** Nothing can be read for this long. */
  hide(ms: number): void
  fail(fault: LogFault): void
  /** Every record can be read by now. */
  isQuiet(): boolean
  /** Records of this employee were not handed out yet. */
  isOpen(employee: string): boolean
  wasHandedOut(operation: string): boolean
  /** The ledger has committed these records, by their ids. */
  committed(ids: readonly string[]): void
  wasCommitted(operation: string): boolean
  /**
   * Whether this record is of a change by another system, or by one of the forgotten operations, no
   * longer before an operation was sent than the clocks may differ: the service's log does not say
   * who made a change.
   */
  looksLikeAnswer(record: string, sentAt: number, forgotten: ReadonlySet<string>): boolean
  /** Whether the account is active by the newest change that the ledger has committed; `null` before the first. */
  shows(employee: string): boolean | null
  /** When the last of these operations was logged that disabled an account; `null`: none was. */
  disabledBy(operations: ReadonlySet<string>): number | null
}

export function simulatedLog(clock: Clock, chance: Chance): SimulatedLog {
  const records: Recorded[] = []
  const handedOut = new Set<string>()
  const committed = new Set<unknown>()
  const faults: LogFault[] = []
  let hiddenUntil = 0
  const failAt = (next: string | null): void => {
    if (clock.now() < hiddenUntil) throw new RollcallError('LogUnavailable', 'the log is away')
    if (faults[0] === undefined || (faults[0] === 'cut off' && next === null)) return
    if (faults.shift() === 'cut off') throw new RollcallError('LogUnavailable', 'the answer is cut off')
    throw Object.assign(new RollcallError('LogThrottled', 'too many requests'), { retryAfterMs: MINUTE })
  }
  return {
    write: (sent, more, lagMs = chance.below(LAG_MS)) => {
      const { employee, id: operation } = sent
      const at = clock.now()
      const raw = rawLogRecord(`record-${records.length + 1}`, {
        employee,
        at,
        scoping: sent.active ? 'True' : 'False',
        echo: echoOf(sent.record),
        ...more,
      })
      const active = more.status === 'failure' ? null : sent.active
      records.push({ raw, operation, employee, at, visibleAt: at + lagMs, active })
    },
    page: async ({ since, until, about, next }) => {
      await clock.sleep(50)
      const now = clock.now()
      failAt(next)
      const found = records.filter(
        ({ at, visibleAt, employee }) =>
          at > since &&
          visibleAt <= now &&
          (until === null || at <= until) &&
          (about === null || employee === about),
      )
      const from = Number(next ?? 0)
      const page = found.slice(from, from + PAGE_SIZE)
      for (const { operation } of page) handedOut.add(operation)
      const repeated: readonly Json[] = chance.oneIn(3) ? page.slice(0, 1).map(({ raw }) => raw) : []
      const garbage: readonly Json[] = chance.oneIn(10) ? [{ id: '', activityDateTime: 'never' }] : []
      const all = [...page.map(({ raw }) => raw), ...repeated, ...garbage]
      return {
        records: chance.oneIn(2) ? all.toReversed() : all,
        next: from + PAGE_SIZE < found.length ? String(from + PAGE_SIZE) : null,
        serverAt: now,
      }
    },
    hide: (ms) => (hiddenUntil = clock.now() + ms),
    fail: (fault) => void faults.push(fault),
    isQuiet: () => records.every(({ visibleAt }) => visibleAt <= clock.now()),
    isOpen: (name) =>
      records.some(({ employee, operation }) => employee === name && !handedOut.has(operation)),
    wasHandedOut: (operation) => handedOut.has(operation),
    committed: (ids) => {
      for (const id of ids) committed.add(id)
    },
    wasCommitted: (name) =>
      records.some(({ operation, raw }) => operation === name && committed.has(raw['id'])),
    looksLikeAnswer: (record, sentAt, forgotten) =>
      records.some(
        ({ operation, raw, at }) =>
          raw['id'] === record &&
          (isForeign(operation) || forgotten.has(operation)) &&
          at >= sentAt - CLOCKS_DIFFER_MS,
      ),
    shows: (name) =>
      records
        .filter(
          ({ employee, raw, active }) => employee === name && active !== null && committed.has(raw['id']),
        )
        .reduce<Recorded | null>((last, one) => (last && last.at > one.at ? last : one), null)?.active ??
      null,
    disabledBy: (operations) =>
      records.findLast(({ operation, active }) => active === false && operations.has(operation))?.at ?? null,
  }
}
