import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cancelRun } from '../../../../../src/core/report/replay/run/cancel.ts'
import { virtualRuntime } from '../../../../fakes/virtual-runtime.ts'
import { RUN } from './run.ts'

const LEASE_MS = 30_000

/** Cancels a run that another command holds or not; `steps` is what changed or was shown. */
function world(heldElsewhere: boolean) {
  const steps: string[] = []
  const runtime = virtualRuntime()
  const ended = { ...RUN, endedAt: 1 }
  const cancelled = cancelRun(
    RUN,
    { actor: 'bob', justification: 'wrong domain' },
    {
      ledger: {
        takeLease: async ({ leaseMs }) => !heldElsewhere || leaseMs === 0,
        listReplays: async () => [ended],
        cancelReplay: async ({ run, actor }) => {
          steps.push(`cancel ${run.id} by ${actor}`)
          return 2
        },
      },
      settings: { leaseMs: LEASE_MS },
      runtime,
      listenForStop: () => new AbortController().signal,
    },
    { waiting: () => void steps.push('waiting') },
  )
  return { steps, runtime, ended, cancelled }
}

void describe('the cancellation of a replay', () => {
  void it('changes nothing while another command carries the run out', async () => {
    const { steps, runtime, cancelled } = world(true)
    await runtime.advance(2 * LEASE_MS)
    assert.deepEqual(await cancelled, { kind: 'busy' })
    assert.deepEqual(steps, ['waiting'])
  })

  void it('gives up what waits, and shows the run as it stands then', async () => {
    const { steps, ended, cancelled } = world(false)
    assert.deepEqual(await cancelled, { kind: 'cancelled', run: ended, cancelled: 2 })
    assert.deepEqual(steps, ['cancel 3 by bob'])
  })
})
