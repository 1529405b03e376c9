import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { readConfig } from '../../../src/compose/config.ts'
import { identityOf, runningWith, withLimits } from '../../../src/compose/instance/identity.ts'
import type { Config } from '../../../src/config/load.ts'
import { differences } from '../../../src/core/instances/differences.ts'

const folder = mkdtempSync(join(tmpdir(), 'rollcall-identity-'))
after(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
function configured(yaml: string, environment: Readonly<Record<string, string>> = {}): Config {
  const file = join(folder, `${++files}.yaml`)
  writeFileSync(file, yaml)
  return readConfig({ ROLLCALL_CONFIG: file, ...environment })
}
const differ = (one: Config, other: Config): readonly string[] =>
  differences(runningWith(one), runningWith(other))

const READ = `
sources:
  - name: hr
    read:
      url: https://hr.contoso.com/employees/{employee}
      headers: { X-Key: "\${KEY}" }
      worker: worker
`

void describe('what an instance reports about itself', () => {
  void it('is the same for two files that say the same in another order and spelling', () => {
    const one = configured('mapping: { attributes: { title: job.title, nickName: nick } }')
    const other = configured('# new\nmapping:\n  attributes:\n    nickName: "nick"\n    title: job.title\n')
    assert.deepEqual(differ(one, other), [])
  })

  void it('names the part of the rules that differs', () => {
    const one = configured('mapping: { attributes: { title: job.title } }')
    assert.deepEqual(differ(one, configured('mapping: { attributes: { title: job.name } }')), ['mapping'])
    assert.deepEqual(
      differ(
        one,
        configured('mapping: { attributes: { title: job.title } }\nactivation: { policy: early, days: 3 }'),
      ),
      ['activation'],
    )
    const pilot = configured('mapping: { attributes: { title: job.title } }\npilot: { employees: ["10001"] }')
    assert.deepEqual(differ(one, pilot), ['pilot'])
  })

  void it('names the limits that differ by their settings', () => {
    const one = readConfig({})
    assert.deepEqual(differ(one, readConfig({ CALLS_PER_DAY: '6000', BRAKE_PERCENT: '7' })), [
      'BRAKE_PERCENT',
      'CALLS_PER_DAY',
    ])
    assert.deepEqual(differ(one, readConfig({ RETENTION_DAYS: '30' })), ['settings'])
  })

  void it('does not depend on where things are, who signs in and what is logged', () => {
    const elsewhere = { LEDGER: 'other.db', INSTANCE: 'two', LOG_LEVEL: 'warn', AUTH_MODE: 'azure-cli' }
    assert.deepEqual(differ(readConfig({}), readConfig(elsewhere)), [])
  })

  void it('does not depend on a secret, and does not contain one', () => {
    const one = configured(READ, { KEY: 'key-of-the-connector', AZURE_CLIENT_SECRET: 's3cret' })
    assert.deepEqual(differ(one, configured(READ, { KEY: 'placeholder' })), [])
    assert.deepEqual(
      differ(one, configured(READ.replace('worker: worker', 'worker: person'), { KEY: 'x' })),
      ['sources'],
    )
    assert.doesNotMatch(JSON.stringify(identityOf(one, 'id')), /key-of-the-connector|s3cret/)
  })

  void it('gives its limits to a command in place of its own', () => {
    const running = readConfig({ CALLS_PER_DAY: 'unlimited', BRAKE_ABSOLUTE: '7', COALESCE_QUIET_MS: '9' })
    const { CALLS_PER_DAY, BRAKE_ABSOLUTE, COALESCE_QUIET_MS, LEDGER } = withLimits(
      readConfig({ LEDGER: 'mine.db' }),
      runningWith(running).limits,
    )
    assert.deepEqual([CALLS_PER_DAY, BRAKE_ABSOLUTE, COALESCE_QUIET_MS, LEDGER], [Infinity, 7, 9, 'mine.db'])
    assert.deepEqual(
      runningWith(withLimits(readConfig({}), runningWith(running).limits)).limits,
      runningWith(running).limits,
    )
  })
})
