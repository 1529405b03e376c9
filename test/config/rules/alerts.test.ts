import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { alertSettingsOf } from '../../../src/compose/alerts/settings.ts'
import { checkConfig, readConfig } from '../../../src/compose/config.ts'
import { maskedYaml } from '../../../src/config/masked-yaml.ts'
import { writtenDuration } from '../../../src/core/alerts/settings.ts'
import { LIMITS, MINUTE } from '../../fakes/alerts.ts'

const folder = mkdtempSync(join(tmpdir(), 'rollcall-thresholds-'))
after(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'rollcall.yaml')
function environmentOf(yaml: string): NodeJS.ProcessEnv {
  writeFileSync(file, yaml)
  return { ROLLCALL_CONFIG: file }
}
const limitsOf = (yaml: string) => alertSettingsOf(readConfig(environmentOf(yaml))).limits
/** What is complained of, without the place. */
const complaints = (yaml: string): readonly string[] =>
  checkConfig(environmentOf(yaml)).problems.map((line) => line.replace(/^.*\.yaml:\d+:\d+: /, ''))

void describe('thresholds of alerts', () => {
  void it('without a word in the file they follow the settings', () => {
    assert.deepEqual(limitsOf('settings: { CALLS_PER_DAY: 2000, COALESCE_MAX_WAIT_MS: 60000 }'), {
      ...LIMITS,
      stagesMs: {
        received: 16 * MINUTE,
        due: 16 * MINUTE,
        waiting: 60 * MINUTE,
        accepted: 135 * MINUTE,
        answered: 16 * MINUTE,
        unpublished: 15 * MINUTE,
      },
    })
  })

  void it('each of them can be set, and the others keep their defaults', () => {
    const { callsPerDay: _calls, ...limits } = limitsOf(
      `alerts: { leavers: 2h, holds: 3m, quota: "80", log: 4h, receivers: 5m, loops: 6m, channels: 7m,
        stages: { received: 1h, due: 2h, waiting: 3h, accepted: 4h, answered: 5h, unpublished: 6h } }`,
    )
    const hours = (count: number): number => count * 60 * MINUTE
    assert.deepEqual(limits, {
      leaverMs: hours(2),
      stagesMs: {
        received: hours(1),
        due: hours(2),
        waiting: hours(3),
        accepted: hours(4),
        answered: hours(5),
        unpublished: hours(6),
      },
      holdMs: 3 * MINUTE,
      logMs: hours(4),
      quotaShare: 0.8,
      escrowShare: 0.8,
      channelMs: 7 * MINUTE,
      receiversMs: 5 * MINUTE,
      loopMs: 6 * MINUTE,
    })
    const some = limitsOf('alerts: { stages: { waiting: 2h } }')
    assert.deepEqual(some, {
      ...limitsOf(''),
      stagesMs: { ...limitsOf('').stagesMs, waiting: hours(2) },
    })
  })

  void it('one that the settings alone would cross is refused, with the setting and its duration', () => {
    assert.deepEqual(
      complaints(`
settings: { COALESCE_MAX_WAIT_MS: 600000, FINAL_QUIET_MS: 60000 }
alerts:
  log: 30m
  stages: { received: 10m, due: 601s, accepted: 2h, answered: 1m, unpublished: 0s }`).toSorted(),
      [
        'alerts.log must be longer than LOG_MAX_LAG_MS, which is 30m',
        'alerts.stages.accepted must be longer than OUTCOME_DEADLINE_MS + LOG_MAX_LAG_MS, which is 2h',
        'alerts.stages.answered must be longer than FINAL_QUIET_MS, which is 1m',
        'alerts.stages.received must be longer than COALESCE_MAX_WAIT_MS, which is 10m',
        'alerts.stages.unpublished must be longer than 0s',
      ],
    )
  })

  void it('a mistake is named with its place and what is allowed', () => {
    assert.deepEqual(complaints('alerts: { quota: 101, holds: soon, leaver: 1h }').toSorted(), [
      'alerts.holds must be a duration such as 30s, 10m, 4h or 1d',
      'alerts.leaver is not known here; known are leavers, holds, quota, escrow, stages, log, receivers, loops, channels',
      'alerts.quota must be 100 or less',
    ])
  })

  void it('config print shows those in force, so that they read back as the same', () => {
    const config = readConfig(environmentOf('alerts: { holds: 90s, quota: 85, stages: { waiting: 1d } }'))
    const printed = maskedYaml(config)
    assert.match(printed, /holds: 90s/)
    assert.match(printed, /accepted: 135m/)
    assert.deepEqual(readConfig(environmentOf(printed)).rules.alerts, config.rules.alerts)
  })

  void it('the sample of the guide can be used as it is', () => {
    const page = readFileSync(new URL('../../../docs/guides/alerts.md', import.meta.url), 'utf8')
    const sample = /```yaml\n(alerts:[\s\S]*?)```/.exec(page)?.[1] ?? assert.fail('the guide has a sample')
    assert.deepEqual(complaints(sample), [])
  })

  void it('a duration is written in the largest unit that has no rest', () =>
    assert.deepEqual([0, 1_000, 90_000, 600_000, 5_400_000, 7_200_000, 86_400_000].map(writtenDuration), [
      '0s',
      '1s',
      '90s',
      '10m',
      '90m',
      '2h',
      '1d',
    ]))
})
