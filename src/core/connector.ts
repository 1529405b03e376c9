import { type ClockSettings, clockWatch } from './clock.ts'
import { startedAfter, type Witness, witnessing, type WitnessSettings } from './ledger/witness.ts'
import { intake, type IntakeSettings } from './intake/loop.ts'
import { type HrReader, hydrateLoop, type HydrateSettings } from './intake/hydrate/loop.ts'
import type { SourceRules } from './intake/sources.ts'
import { type Loop, LOOPS } from './loops.ts'
import { leased, type LeaseSettings } from './lease.ts'
import type { Ledger } from './ledger/port.ts'
import type { Mapping } from './plan/mapping/mapping.ts'
import { planLoop, type PlanSettings } from './plan/loop.ts'
import { retention, type RetentionSettings } from './plan/retain/loop.ts'
import type {
  SourceQueue,
  SourceMessage,
  Sender,
  Provisioning,
  ProvisioningJob,
  ProvisioningLog,
  DeadLetterQueue,
} from './ports.ts'
import { type JobSettings, jobLoop } from './provision/job-loop.ts'
import { submitLoop, type SubmitSettings } from './provision/submit-loop.ts'
import { copyLoop, type CopySettings, sweepLoop } from './report/dead-letters/copies.ts'
import { correlateLoop, type CorrelateSettings } from './report/correlate/loop.ts'
import { publishLoop, type PublishSettings } from './report/outcomes/loop.ts'
import type { Runtime, Service } from './runtime.ts'

export interface Ports<M extends SourceMessage> {
  readonly sourceQueue: SourceQueue<M>
  readonly ledger: Ledger
  readonly provisioning: Provisioning
  readonly log: ProvisioningLog
  readonly job: ProvisioningJob
  readonly outcomes: Sender
  /** Where copies of dead letters go, and where they lie; without it there are none. */
  readonly copies?: { readonly outlet: Sender<string>; readonly shelf: DeadLetterQueue }
  /** A counter outside of the ledger; without it nobody finds out that the ledger is older than the world. */
  readonly witness?: Witness
  /** Reads what notices are about; without it there are none. */
  readonly reader?: HrReader
}

export interface ConnectorSettings {
  /** What runs here. Without it everything does. */
  readonly loops?: ReadonlySet<Loop>
  /** For a ledger that several instances share: what only one of them does at a time. Without it this is the only one. */
  readonly lease?: LeaseSettings
  readonly intake: IntakeSettings
  readonly plan: PlanSettings
  readonly submit: SubmitSettings
  readonly job: JobSettings
  readonly witness?: WitnessSettings
  /** Without it a clock that was ahead holds up what it wrote down until time catches up. */
  readonly clock?: ClockSettings
  /** How many batches may be on their way at once. */
  readonly uploads: number
  readonly correlate: CorrelateSettings
  readonly publish: PublishSettings
  readonly copies: CopySettings
  readonly hydrate?: HydrateSettings
  /** Without it everything is kept. */
  readonly retention?: RetentionSettings
}

/**
 * The whole flow:
 *
 *     bus ─► intake ─► ledger ─► plan ─► submit ─► Entra
 *                        ▲                           │
 *                        ├──────── correlate ◄───── log
 *                        └─► publish ─► outcomes
 *
 * Loops that share only the ledger. Each can stop, crash or run elsewhere without the others noticing: what it left is a row to take up again.
 * A wake-up tells the next loop that there may be work; losing one costs a poll, never an event.
 *
 * - **intake** takes messages over: decode, validate, commit, and only then settle.
 * - **hydrate** reads from the HR system what notices are about.
 * - **plan** folds each person's events, compares with what the directory took last, and decides what becomes of every open event.
 * - **submit** sends whole records in full batches, within the service's limits, at most one unanswered a person.
 *   A look at the job now and then holds it back while the job is paused or quarantined.
 * - **correlate** joins the provisioning log to what was sent. Accepted is not done: only the log, or its silence past the deadline, ends an operation.
 * - **publish** tells what became of each event.
 * - **copies** puts a copy of what died on the bus, and takes it away again when it stands for nothing any more.
 * - **retention** folds away what is old and settled.
 */
export function connector<M extends SourceMessage>(
  ports: Ports<M>,
  mapping: Mapping,
  sources: SourceRules,
  settings: ConnectorSettings,
  runtime: Runtime,
): Service {
  const { sourceQueue: inbox, ledger, provisioning, log, job, outcomes, reader } = ports
  const { loops = new Set(LOOPS), lease } = settings
  const one = (name: string, make: () => Service & { wake?(): void }): Service & { wake?(): void } =>
    lease ? leased(name, ledger, lease, runtime, make) : make()

  const publish = one('publish', () => publishLoop(ledger, outcomes, settings.publish, runtime))
  const submit = Array.from({ length: settings.uploads }, (_, index) =>
    submitLoop(`submit.${index + 1}`, ledger, provisioning, settings.submit, runtime),
  )
  const plan = planLoop(ledger, mapping, settings.plan, runtime, () => {
    for (const each of submit) each.wake()
    publish.wake?.()
  })
  const watch = one('job', () => jobLoop(ledger, job, settings.job, runtime))
  const correlate = one('correlate', () =>
    correlateLoop(ledger, log, settings.correlate, runtime, () => {
      plan.wake()
      publish.wake?.()
    }),
  )
  const take = intake(inbox, ledger, sources, settings.intake, runtime, () => plan.wake())
  const { hydrate: reads, retention: keeps } = settings
  const hydrate = reader && reads ? [hydrateLoop(ledger, reader, reads, runtime, () => plan.wake())] : []
  const forget = keeps ? [one('retention', () => retention(ledger, keeps, runtime))] : []
  const { copies: lying } = ports
  const copies = lying
    ? [
        one('copies', () => copyLoop(ledger, lying.outlet, settings.copies, runtime)),
        one('copies.sweep', () => sweepLoop(ledger, lying.shelf, settings.copies, runtime)),
      ]
    : []
  const { witness: outside } = ports
  const age = outside ? witnessing(ledger, outside, settings.witness ?? { pollMs: 2_000 }, runtime) : null
  const whenChecked = (service: Service): Service => (age ? startedAfter(age.checked, service) : service)
  const services: Readonly<Record<Loop, readonly Service[]>> = {
    intake: [take, ...hydrate],
    provision: [plan, watch, ...submit].map(whenChecked),
    correlate: [correlate, ...forget],
    publish: [publish, ...copies],
  }
  const clock = settings.clock ? [clockWatch(ledger, settings.clock, runtime)] : []
  const stages = LOOPS.map((loop) => (loops.has(loop) ? services[loop] : []))
  // The counter ends last, when everything that raises it has ended.
  return together([clock, ...stages, age ? [age] : []], runtime)
}

/** A stage that has not ended after this long no longer keeps the next one from being told to stop. */
const STAGE_END_MS = 3_000

/**
 * Runs services side by side and ends them in the order of the flow: first nothing new comes in, last what is known is told. All of a stage are told to stop
 * together; each service bounds its own end, and a slow stage does not add its time to that of the others.
 */
export function together(stages: readonly (readonly Service[])[], runtime: Pick<Runtime, 'sleep'>): Service {
  const services = stages.flat()
  let running: Promise<void> | null = null
  let stopping: Promise<void> | null = null
  const stop = async (): Promise<void> => {
    const ends: Promise<unknown>[] = []
    for (const stage of stages) {
      const ended = Promise.all(stage.map((service) => service.stop()))
      ends.push(ended)
      const soon = new AbortController()
      await Promise.race([ended, runtime.sleep(STAGE_END_MS, soon.signal)]).finally(() => soon.abort())
    }
    await Promise.all(ends)
  }
  const run = async (): Promise<void> => {
    try {
      await Promise.all(services.map((service) => service.run()))
    } finally {
      await (stopping ??= stop())
    }
  }
  return { run: () => (running ??= run()), stop: () => (stopping ??= stop()) }
}
