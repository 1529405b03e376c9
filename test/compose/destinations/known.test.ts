import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectKnownDestinations } from '../../../src/compose/destinations/known.ts'
import { ledgerOf } from '../../../src/core/destinations/ledger-of.ts'
import { RELEASED_BRAKE } from '../../../src/core/plan/decide/brake.ts'
import { planEmployee } from '../../../src/core/plan/decide/plan.ts'
import { compileMapping } from '../../../src/core/plan/mapping/mapping.ts'
import { openMemoryLedger } from '../../adapters/support/memory-ledger.ts'
import { digest, joiner, World } from '../../suites/conformance/ledger/world.ts'
import { writtenFiles } from '../../config/written-files.ts'

const { read } = writtenFiles()
const endpoint = (job: string): string =>
  `https://graph.microsoft.com/v1.0/servicePrincipals/5e2f7a10/synchronization/jobs/${job}/bulkUpload`
const BOTH = read(`destinations:
  - { name: north, where: { organization: North }, endpoint: '${endpoint('north')}' }
  - { name: south, endpoint: '${endpoint('south')}' }`)
const NORTH_ONLY = read(`destinations: [{ name: north, endpoint: '${endpoint('north')}' }]`)
const ONE_JOB = read('', { PROVISIONING_ENDPOINT: endpoint('north') })
const ELSEWHERE =
  'the ledger has 1 employees at the destination "south", which the configuration does not name; add it under destinations, with a where that fits no employee if they are to move'

void test('employees at a destination that the configuration no longer names stop a start, also before its log was read', async (t) => {
  const { ledger } = await openMemoryLedger()
  t.after(() => ledger.close())
  const world = new World(ledger)
  const routing = BOTH.rules.destinations?.routing
  assert.ok(routing)
  const south = new World({ ...ledger, ...ledgerOf(ledger, { name: 'south', quota: 'tenant' }) })
  await expectKnownDestinations(ledger, NORTH_ONLY)

  await world.record(joiner('e1', 'p1', { organization: 'South' }))
  const rules = { mapping: compileMapping(), routing, digest }
  const decisions = (await world.due()).map((one) => planEmployee(one, world.now, rules))
  await ledger.commitPlan(decisions, RELEASED_BRAKE, world.now)
  await expectKnownDestinations(ledger, NORTH_ONLY)

  const sent = await south.accept(await south.needBatch())
  for (const config of [NORTH_ONLY, ONE_JOB])
    await assert.rejects(expectKnownDestinations(ledger, config), {
      code: 'ConfigInvalid',
      message: ELSEWHERE,
    })
  await expectKnownDestinations(ledger, BOTH)

  await south.answer(sent)
  await south.correlate({ watermark: south.now })
  await world.finalize()
  await assert.rejects(expectKnownDestinations(ledger, NORTH_ONLY), { message: ELSEWHERE })
  await expectKnownDestinations(ledger, BOTH)
})

void test('employees of a connector with one job stop a start with destinations of which none is named default', async (t) => {
  const { ledger } = await openMemoryLedger()
  t.after(() => ledger.close())
  const world = new World(ledger)
  await world.record(joiner('e1', 'p1'))
  await world.confirmAll()
  await assert.rejects(expectKnownDestinations(ledger, BOTH), /1 employees at the destination "default"/)
  await expectKnownDestinations(ledger, ONE_JOB)
  await expectKnownDestinations(
    ledger,
    read(`destinations: [{ name: default, endpoint: '${endpoint('north')}' }]`),
  )
})
