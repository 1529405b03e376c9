import { DEFAULT_DESTINATION } from '../../core/destinations/destination.ts'
import { eachDestination } from '../../core/destinations/figures.ts'
import type { DestinationFigures, Figures } from '../../core/ledger/port/figures.ts'
import type { CallLimits } from '../../core/ledger/port/submit.ts'
import { nextCallAt } from '../../core/provision/pace.ts'
import { limitUsesIn } from '../../core/provision/quarantine.ts'
import type { Measurement } from '../../core/telemetry.ts'

/** The limits of calls in force. */
export interface ObservedCalls {
  /** Of destinations that `callsAt` does not name. */
  readonly calls: CallLimits
  readonly callsAt?: Readonly<Record<string, CallLimits>>
}

export function callsOf({ calls, callsAt }: ObservedCalls, destination: string): CallLimits {
  return callsAt?.[destination] ?? calls
}

interface Limits extends ObservedCalls {
  readonly jobSeenMs: number
}

/** With several destinations each measurement names its own; with one, none does. */
export function ofDestinations(figures: Figures, at: number, limits: Limits): readonly Measurement[] {
  const all = eachDestination(figures)
  return all.flatMap((one) => {
    const label = all.length === 1 ? {} : { destination: one.name }
    const calls = callsOf(limits, one.name)
    return [
      ...ofQuota(one, at, calls, label),
      ...ofHolds(one, label),
      ...ofJob(one, at - limits.jobSeenMs, label),
      ...ofLog(one, at, label),
    ]
  })
}

/** The same of the limits, which are known without the ledger. */
export function quotaLimits({ calls, callsAt }: ObservedCalls): readonly Measurement[] {
  const all = Object.entries(callsAt ?? { [DEFAULT_DESTINATION]: calls })
  return all.flatMap(([destination, { perDay }]) => {
    const attributes = all.length === 1 ? {} : { destination }
    return Number.isFinite(perDay) ? [{ name: 'rollcall.quota.limit', value: perDay, attributes }] : []
  })
}

interface Label {
  readonly destination?: string
}
const SECOND_MS = 1_000

function ofQuota({ quota }: DestinationFigures, at: number, calls: CallLimits, label: Label): Measurement[] {
  const next = nextCallAt({ now: at, ...quota }, calls, false)
  return [
    { name: 'rollcall.quota.used', value: quota.used, attributes: label },
    {
      name: 'rollcall.quota.next_call_seconds',
      value: Math.max(0, next - at) / SECOND_MS,
      attributes: label,
    },
  ]
}

function ofHolds({ holds }: DestinationFigures, label: Label): readonly Measurement[] {
  return holds.map(({ name: hold, since }): Measurement => {
    const attributes = { hold, ...label }
    return { name: 'rollcall.ledger.hold_since_seconds', value: since / SECOND_MS, attributes }
  })
}

/** Without a report of its failures there is only what the ledger knows to be retried. */
function ofJob(one: DestinationFigures, seenSince: number, label: Label): readonly Measurement[] {
  const { job } = one
  const isKnown = job !== null && !(job.running && job.seenAt < seenSince)
  return [
    ...(isKnown
      ? [
          {
            name: 'rollcall.job.running',
            value: job.running ? 1 : 0,
            attributes: label,
          } satisfies Measurement,
        ]
      : []),
    ...limitUsesIn(one).flatMap(({ limit, count, at }): readonly Measurement[] => [
      { name: 'rollcall.job.failures', value: count, attributes: { limit, ...label } },
      { name: 'rollcall.job.failures_limit', value: at, attributes: { limit, ...label } },
    ]),
  ]
}

function ofLog({ watermark }: DestinationFigures, at: number, label: Label): readonly Measurement[] {
  if (watermark === null) return []
  const value = Math.max(0, at - watermark) / SECOND_MS
  return [{ name: 'rollcall.log.lag_seconds', value, attributes: label }]
}
