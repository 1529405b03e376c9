import type { AlertState } from '../../core/alerts/alert.ts'
import { ALERT_CODES } from '../../core/alerts/codes.ts'
import { FINDING_CODES } from '../../core/findings/codes.ts'
import type { InstanceView } from '../../core/instances/state.ts'
import { LEAVER_CAUSES } from '../../core/leavers/causes.ts'
import { type BusDeadLetters, type Figures, STAGES } from '../../core/ledger/port/figures.ts'
import { TOTALS } from '../../core/ledger/port/inspect.ts'
import type { BrakeSettings } from '../../core/ledger/port/plan.ts'
import { brakeLimit } from '../../core/plan/decide/brake.ts'
import type { Measurement } from '../../core/telemetry.ts'
import { type ObservedCalls, ofDestinations, quotaLimits } from './destinations.ts'
import type { Readiness } from './readiness.ts'

/** What the ledger says at one moment. */
export interface LedgerReadings {
  readonly figures: Figures
  /** When `figures` were read. */
  readonly at: number
  /** Employees that are active by their last accepted record. */
  readonly active: number
  /** `null` where nothing looks for any. */
  readonly alerts: {
    readonly lookedAt: number
    /** The worst first. */
    readonly open: readonly AlertState[]
  } | null
  readonly instances: readonly InstanceView[]
}

/** The settings in force that readings are compared with. */
export interface ObservedLimits extends ObservedCalls {
  readonly brake: BrakeSettings
  /** How old the last look at the job may be. */
  readonly jobSeenMs: number
}

export interface ProcessFigures {
  readonly residentBytes: number
  readonly cpuSeconds: number
  readonly startedAt: number
  readonly lagSeconds: number
}

export interface Readings {
  readonly readiness: Readiness
  /** `null` while the ledger does not answer. */
  readonly ledger: LedgerReadings | null
  readonly limits: ObservedLimits
  readonly process: ProcessFigures
}

const SECOND_MS = 1_000
/** An older count of the bus is ignored: the instance that counted is gone. */
const BUS_COUNT_MS = 300_000

/** The measurements of everything that is read, rather than counted. */
export function measurementsOf({ readiness, ledger, limits, process }: Readings): readonly Measurement[] {
  return [
    { name: 'rollcall.ready', value: readiness.ready ? 1 : 0 },
    ...Object.entries(readiness.checks).map(([check, answer]): Measurement => {
      return { name: 'rollcall.check', value: answer === 'ok' ? 1 : 0, attributes: { check } }
    }),
    ...(ledger ? ofLedger(ledger, limits) : []),
    ...quotaLimits(limits),
    { name: 'rollcall.event_loop_lag_p99_seconds', value: process.lagSeconds },
    { name: 'process.resident_memory_bytes', value: process.residentBytes },
    { name: 'process.cpu_seconds', value: process.cpuSeconds },
    { name: 'process.start_time_seconds', value: process.startedAt / SECOND_MS },
  ]
}

function ofLedger(readings: LedgerReadings, limits: ObservedLimits): readonly Measurement[] {
  const { figures, at, active, alerts, instances } = readings
  const { totals, brake } = figures
  const age = (since: number): number => Math.max(0, at - since) / SECOND_MS
  const inState = (wanted: InstanceView['state']): number =>
    instances.filter(({ state }) => state === wanted).length
  return [
    ...TOTALS.map((line): Measurement => ({ name: `rollcall.ledger.${line}`, value: totals[line] })),
    ...stages(figures, age),
    { name: 'rollcall.operations.unanswered', value: figures.unanswered.count },
    { name: 'rollcall.ledger.employees_not_accepted', value: figures.notAccepted },
    ...trouble(figures, at),
    { name: 'rollcall.ledger.blocks', value: figures.blocks },
    { name: 'rollcall.brake.held', value: brake.held },
    { name: 'rollcall.brake.window', value: brake.window },
    ...ofBrakeLimit(brakeLimit(active, limits.brake)),
    ...ofDestinations(figures, at, limits),
    { name: 'rollcall.instances', value: inState('alive'), attributes: { state: 'running' } },
    { name: 'rollcall.instances', value: inState('lost'), attributes: { state: 'lost' } },
    ...(alerts === null
      ? []
      : ALERT_CODES.map((code): Measurement => {
          return {
            name: 'rollcall.alert',
            value: alerts.open.some((alert) => alert.code === code) ? 1 : 0,
            attributes: { code },
          }
        })),
  ]
}

function stages({ stages }: Figures, age: (since: number) => number): readonly Measurement[] {
  return STAGES.flatMap((stage): readonly Measurement[] => {
    const { count, oldestAt } = stages[stage]
    return [
      { name: 'rollcall.stage.depth', value: count, attributes: { stage } },
      ...(oldestAt === null
        ? []
        : [
            {
              name: 'rollcall.stage.oldest_age_seconds',
              value: age(oldestAt),
              attributes: { stage },
            } as const,
          ]),
    ]
  })
}

/** Zero for what could be there and is not: an alert on a series that is absent never fires. */
function trouble({ findings, leavers, ...figures }: Figures, at: number): readonly Measurement[] {
  const bus = figures.busDeadLetters
  return [
    ...FINDING_CODES.map((code): Measurement => {
      const count = findings.find((one) => one.code === code)?.count ?? 0
      return { name: 'rollcall.ledger.findings_open', value: count, attributes: { code } }
    }),
    ...Object.keys(LEAVER_CAUSES).map((cause): Measurement => {
      const count = leavers.causes.find((one) => one.cause === cause)?.count ?? 0
      return { name: 'rollcall.ledger.leavers_open', value: count, attributes: { cause } }
    }),
    ...(leavers.oldestAt === null
      ? []
      : [
          {
            name: 'rollcall.ledger.leavers_oldest_seconds',
            value: leavers.oldestAt / SECOND_MS,
          } satisfies Measurement,
        ]),
    ...deadLetters('ledger', figures.deadLetters),
    ...(bus === null || at - bus.countedAt > BUS_COUNT_MS ? [] : onTheBus(bus)),
  ]
}

function onTheBus({ capped, codes }: BusDeadLetters): readonly Measurement[] {
  return [...deadLetters('bus', codes), { name: 'rollcall.bus.dead_letters_capped', value: capped ? 1 : 0 }]
}

function deadLetters(store: 'ledger' | 'bus', codes: Figures['deadLetters']): readonly Measurement[] {
  return codes.map(({ code, count }) => {
    return { name: 'rollcall.ledger.dead_letters', value: count, attributes: { store, code } }
  })
}

function ofBrakeLimit(value: number): readonly Measurement[] {
  return Number.isFinite(value) ? [{ name: 'rollcall.brake.limit', value }] : []
}
