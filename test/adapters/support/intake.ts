import type { TestContext } from 'node:test'
import { intakeLoop, type IntakeContext } from '../../../src/core/intake/loop.ts'
import { DEFAULT_SOURCE } from '../../../src/core/intake/sources.ts'
import type { SourceMessage } from '../../../src/core/ports.ts'
import { closeAfter } from './close-after.ts'

const settings = {
  batchSize: 64,
  batchMs: 5,
  quietMs: 100,
  maxWaitMs: 1_000,
  backlogPerSecond: 100,
  skewMs: 1_000,
}

/** An intake by the rules of the default source. */
export const intakeOf = <M extends SourceMessage>(
  from: Pick<IntakeContext<M>, 'sourceQueue' | 'ledger' | 'runtime'>,
) => intakeLoop({ ...from, sources: () => DEFAULT_SOURCE, settings, onRecorded: () => {} })

/** The same, running until the test ends. */
export function runIntake<M extends SourceMessage>(
  t: TestContext,
  from: Pick<IntakeContext<M>, 'sourceQueue' | 'ledger' | 'runtime'>,
): void {
  const service = intakeOf(from)
  const running = service.run()
  closeAfter(t, async () => {
    await service.stop()
    await running
  })
}
