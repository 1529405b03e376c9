import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { proveDirect, proveEmergency } from '../../../src/compose/check/emergency.ts'
import type { Proof } from '../../../src/compose/check/proof.ts'
import { readConfig } from '../../../src/compose/config.ts'
import type { EntraSettings } from '../../../src/local/entra/settings.ts'
import { open } from '../../local/entra/support.ts'

const LANE = 'leavers:\n  emergency: { usdPerDay: 1, usdPerMonth: 9 }\n'

/** What `check` says about the lane, and how many calls Microsoft would bill. */
async function checked(
  t: TestContext,
  settings: Partial<EntraSettings>,
  yaml = LANE,
): Promise<readonly [billed: number, ...proofs: readonly Proof[]]> {
  const entra = await open(t, settings)
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-check-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'rollcall.yaml')
  await writeFile(file, yaml)
  const config = readConfig({
    ROLLCALL_CONFIG: file,
    JOB: entra.endpoint,
    SCIM: `http://127.0.0.1:${entra.port}/rp/scim`,
    PROVISIONING_ENDPOINT: entra.endpoint,
    PROVISIONING_ALLOW_HTTP: 'true',
    AUTH_MODE: 'local',
  })
  const proofs = [...(await proveEmergency(config)), ...(await proveDirect(config))]
  return [(await entra.stats()).scimBilled, ...proofs]
}

void test('check says what keeps the emergency lane from disabling accounts', async (t) => {
  const [, disabled] = await checked(t, { scimApi: 'disabled' })
  assert.equal(disabled?.outcome, 'failed')
  assert.match(disabled.say, /answered 400; .*not enabled in the tenant: turn it on/)
  const forbidden = { on: 'scim', kind: 'status', status: 403 } as const
  const [, refused] = await checked(t, { faults: [forbidden] })
  assert.equal(refused?.outcome, 'failed')
  assert.match(refused.say, /answered 403; .*User\.ReadWrite\.All/)
})

void test('check proves the right to disable accounts by one billed call that changes nothing, and makes none without the lane', async (t) => {
  const [billed, proof] = await checked(t, {})
  assert.deepEqual([billed, proof?.outcome], [1, 'ok'])
  assert.match(proof?.say ?? '', /USD 0\.002/)
  assert.deepEqual(await checked(t, {}, 'activation: { policy: hold }\n'), [0])
})

void test('check proves the right to write the accounts of a direct destination in the same way, by its name', async (t) => {
  const yaml = `destinations:
  - { name: branch, kind: scim, endpoint: "\${SCIM}", where: { organization: B }, usdPerDay: 1, usdPerMonth: 9, usdPerCall: 0.5 }
  - { name: office, endpoint: "\${JOB}" }
`
  const [billed, proof, ...others] = await checked(t, {}, yaml)
  assert.deepEqual([billed, proof?.what, proof?.outcome, others], [1, 'branch: accounts', 'ok', []])
  assert.match(proof?.say ?? '', /may be written; this test call costs USD 0\.5/)
  const [, refused] = await checked(t, { faults: [{ on: 'scim', kind: 'status', status: 403 }] }, yaml)
  assert.equal(refused?.outcome, 'failed')
})
