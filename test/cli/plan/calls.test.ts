import assert from 'node:assert/strict'
import { mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { leastCalls } from '../../../src/cli/plan/calls.ts'
import { readConfig } from '../../../src/compose/config.ts'
import type { Preview } from '../../../src/core/plan/preview.ts'

const job = (name: string): string =>
  `'https://graph.microsoft.com/v1.0/servicePrincipals/5e2f7a10/synchronization/jobs/${name}/bulkUpload'`
const YAML = `destinations:
  - { name: west, where: { organization: West }, endpoint: ${job('west')} }
  - { name: east, where: { organization: East }, endpoint: ${job('east')}, callsPerDay: 300 }
  - { name: south, where: { organization: South }, endpoint: ${job('south')}, quota: south }
  - { name: direct, kind: scim, endpoint: 'https://graph.microsoft.com/rp/scim', usdPerDay: 5, usdPerMonth: 60 }
`

const sentTo = (at: string | null, operations: number): readonly Preview[] =>
  Array.from({ length: operations }, (_, index) => ({
    employeeId: `${at ?? 'employee'}-${index}`,
    operation: { lane: 'mover', active: true, changes: [] },
    ...(at === null ? {} : { destination: { kind: 'stays', at } }),
    waits: false,
    decisions: [],
    nextAt: null,
    isInactive: false,
  }))

const configOf = (yaml: string, CALLS_PER_DAY = '1000'): ReturnType<typeof readConfig> => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'rollcall-calls-'))
  const ROLLCALL_CONFIG = join(folder.path, 'rollcall.yaml')
  writeFileSync(ROLLCALL_CONFIG, yaml)
  return readConfig({ ROLLCALL_CONFIG, CALLS_PER_DAY })
}

void describe('the calls of a plan', () => {
  void test('with one destination, are its operations in full batches', () => {
    const previews = [...sentTo(null, 101), ...sentTo(null, 1).map((one) => ({ ...one, operation: null }))]
    assert.deepEqual(leastCalls(previews, configOf(''), 50), { calls: 3, quotaDays: 0.003, destinations: [] })
  })

  void test('of a job without a limit are full batches too, and take nothing of a quota', () => {
    const config = configOf('', 'unlimited')
    assert.deepEqual(leastCalls(sentTo(null, 101), config, 50), { calls: 3, quotaDays: 0, destinations: [] })
  })

  void test('do not put operations of two destinations into one batch, and count for each quota', () => {
    const previews = [...sentTo('west', 51), ...sentTo('south', 60), ...sentTo('east', 1)]
    assert.deepEqual(leastCalls(previews, configOf(YAML), 50), {
      calls: 5,
      quotaDays: 3 / 300,
      destinations: [
        { name: 'east', operations: 1, calls: 1 },
        { name: 'south', operations: 60, calls: 2 },
        { name: 'west', operations: 51, calls: 2 },
      ],
    })
  })

  void test('to a direct destination are one for each operation, and take nothing of a quota', () => {
    assert.deepEqual(leastCalls(sentTo('direct', 7), configOf(YAML), 50), {
      calls: 7,
      quotaDays: 0,
      destinations: [{ name: 'direct', operations: 7, calls: 7 }],
    })
  })
})
