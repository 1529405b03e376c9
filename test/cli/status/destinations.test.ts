import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openFileLedger } from '../../adapters/support/file-ledger.ts'
import { command } from '../../fakes/cli.ts'
import { at, movedToSouth, plan, toSouth } from '../../suites/conformance/ledger/two-destinations.ts'
import { joiner, World } from '../../suites/conformance/ledger/world.ts'

const job = (name: string): string =>
  `https://graph.microsoft.com/v1.0/servicePrincipals/5e2f7a10/synchronization/jobs/${name}/bulkUpload`
const YAML = `destinations:
  - { name: north, where: { organization: North }, endpoint: '${job('north')}' }
  - { name: south, where: { organization: South }, endpoint: '${job('south')}', quota: south, callsPerDay: 300 }
`
let folder = ''
let several: Readonly<Record<string, string>> = {}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-destinations-'))
  const [LEDGER, ROLLCALL_CONFIG] = [join(folder, 'ledger.db'), join(folder, 'rollcall.yaml')]
  several = { LEDGER, ROLLCALL_CONFIG }
  await writeFile(ROLLCALL_CONFIG, YAML)
  const ledger = await openFileLedger(LEDGER)
  const world = new World(ledger)
  await movedToSouth(world)
  await world.record(
    joiner('f1', 'p2', { organization: 'South' }),
    joiner('g1', 'p3', { organization: 'North' }),
  )
  await plan(world)
  await at(world, 'north').send()
  await at(world, 'south').ledger.setHold({
    name: 'access',
    since: Date.now(),
    until: Date.now() + 3_600_000,
    status: 403,
    detail: null,
  })
  await at(world, 'north').ledger.recordJobReport({
    seenAt: 0,
    code: 'Paused',
    quarantine: null,
    failures: null,
  })
  await world.record(toSouth('g2', 'p3'))
  await ledger.close()
})
after(() => rm(folder, { recursive: true }))

async function run(args: readonly string[], environment = several): Promise<string> {
  const { code, stdout, stderr } = await command(args, environment)
  assert.equal(code, 0, stderr)
  return stdout
}

void describe('with two destinations', () => {
  void test('status shows the calls, the hold, the job and the log of each', async () => {
    const shown = await run(['status', '--allow-stopped'])
    assert.match(shown, /north: submission +open/)
    assert.match(shown, /south: submission +held \(access 403\)/)
    assert.match(shown, /north: provisioning job +Paused as of/)
    assert.match(shown, /south: provisioning job +not known/)
    assert.match(shown, /south: calls in the last 24 h +\d+ of 300/)
    assert.match(shown, /south: operations waiting +1/)
    assert.match(shown, /north: log read until .*south: log read until/s)
    const { destinations, submission } = JSON.parse(
      await run(['status', '--allow-stopped', '--output', 'json']),
    )
    assert.deepEqual(
      destinations.map((one: { name: string; submission: { waiting: number } }) => [
        one.name,
        one.submission.waiting,
      ]),
      [
        ['north', 0],
        ['south', 1],
      ],
    )
    assert.equal(submission, undefined, 'what is of one destination is not said of all')
  })

  void test('of which one is written directly, status and emergency show what that cost instead of a job and a log', async () => {
    const ROLLCALL_CONFIG = join(folder, 'direct.yaml')
    const south =
      "{ name: south, kind: scim, endpoint: 'https://graph.microsoft.com/rp/scim', usdPerDay: 5, usdPerMonth: 60 }"
    await writeFile(ROLLCALL_CONFIG, `${YAML.split('\n').slice(0, 2).join('\n')}\n  - ${south}\n`)
    const direct = { ...several, ROLLCALL_CONFIG }
    const shown = await run(['status', '--allow-stopped'], direct)
    assert.match(shown, /south: submission +held \(access 403\)/)
    assert.match(shown, /south: USD in the last 24 h +0 of 5/)
    assert.doesNotMatch(shown, /south: (provisioning job|log read until|calls)/)
    assert.match(await run(['emergency'], direct), /south +0 of 5 +0 of 60/)
    const json = JSON.parse(await run(['status', '--allow-stopped', '--output', 'json'], direct))
    assert.deepEqual(json.destinations[1].direct.budgetUsd, { day: 5, month: 60 })
  })

  void test('trace tells a move, and says where each operation goes and which accounts were left', async () => {
    const shown = await run(['trace', 'p1'])
    assert.match(
      shown,
      /^employee p1 {2}Entra object p1 at south at south\n {2}left {7}Entra object p1 at north at north/,
    )
    assert.match(shown, /move +p1 moves from north to south because of event e2: disabled at north by op-2/)
    assert.match(shown, /operation op-2 \(leaves north\): confirmed/)
    assert.match(shown, /operation op-3 \(joiner at south\): confirmed[^]*record +the first one/)
    const { employee, moves, operations } = JSON.parse(await run(['trace', 'p1', '--output', 'json']))
    assert.equal(employee.left[0].objectId, 'p1 at north')
    assert.deepEqual(
      [moves[0].from, moves[0].to, moves[0].event, moves[0].departure, moves[0].arrival],
      ['north', 'south', 'e2', 'op-2', 'op-3'],
    )
    assert.deepEqual(
      operations.map((one: { destination: string; departs: boolean }) => [one.destination, one.departs]),
      [
        ['north', false],
        ['north', true],
        ['south', false],
      ],
    )
  })

  void test('explain says where the account is; a plan, where an employee would be sent and that a move disables first', async () => {
    assert.match(await run(['explain', 'p1']), /the directory holds the account at south active since/)
    assert.match(await run(['explain', 'p1']), / left {7}Entra object p1 at north at north/)
    assert.match(await run(['plan', '--employee', 'p2']), /joiner at south/)
    assert.match(
      await run(['plan', '--employee', 'p3']),
      /disabled at north first, then sent to south, after an answer/,
    )
  })

  void test('and nothing of it is said where there is one', async () => {
    const { LEDGER = '' } = several
    for (const args of [
      ['trace', 'p1'],
      ['explain', 'p1'],
      ['status', '--allow-stopped'],
    ])
      assert.doesNotMatch(await run(args, { LEDGER }), /north: |south: |moves from|joiner at| left {7}/)
  })
})
