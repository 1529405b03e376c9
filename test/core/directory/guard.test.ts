import assert from 'node:assert/strict'
import { it } from 'node:test'
import { deactivationGuard } from '../../../src/core/directory/guard.ts'
import { RollcallError } from '../../../src/core/errors.ts'
import { submitLoop } from '../../../src/core/provision/submit-loop.ts'
import { SUBMIT } from '../../suites/provision/site.ts'
import { accountList } from '../../fakes/account-list.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'

const MINUTE = 60_000
const operation = (employeeId: string, active: boolean) => ({
  id: `op-${employeeId}`,
  employeeId,
  record: JSON.stringify({ active }),
  origins: [],
})

void it('a directory that does not answer holds up no batch, and is asked again after a pause', async () => {
  const runtime = virtualRuntime()
  const list = accountList()
  let asked: readonly string[][] = []
  const guard = deactivationGuard({
    ledger: {
      findAccountHolders: async () => [],
      recordDifferences: async () => ({ findings: [], dropped: [] }),
    },
    reader: {
      find: (ids, signal) => {
        asked = [...asked, [...ids]]
        return list.find(ids, signal)
      },
    },
    runtime,
    settleMs: 0,
  })
  const check = () => guard.check([operation('1', true), operation('2', false)], new AbortController().signal)
  list.failures = [
    new RollcallError('DirectoryUnavailable', 'down'),
    new RollcallError('DirectoryForbidden', '403'),
  ]
  await check()
  await check()
  await runtime.advance(MINUTE)
  await check()
  await runtime.advance(59 * MINUTE)
  await check()
  assert.equal(asked.length, 2)
  await runtime.advance(MINUTE)
  await check()
  // A deactivation needs no look.
  await guard.check([operation('2', false)], new AbortController().signal)
  assert.deepEqual(asked, [['1'], ['1'], ['1']])
  assert.deepEqual(
    runtime.lines.map(({ level, event, fields }) => [level, event, fields['code']]),
    [
      ['warn', 'guard.off', 'DirectoryUnavailable'],
      ['info', 'guard.off', 'DirectoryForbidden'],
    ],
  )
})

void it('a batch is looked at once, before it takes its slot', async () => {
  const runtime = virtualRuntime()
  const steps: string[] = []
  const batches = [{ id: 'batch-1', attempts: 0, operations: [operation('1', true)] }]
  const service = submitLoop('submit', {
    ledger: {
      claimBatch: async () => batches.shift() ?? null,
      takeSlot: async () => {
        steps.push('slot')
        return { kind: 'empty' }
      },
      recordBatchAnswer: async () => {},
    },
    provisioning: { upload: async () => assert.fail('nothing is left to send') },
    settings: SUBMIT,
    runtime,
    guard: {
      check: async (operations) => void steps.push(operations.map(({ employeeId }) => employeeId).join()),
    },
  })
  const running = service.run()
  await runtime.advance(1_000)
  assert.deepEqual(steps, ['1', 'slot'])
  await service.stop()
  await running
})
