import assert from 'node:assert/strict'
import { it } from 'node:test'
import { graphClient } from '../../../src/adapters/graph/client.ts'
import { localCredential } from '../../../src/adapters/graph/credential.ts'
import { parseEndpoint } from '../../../src/adapters/graph/endpoint.ts'
import { graphProvisioning } from '../../../src/adapters/graph/provisioning.ts'
import { SCIM_API, scimDeactivation } from '../../../src/adapters/graph/scim.ts'
import { systemRuntime } from '../../../src/adapters/system.ts'
import { emergencyLoop } from '../../../src/core/emergency/loop.ts'
import { EmergencyFileSettings, emergencyRules } from '../../../src/core/emergency/settings.ts'
import { silentLogger, silentTelemetry } from '../../../src/core/runtime.ts'
import { submitLoop } from '../../../src/core/provision/submit-loop.ts'
import { together } from '../../../src/core/service.ts'
import { openMemoryLedger } from '../../adapters/support/memory-ledger.ts'
import { until } from '../../adapters/support/until.ts'
import { employee, open, provision, upload } from '../../local/entra/support.ts'
import { joiner, leaver, UNLIMITED, World } from '../conformance/ledger/world.ts'

const WAITS = { throttledMs: 500, fullMs: 1_000, circuitMs: 500, accessMs: 500, failedMs: 500 }
const SUBMIT = { owner: 'one', maxOperations: 50, maxBytes: 1e6, fillMs: 0, leaseMs: 30_000, attempts: 1 }

void it('with a full bucket the account of a leaver is disabled at once through the SCIM API, and the job takes the operation when there is room', async (t) => {
  const entra = await open(t, { bucketOperations: 1 })
  await provision(entra, employee('p1'))
  const { objectId = '' } = (await entra.directory())['p1'] ?? {}
  const { ledger } = await openMemoryLedger()
  t.after(() => ledger.close())
  const world = new World(ledger)
  world.now = Date.now() - 60_000
  await world.record(joiner('hire', 'p1'))
  await world.answer(await world.send(), 'confirmed', { objectId })
  await world.finalize()
  // Takes the only place, and no cycle runs.
  await upload(entra, employee('another'))

  const endpoint = parseEndpoint(entra.endpoint, true)
  const client = (version: string) =>
    graphClient({ origin: endpoint.origin, version }, localCredential, 5_000, Date.now)
  const runtime = systemRuntime(silentLogger, silentTelemetry)
  const provisioning = graphProvisioning(client(endpoint.version), endpoint)
  const directory = scimDeactivation(client(SCIM_API))
  const rules = emergencyRules(EmergencyFileSettings.parse({ usdPerDay: 1, usdPerMonth: 1, patience: '0s' }))
  const common = { ...WAITS, limits: UNLIMITED, pollMs: 100 }
  const pace = { retryMs: 100, retryCapMs: 1_000 }
  const loops = together(
    [
      [
        submitLoop('submit.1', {
          ledger,
          provisioning,
          settings: { ...common, ...SUBMIT, ...pace },
          runtime,
        }),
        emergencyLoop({
          ledger,
          directory,
          settings: { ...common, rules, employeesAtOnce: 50, answerMs: 10_000 },
          runtime,
        }),
      ],
    ],
    runtime,
  )
  void loops.run()
  t.after(() => loops.stop())

  world.now = Date.now()
  await world.record(leaver('end', 'p1'))
  await world.plan()
  await until('the account is disabled', async () => (await entra.directory())['p1']?.active === false)
  t.diagnostic(`from event to disabled account: ${Date.now() - world.now} ms`)
  assert.equal((await entra.stats()).scimBilled, 1)
  await entra.runCycle()
  const stateOf = async (): Promise<unknown> => (await ledger.readTrace('p1'))?.operations.at(-1)?.state
  await until('the job has the operation', async () => (await stateOf()) === 'accepted')
  assert.equal((await entra.stats()).scimBilled, 1)
})
