import { deactivationGuard } from '../directory/guard.ts'
import { emergencyLoop } from '../emergency/loop.ts'
import { hydrateLoop } from '../intake/hydrate/loop.ts'
import { intakeLoop } from '../intake/loop.ts'
import type { SourceRules } from '../intake/sources.ts'
import type { StartableService } from '../ledger/lease.ts'
import { planLoop } from '../plan/loop.ts'
import type { SourceMessage } from '../ports.ts'
import { jobLoop } from '../provision/job-loop.ts'
import { submitLoop } from '../provision/submit-loop.ts'
import { correlateLoop } from '../report/correlate/loop.ts'
import { publishLoop } from '../report/outcomes/loop.ts'
import type { Service } from '../service.ts'
import type { Assembly, ConnectorRules } from './assembly.ts'

/** The loops of the flow. Each one wakes the next. */
export function flowLoops<M extends SourceMessage>(
  assembly: Assembly<M>,
  { mapping, sources }: ConnectorRules,
) {
  const { ports, settings, runtime, inOneInstance } = assembly
  const { ledger } = ports
  const publish = inOneInstance('publish', () =>
    publishLoop({ ...ports, sender: ports.outcomes, settings: settings.publish, runtime }),
  )
  const submits = submitLoops(assembly)
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
  const emergency = emergencyLoops(assembly)
  const job = inOneInstance('job', () => jobLoop(ledger, ports.job, settings.job, runtime))
  const correlate = inOneInstance('correlate', () =>
    correlateLoop({
      ...ports,
      settings: settings.correlate,
      runtime,
      onSettled: () => {
        plan.wake()
        publish.wake?.()
      },
    }),
  )
  return {
    intake: intakeLoops(assembly, sources, () => plan.wake()),
    provision: [plan, job, ...submits, ...emergency],
    correlate,
    publish,
  }
}

function submitLoops<M extends SourceMessage>({ ports, settings, runtime }: Assembly<M>) {
  const { ledger, accounts, provisioning } = ports
  const guard =
    accounts && settings.guard
      ? deactivationGuard({ ledger, reader: accounts, runtime, settleMs: settings.guard.settleMs })
      : null
  return Array.from({ length: settings.uploads }, (_, index) =>
    submitLoop(`submit.${index + 1}`, {
      ledger,
      provisioning,
      settings: settings.submit,
      runtime,
      ...(guard ? { guard } : {}),
    }),
  )
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

function emergencyLoops<M extends SourceMessage>({
  ports: { ledger, directDeactivation: directory },
  settings: { emergency: settings },
  runtime,
  inOneInstance,
}: Assembly<M>): readonly StartableService[] {
  return directory && settings
    ? [inOneInstance('emergency', () => emergencyLoop({ ledger, directory, settings, runtime }))]
    : []
}
