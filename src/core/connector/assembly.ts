import type { Channel } from '../alerts/channel.ts'
import type { ProcessSigns } from '../alerts/loop.ts'
import type { AlertServiceSettings } from '../alerts/service.ts'
import type { ObjectConnections } from '../connections/connection.ts'
import type { DirectAccounts } from '../direct/accounts.ts'
import type { DirectSettings } from '../direct/writer.ts'
import type { DirectoryPart } from '../directory/comparison.ts'
import type { DirectorySettings } from '../directory/loop.ts'
import type { EmergencySettings } from '../emergency/loop.ts'
import type { InstanceIdentity } from '../instances/heartbeat.ts'
import type { Committer } from '../intake/commit.ts'
import type { HrReader, HydrateSettings } from '../intake/hydrate/loop.ts'
import type { IntakeSettings } from '../intake/loop.ts'
import type { SourceRules } from '../intake/sources.ts'
import type { ClockSettings } from '../ledger/clock.ts'
import type { LeaseSettings, StartableService } from '../ledger/lease.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Witness, WitnessSettings } from '../ledger/witness.ts'
import type { Loop } from '../loops.ts'
import type { PlanSettings } from '../plan/loop.ts'
import type { Mapping } from '../plan/mapping/mapping.ts'
import type { RetentionSettings } from '../plan/retain/loop.ts'
import type {
  AccountReader,
  DeadLetterQueue,
  DeadLetterReasons,
  DirectDeactivation,
  Provisioning,
  ProvisioningJob,
  ProvisioningLog,
  Sender,
  SourceMessage,
  SourceQueue,
} from '../ports.ts'
import type { JobSettings } from '../provision/job-loop.ts'
import type { SubmitSettings } from '../provision/submit-loop.ts'
import type { CorrelateSettings } from '../report/correlate/loop.ts'
import type { BusCountSettings } from '../report/dead-letters/bus-count.ts'
import type { CopySettings } from '../report/dead-letters/copies.ts'
import type { PublishSettings } from '../report/outcomes/loop.ts'
import type { Runtime } from '../runtime.ts'

/** What reaches one provisioning job. */
export interface DestinationPorts {
  readonly provisioning: Provisioning
  readonly log: ProvisioningLog
  readonly job: ProvisioningJob
  /** Asked before an operation is given up; without it nothing is asked. */
  readonly connections?: ObjectConnections
  /** Disables accounts past the job; without it there is no emergency lane. */
  readonly directDeactivation?: DirectDeactivation
  /** Without it, or without its settings, what the directory holds is not looked at. */
  readonly accounts?: AccountReader
}

export interface Ports<M extends SourceMessage> extends DestinationPorts {
  /** Further destinations; the ports above are those of the first, which is a provisioning job. */
  readonly others?: readonly OtherDestination[]
  /** The directories that are compared; by default that of the first destination. */
  readonly directories?: readonly DirectoryPart[]
  readonly sourceQueue: SourceQueue<M>
  readonly ledger: Ledger
  /** Reads and commits messages elsewhere; without it, intake does that in this thread. */
  readonly committer?: Committer<M>
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

/** The loops of one provisioning job. */
export interface DestinationSettings {
  readonly submit: SubmitSettings
  readonly job: JobSettings
  /** Without it leavers go by the provisioning job only. */
  readonly emergency?: EmergencySettings
  /** How many batches may be sent at once. */
  readonly uploads: number
  readonly correlate: CorrelateSettings
}

export interface Destination {
  readonly name: string
  readonly settings: DestinationSettings
}

/** A destination beside the first: another provisioning job, or one that is written directly. */
export type OtherDestination =
  | (Destination & { readonly kind: 'job'; readonly ports: DestinationPorts })
  | DirectDestination

/** A destination whose accounts are written one by one, each with an answer at once. */
export interface DirectDestination {
  readonly kind: 'direct'
  readonly name: string
  readonly ports: {
    readonly direct: DirectAccounts
    /** Without it the accounts of a batch are not looked at before it is written. */
    readonly accounts?: AccountReader
  }
  readonly settings: DirectSettings
}

export interface ConnectorSettings extends DestinationSettings {
  /** The name of the first destination, if it has one of its own. */
  readonly destination?: string
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
  readonly witness?: WitnessSettings
  /** Without it, moments written by a clock that was ahead stay until time catches up with them. */
  readonly clock?: ClockSettings
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

/** What the loops are created with. */
export interface Assembly<M extends SourceMessage> {
  readonly ports: Ports<M>
  readonly settings: ConnectorSettings
  readonly runtime: Runtime
  readonly inOneInstance: (name: string, create: () => StartableService) => StartableService
}
