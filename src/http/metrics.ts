import type { Counted } from './counters.ts'
import type { SubmissionStatus } from '../core/ledger/port/submit.ts'
import { type Totals, TOTALS } from '../core/ledger/port/inspect.ts'
import type { Readiness } from './readiness.ts'

/** What a scrape shows. `ledger` is `null` while the ledger does not answer. */
export interface Figures {
  readonly readiness: Readiness
  readonly counters: readonly Counted[]
  readonly ledger: {
    readonly totals: Totals
    readonly submissionStatus: SubmissionStatus
    readonly watermark: number | null
  } | null
  readonly callsPerDay: number
  readonly process: {
    readonly residentBytes: number
    readonly cpuSeconds: number
    readonly startedAt: number
    readonly lagSeconds: number
  }
}

interface Sample {
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

/**
 * Prometheus text, format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/).
 * Nothing in it names a person or an event, and every label has few values. `rollcall_ledger_*` is
 * what the ledger says, so that every instance on one ledger says the same.
 */
export function renderMetrics({ readiness, counters, ledger, callsPerDay, process }: Figures): string {
  const lines: string[] = []
  const family = (
    name: string,
    type: 'counter' | 'gauge',
    help: string,
    samples: readonly Sample[],
  ): void => {
    if (samples.length === 0) return
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
    for (const { labels = {}, value } of samples) lines.push(`${name}${spell(labels)} ${number(value)}`)
  }
  const gauge = (name: string, help: string, value: number): void => family(name, 'gauge', help, [{ value }])

  gauge('rollcall_ready', 'Whether /readyz says so.', readiness.ready ? 1 : 0)
  family(
    'rollcall_check',
    'gauge',
    'What /readyz looks at, one by one.',
    Object.entries(readiness.checks).map(([check, answer]) => ({
      labels: { check },
      value: answer === 'ok' ? 1 : 0,
    })),
  )
  for (const [name, samples] of Map.groupBy(counters, (one) => one.name))
    family(
      `${name.replaceAll('.', '_')}_total`,
      'counter',
      'See docs/reference/telemetry.md; of this process, since its start.',
      samples.map(({ attributes, value }) => ({ labels: attributes, value })),
    )
  if (ledger) {
    const { totals, submissionStatus, watermark } = ledger
    for (const name of TOTALS)
      family(`rollcall_ledger_${name}_total`, 'counter', 'A line of the books.', [{ value: totals[name] }])
    gauge('rollcall_ledger_operations_pending', 'Operations that wait to be sent.', submissionStatus.pending)
    gauge(
      'rollcall_ledger_employees_unplanned',
      'Employees whose events are still to be planned.',
      submissionStatus.unplanned,
    )
    gauge(
      'rollcall_ledger_employees_not_accepted',
      'Employees whose record failed for good and carried no event; rollcall status names them.',
      submissionStatus.notAccepted.count,
    )
    gauge('rollcall_ledger_calls_24h', 'Calls in the last 24 hours.', submissionStatus.callTimes.length)
    family(
      'rollcall_ledger_hold_since_seconds',
      'gauge',
      'Since when something holds submission back.',
      submissionStatus.holds.map(({ name, since }) => ({ labels: { hold: name }, value: since / 1_000 })),
    )
    if (watermark !== null)
      gauge(
        'rollcall_ledger_log_read_until_seconds',
        'How far the provisioning log was read.',
        watermark / 1_000,
      )
  }
  gauge('rollcall_calls_per_day_limit', 'CALLS_PER_DAY.', callsPerDay)
  gauge(
    'rollcall_event_loop_lag_p99_seconds',
    'How late the event loop was since the last scrape, 99th percentile.',
    process.lagSeconds,
  )
  gauge('process_resident_memory_bytes', 'Resident memory.', process.residentBytes)
  family('process_cpu_seconds_total', 'counter', 'CPU time.', [{ value: process.cpuSeconds }])
  gauge('process_start_time_seconds', 'When the process started.', process.startedAt / 1_000)
  return `${lines.join('\n')}\n`
}

function spell(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) =>
      `${name.replaceAll('.', '_')}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
  )
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function number(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf'
}
