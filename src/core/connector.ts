import type { Channel } from './alerts/channel.ts'
import type { ProcessSigns } from './alerts/loop.ts'
import { alertService, type AlertServiceSettings } from './alerts/service.ts'
import { type ClockSettings, clockWatch } from './ledger/clock.ts'
import { startedAfter, type Witness, witnessing, type WitnessSettings } from './ledger/witness.ts'
import { deactivationGuard } from './directory/guard.ts'
import { directoryLoop, type DirectorySettings } from './directory/loop.ts'
import { intakeLoop, type IntakeSettings } from './intake/loop.ts'
import type { Committer } from './intake/commit.ts'
import { heartbeat, type InstanceIdentity } from './instances/heartbeat.ts'
import { type HrReader, hydrateLoop, type HydrateSettings } from './intake/hydrate/loop.ts'
import type { SourceRules } from './intake/sources.ts'
import { type Loop, LOOPS } from './loops.ts'
import { leased, type LeaseSettings, type StartableService } from './ledger/lease.ts'
import type { Ledger } from './ledger/ledger.ts'
import type { Mapping } from './plan/mapping/mapping.ts'
import { planLoop, type PlanSettings } from './plan/loop.ts'
import { emergencyLoop, type EmergencySettings } from './emergency/loop.ts'
import { historyLoop } from './history/loop.ts'
import { retentionLoop, type RetentionSettings } from './plan/retain/loop.ts'
import type {
  AccountReader,
  SourceQueue,
  SourceMessage,
  Sender,
  DirectDeactivation,
  Provisioning,
  ProvisioningJob,
  ProvisioningLog,
  DeadLetterQueue,
  DeadLetterReasons,
} from './ports.ts'
import { type JobSettings, jobLoop } from './provision/job-loop.ts'
import { submitLoop, type SubmitSettings } from './provision/submit-loop.ts'
import { busCountLoop, type BusCountSettings } from './report/dead-letters/bus-count.ts'
import { copyLoop, type CopySettings, sweepLoop } from './report/dead-letters/copies.ts'
import { correlateLoop, type CorrelateSettings } from './report/correlate/loop.ts'
import { publishLoop, type PublishSettings } from './report/outcomes/loop.ts'
import type { Runtime } from './runtime.ts'
import { type Service, together } from './service.ts'

export interface Ports<M extends SourceMessage> {
  readonly sourceQueue: SourceQueue<M>
  readonly ledger: Ledger
  /** Reads and commits messages elsewhere; without it, intake does that in this thread. */
  readonly committer?: Committer<M>
  readonly provisioning: Provisioning
  readonly log: ProvisioningLog
  readonly job: ProvisioningJob
  /** Disables accounts past the job; without it there is no emergency lane. */
  readonly directDeactivation?: DirectDeactivation
  /** Without it, or without its settings, what the directory holds is not looked at. */
  readonly accounts?: AccountReader
  readonly outcomes: Sender
  /** The queue for copies of dead letters; without it no copies are made. */
  readonly copies?: { readonly sender: Sender<string>; readonly queue: DeadLetterQueue }
  /** A counter outside the ledger; without it a restored, older ledger goes unnoticed. */
  readonly witness?: Witness
  /** Why messages in the native dead-letter queues are dead; without it they are not counted. */
  readonly deadLetterReasons?: readonly DeadLetterReasons[]
  /** Reads the employees of notices from HR; without it notices are not read. */
  readonly reader?: HrReader
  /** What only this process knows and alerts are made of. */
  readonly signs?: ProcessSigns
  /** Where notifications of alerts go, by name. */
  readonly channels?: ReadonlyMap<string, Channel>
}

/** What the configuration says about content: how events are read, and which record they make. */
export interface ConnectorRules {
  readonly mapping: Mapping
  readonly sources: SourceRules
}

export interface ConnectorSettings {
  /** What this process reports about itself in the ledger; if omitted, it reports nothing. */
  readonly instance?: InstanceIdentity
  /** The loops that run in this process; by default all of them. */
  readonly loops?: ReadonlySet<Loop>
  /**
   * Needed when several instances share the ledger: some loops then run in one instance at a time.
   */
  readonly lease?: LeaseSettings
  readonly intake: IntakeSettings
  readonly plan: PlanSettings
  readonly submit: SubmitSettings
  readonly job: JobSettings
  /** Without it leavers go by the provisioning job only. */
  readonly emergency?: EmergencySettings
  readonly witness?: WitnessSettings
  /** Without it, moments written by a clock that was ahead stay until time catches up with them. */
  readonly clock?: ClockSettings
  /** How many batches may be sent at once. */
  readonly uploads: number
  readonly correlate: CorrelateSettings
  readonly publish: PublishSettings
  readonly copies: CopySettings
  /** Without it the native dead-letter queues are not counted. */
  readonly busCount?: BusCountSettings
  /** Without it nothing is looked at for alerts. */
  readonly alerts?: AlertServiceSettings
  /** Without it the accounts of the directory are not compared with the ledger. */
  readonly directory?: DirectorySettings
  /** Without it the accounts of a batch are not looked at before it is sent. */
  readonly guard?: { readonly settleMs: number }
  readonly hydrate?: HydrateSettings
  /** Without it everything is kept. */
  readonly retention?: RetentionSettings
}

/**
 * The whole flow:
 *
 *     bus ─► intake ─► ledger ◄─► plan ─► submit ─► Entra
 *                        ▲                           │
 *                        ├──────── correlate ◄───── log
 *                        └─► publish ─► outcomes
 *
 * The loops share only the ledger. Each of them can stop, crash or run in another process without
 * affecting the others: unfinished work is a row in the ledger, and is resumed from there. One loop
 * wakes the next when there may be work; a lost wake-up costs a poll, never an event.
 *
 * - **intake** decodes, validates and commits messages, and settles them only after the commit.
 * - **hydrate** reads the employees of notices from HR.
 * - **plan** folds each employee's events, compares the record with the last accepted one, and
 *   decides every open event.
 * - **submit** sends whole records in full batches, within the service's limits, with at most one
 *   unanswered operation for each employee. **job** watches the provisioning job, and holds
 *   submission while the job is paused or quarantined.
 * - **emergency** disables the accounts of leavers at once while the job cannot; it goes ahead of
 *   submit and never replaces it.
 * - **correlate** joins the provisioning log to what was sent. Accepted is not done: an operation
 *   ends with its log records, or when the log is silent past the deadline.
 * - **directory** compares the accounts that the directory holds with the ledger.
 * - **publish** sends the outcome of each event.
 * - **copies** puts a copy of each dead letter on the bus, and removes it when the dead letter is
 *   gone.
 * - **retention** folds old, settled events into baselines.
 * - **bus count** counts the messages in the native dead-letter queues.
 * - **history** keeps figures over time, for charts.
 * - **alerts** finds what needs a person, logs it, and delivers notifications.
 * - **heartbeat** says in the ledger that this instance is alive, and with what it runs.
 */
export function connector<M extends SourceMessage>(
  ports: Ports<M>,
  { mapping, sources }: ConnectorRules,
  settings: ConnectorSettings,
  runtime: Runtime,
): Service {
  const { ledger, reader } = ports
  const inOneInstance: InOneInstance = (name, create) =>
    settings.lease ? leased(name, ledger, settings.lease, runtime, create) : create()

  const { accounts } = ports
  const publish = inOneInstance('publish', () =>
    publishLoop({ ...ports, sender: ports.outcomes, settings: settings.publish, runtime }),
  )
  const guard =
    accounts && settings.guard
      ? deactivationGuard({ ledger, reader: accounts, runtime, settleMs: settings.guard.settleMs })
      : null
  const submits = Array.from({ length: settings.uploads }, (_, index) =>
    submitLoop(`submit.${index + 1}`, {
      ledger,
      provisioning: ports.provisioning,
      settings: settings.submit,
      runtime,
      ...(guard ? { guard } : {}),
    }),
  )
  const plan = planLoop({
    ledger,
    mapping,
    settings: settings.plan,
    runtime,
    onPlanned: () => {
      for (const submit of submits) submit.wake()
      publish.wake?.()
    },
  })
  const emergency = emergencyLane(ports, settings, runtime, inOneInstance)
  const job = inOneInstance('job', () => jobLoop(ledger, ports.job, settings.job, runtime))
  const correlate = inOneInstance('correlate', () =>
    correlateLoop(ledger, ports.log, settings.correlate, runtime, () => {
      plan.wake()
      publish.wake?.()
    }),
  )
  const intakes: Service[] = [
    intakeLoop({
      sourceQueue: ports.sourceQueue,
      ledger,
      sources,
      ...(ports.committer ? { committer: ports.committer } : {}),
      settings: settings.intake,
      runtime,
      onRecorded: () => plan.wake(),
    }),
  ]
  if (reader && settings.hydrate)
    intakes.push(hydrateLoop(ledger, reader, settings.hydrate, runtime, () => plan.wake()))

  const { counting, copying, retaining, alerting, comparing } = supporting(
    ports,
    settings,
    runtime,
    inOneInstance,
  )

  // Nothing is planned or sent before the ledger is known to be the newest.
  const witness = ports.witness
    ? witnessing(ledger, ports.witness, settings.witness ?? { pollMs: 2_000 }, runtime)
    : null
  const provision = [plan, job, ...submits, ...emergency].map((service) =>
    witness ? startedAfter(witness.checked, service) : service,
  )
  const stages: Readonly<Record<Loop, readonly Service[]>> = {
    intake: [...intakes, ...counting],
    provision,
    correlate: [correlate, ...comparing, ...retaining],
    publish: [publish, ...copying, ...alerting],
  }
  const clock = settings.clock ? [clockWatch(ledger, settings.clock, runtime)] : []
  const loops = settings.loops ?? new Set(LOOPS)
  const alive = settings.instance ? [heartbeat(ledger, settings.instance, runtime)] : []
  // Stopped in the order of the flow. The witness ends after everything that raises its counter,
  // and the instance is alive until all else has ended.
  return together(
    [clock, ...LOOPS.map((name) => (loops.has(name) ? stages[name] : [])), witness ? [witness] : [], alive],
    runtime,
  )
}

type InOneInstance = (name: string, create: () => StartableService) => StartableService

function emergencyLane<M extends SourceMessage>(
  { ledger, directDeactivation: directory }: Ports<M>,
  { emergency: settings }: ConnectorSettings,
  runtime: Runtime,
  inOneInstance: InOneInstance,
): readonly StartableService[] {
  return directory && settings
    ? [inOneInstance('emergency', () => emergencyLoop({ ledger, directory, settings, runtime }))]
    : []
}

/** What runs beside the flow: counts and copies of dead letters, the comparison, retention and alerts. */
function supporting<M extends SourceMessage>(
  { ledger, accounts, deadLetterReasons, copies, signs, channels }: Ports<M>,
  settings: ConnectorSettings,
  runtime: Runtime,
  inOneInstance: InOneInstance,
): Readonly<Record<'counting' | 'copying' | 'comparing' | 'retaining' | 'alerting', readonly Service[]>> {
  const { busCount, directory, retention, alerts } = settings
  const startedAt = runtime.now()
  return {
    counting:
      deadLetterReasons && busCount
        ? [
            inOneInstance('dead-letters.count', () =>
              busCountLoop(ledger, deadLetterReasons, busCount, runtime),
            ),
          ]
        : [],
    copying: copies
      ? [
          inOneInstance('copies', () => copyLoop(ledger, copies.sender, settings.copies, runtime)),
          inOneInstance('copies.sweep', () => sweepLoop(ledger, copies.queue, settings.copies, runtime)),
        ]
      : [],
    comparing:
      accounts && directory
        ? [inOneInstance('directory', () => directoryLoop(ledger, accounts, directory, runtime))]
        : [],
    retaining: retention ? [inOneInstance('retention', () => retentionLoop(ledger, retention, runtime))] : [],
    alerting: alerts
      ? [
          inOneInstance('history', () => historyLoop(ledger, runtime)),
          inOneInstance('alerts', () =>
            alertService({
              ledger,
              settings: alerts,
              signs: signs ?? { receiving: null },
              startedAt,
              channels: channels ?? new Map(),
              runtime,
            }),
          ),
        ]
      : [],
  }
}
