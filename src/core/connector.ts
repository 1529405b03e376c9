import type { Assembly, ConnectorRules, ConnectorSettings, Ports } from './connector/assembly.ts'
import { flowLoops } from './connector/flow.ts'
import { supportingLoops } from './connector/supporting.ts'
import { heartbeat } from './instances/heartbeat.ts'
import { clockWatch } from './ledger/clock.ts'
import { leased } from './ledger/lease.ts'
import { startedAfter, witnessing } from './ledger/witness.ts'
import { type Loop, LOOPS } from './loops.ts'
import type { SourceMessage } from './ports.ts'
import type { Runtime } from './runtime.ts'
import { type Service, together } from './service.ts'

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
 * - With several destinations, **submit**, **job**, **emergency** and **correlate** run once for each.
 * - **direct** writes the operations of a destination without a job, one by one; each has its answer
 *   at once.
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
  rules: ConnectorRules,
  settings: ConnectorSettings,
  runtime: Runtime,
): Service {
  const { ledger } = ports
  const { lease } = settings
  const assembly: Assembly<M> = {
    ports,
    settings,
    runtime,
    inOneInstance: (name, create) => (lease ? leased(name, ledger, lease, runtime, create) : create()),
  }
  const flow = flowLoops(assembly, rules)
  const { counting, copying, retaining, alerting, comparing } = supportingLoops(assembly)

  // Nothing is planned or sent before the ledger is known to be the newest.
  const witness = ports.witness
    ? witnessing(ledger, ports.witness, settings.witness ?? { pollMs: 2_000 }, runtime)
    : null
  const stages: Readonly<Record<Loop, readonly Service[]>> = {
    intake: [...flow.intake, ...counting],
    provision: flow.provision.map((service) => (witness ? startedAfter(witness.checked, service) : service)),
    correlate: [...flow.correlate, ...comparing, ...retaining],
    publish: [flow.publish, ...copying, ...alerting],
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
