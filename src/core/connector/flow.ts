import { directLoop } from '../direct/loop.ts'
import { type DeactivationGuard, deactivationGuard } from '../directory/guard.ts'
import { emergencyLoop } from '../emergency/loop.ts'
import { hydrateLoop } from '../intake/hydrate/loop.ts'
import { intakeLoop } from '../intake/loop.ts'
import type { SourceRules } from '../intake/sources.ts'
import type { StartableService } from '../ledger/lease.ts'
import { planLoop } from '../plan/loop.ts'
import type { AccountReader, SourceMessage } from '../ports.ts'
import { jobLoop } from '../provision/job-loop.ts'
import { sharingClaims } from '../provision/share-claims.ts'
import { submitLoop } from '../provision/submit-loop.ts'
import { correlateLoop } from '../report/correlate/loop.ts'
import { publishLoop } from '../report/outcomes/loop.ts'
import type { Service, WakeableService } from '../service.ts'
import { DEFAULT_DESTINATION, DEFAULT_QUOTA } from '../destinations/destination.ts'
import { namesInAll } from '../destinations/names.ts'
import { type DestinationLedger, ledgerOf } from '../destinations/ledger-of.ts'
import type {
  Assembly,
  ConnectorRules,
  Destination,
  DestinationPorts,
  DirectDestination,
} from './assembly.ts'

/** The loops of the flow. Each one wakes the next. */
export function flowLoops<M extends SourceMessage>(
  assembly: Assembly<M>,
  { mapping, sources }: ConnectorRules,
) {
  const { ports, settings, runtime, inOneInstance } = assembly
  const { ledger } = ports
  const destinations = destinationsOf(assembly)
  const directs = (ports.others ?? []).filter((one) => one.kind === 'direct')
  const accounts = namesInAll([...destinations, ...directs].flatMap((one) => one.ports.accounts ?? []))
  const publish = inOneInstance('publish', () =>
    publishLoop({
      ledger,
      ...(accounts ? { accounts } : {}),
      sender: ports.outcomes,
      settings: settings.publish,
      runtime,
    }),
  )
  const onSettled = (): void => {
    plan.wake()
    publish.wake?.()
  }
  const submits = [
    ...destinations.flatMap((one) => submitLoops(assembly, one)),
    ...directs.map((one) => directLoopOf(assembly, one, onSettled)),
  ]
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
  const emergency = destinations.flatMap((one) => emergencyLoops(assembly, one))
  const jobs = destinations.map((one) =>
    inOneInstance(`job${one.suffix}`, () => jobLoop(one.ledger, one.ports.job, one.settings.job, runtime)),
  )
  const correlate = destinations.map((one) =>
    inOneInstance(`correlate${one.suffix}`, () =>
      correlateLoop({
        ...one.ports,
        ledger: one.ledger,
        settings: one.settings.correlate,
        runtime,
        onSettled,
      }),
    ),
  )
  return {
    intake: intakeLoops(assembly, sources, () => plan.wake()),
    provision: [plan, ...jobs, ...submits, ...emergency],
    correlate,
    publish,
  }
}

/** A provisioning job with its view of the ledger, and what the names of its loops end with. */
interface BoundDestination extends Destination {
  readonly ports: DestinationPorts
  readonly ledger: DestinationLedger
  readonly suffix: string
}

function destinationsOf<M extends SourceMessage>({
  ports,
  settings,
}: Assembly<M>): readonly BoundDestination[] {
  const first = { name: settings.destination ?? DEFAULT_DESTINATION, ports, settings }
  const others = (ports.others ?? []).filter((one) => one.kind === 'job')
  return [first, ...others].map((one) => ({
    ...one,
    ledger: ledgerOf(ports.ledger, {
      name: one.name,
      quota: one.settings.submit.limits.quota ?? DEFAULT_QUOTA,
    }),
    suffix: one.name === DEFAULT_DESTINATION ? '' : `.${one.name}`,
  }))
}

function submitLoops<M extends SourceMessage>(
  assembly: Assembly<M>,
  { ledger, name, ports: { accounts, provisioning }, settings, suffix }: BoundDestination,
): readonly WakeableService[] {
  const guard = guardOf(assembly, name, accounts)
  const shared = sharingClaims(ledger, assembly.runtime)
  return Array.from({ length: settings.uploads }, (_, index) =>
    submitLoop(`submit${suffix}.${index + 1}`, {
      ledger: shared,
      provisioning,
      settings: settings.submit,
      runtime: assembly.runtime,
      ...guard,
    }),
  )
}

function directLoopOf<M extends SourceMessage>(
  assembly: Assembly<M>,
  { name, ports: { direct, accounts }, settings }: DirectDestination,
  onSettled: () => void,
): WakeableService {
  return directLoop(`direct.${name}`, {
    destination: name,
    ledger: ledgerOf(assembly.ports.ledger, { name, quota: settings.limits.quota ?? name }),
    accounts: direct,
    settings,
    runtime: assembly.runtime,
    onSettled,
    ...guardOf(assembly, name, accounts),
  })
}

function guardOf<M extends SourceMessage>(
  { ports: { ledger, others = [] }, settings: { guard: guarding }, runtime }: Assembly<M>,
  name: string,
  reader: AccountReader | undefined,
): { readonly guard?: DeactivationGuard } {
  if (!reader || !guarding) return {}
  const destination = others.length > 0 ? name : undefined
  return { guard: deactivationGuard({ ledger, reader, runtime, settleMs: guarding.settleMs, destination }) }
}

function intakeLoops<M extends SourceMessage>(
  { ports, settings, runtime }: Assembly<M>,
  sources: SourceRules,
  onRecorded: () => void,
): readonly Service[] {
  const { sourceQueue, ledger, committer, reader } = ports
  const intake = intakeLoop({
    sourceQueue,
    ledger,
    sources,
    ...(committer ? { committer } : {}),
    settings: settings.intake,
    runtime,
    onRecorded,
  })
  return reader && settings.hydrate
    ? [intake, hydrateLoop(ledger, reader, settings.hydrate, runtime, onRecorded)]
    : [intake]
}

function emergencyLoops<M extends SourceMessage>(
  { runtime, inOneInstance }: Assembly<M>,
  {
    ledger,
    ports: { directDeactivation: directory },
    settings: { emergency: settings },
    suffix,
  }: BoundDestination,
): readonly StartableService[] {
  return directory && settings
    ? [inOneInstance(`emergency${suffix}`, () => emergencyLoop({ ledger, directory, settings, runtime }))]
    : []
}
