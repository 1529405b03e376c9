import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { readConfig } from '../../../src/compose/config.ts'
import type { Config } from '../../../src/config/load.ts'
import { maskedYaml } from '../../../src/config/masked-yaml.ts'
import { durationMs } from '../../../src/core/alerts/settings.ts'
import { RollcallError } from '../../../src/core/errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'rollcall-notifications-'))
after(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'rollcall.yaml')
const SECRETS = {
  ONCALL_SECRET: `whsec_${Buffer.alloc(24, 7).toString('base64')}`,
  TEAMS_WEBHOOK: 'https://teams.example/hush-1',
  SLACK_WEBHOOK: 'https://slack.example/hush-2',
  SMTP_PASSWORD: 'hush-3',
}

function read(yaml: string): Config {
  writeFileSync(file, yaml)
  return readConfig({ ...SECRETS, ROLLCALL_CONFIG: file })
}
/** What is complained of, a line each, without the place. */
function complaints(notifications: string): readonly string[] {
  try {
    read(`notifications: ${notifications}`)
  } catch (error) {
    assert.ok(error instanceof RollcallError)
    return error.message.split('\n').map((line) => line.replace(/^.*\.yaml:\d+:\d+: /, ''))
  }
  return []
}
const sample = (): string => {
  const page = readFileSync(new URL('../../../docs/guides/alerts.md', import.meta.url), 'utf8')
  return /```yaml\n(notifications:[\s\S]*?)```/.exec(page)?.[1] ?? assert.fail('the guide has a sample')
}
const HOOK = '{ webhook: { url: "https://a.example" } }'

void describe('notifications in the file', () => {
  void it('the sample of the guide can be used as it is', () => {
    const { channels, link, rules } = read(sample()).rules.notifications
    assert.deepEqual([...channels.keys()], ['oncall', 'teams', 'slack', 'mail', 'queue', 'watchdog'])
    assert.equal(link, 'https://rollcall.contoso.com')
    assert.deepEqual(
      rules.rules.map(({ channels: to, urgency, afterMs, repeatMs }) => ({ to, urgency, afterMs, repeatMs })),
      [
        { to: ['oncall', 'mail'], urgency: 'urgent', afterMs: 0, repeatMs: 14_400_000 },
        { to: ['teams', 'slack', 'mail'], urgency: null, afterMs: 600_000, repeatMs: null },
        { to: ['queue'], urgency: null, afterMs: 0, repeatMs: null },
      ],
    )
    assert.deepEqual(rules.rules[1]?.quiet, {
      zone: 'Europe/Berlin',
      from: 1_080,
      to: 480,
      days: ['sat', 'sun'],
    })
    assert.deepEqual(rules.heartbeats, [{ channel: 'watchdog', everyMs: 300_000 }])
  })

  void it('config print shows it without a secret, and so that it can be read again', () => {
    const printed = maskedYaml(read(sample()))
    assert.doesNotMatch(printed, /hush|whsec_/)
    assert.match(printed, /password: \$\{SMTP_PASSWORD\}/)
    assert.equal(read(printed).rules.notifications.channels.size, 6)
  })

  void it('a secret in the file itself is refused, and not quoted', () => {
    const channels = `{ channels: {
      a: { webhook: { url: "https://a.example", secret: "${'A'.repeat(32)}", bearer: hush } },
      b: { webhook: { url: "https://b.example/hush", format: slack } },
      c: { mail: { host: c, user: u, password: hush, from: a@c.example, to: b@c.example } } } }`
    const found = complaints(channels)
    assert.deepEqual(
      found.map((line) => line.split(' ')[0]),
      [
        'notifications.channels.a.webhook.secret',
        'notifications.channels.a.webhook.bearer',
        'notifications.channels.b.webhook.url',
        'notifications.channels.c.mail.password',
      ],
    )
    assert.match(found[0] ?? '', /is a secret; write it as \$\{NAME\}/)
    assert.doesNotMatch(found.join(), /hush|AAAA/)
  })

  void it('every mistake is named with its place and what is allowed', () => {
    assert.deepEqual(
      complaints(`{ url: rollcall, channels: { a: ${HOOK}, "b c": ${HOOK} },
        rules: [
          { to: [a, x], alerts: [leavers.open] },
          { to: a, quiet: { zone: Berlin } } ],
        heartbeats: [ { to: y, every: 1s }, { to: a }, { to: a } ] }`),
      [
        'notifications.url must be an http or https address',
        'notifications.channels["b c"] must be a name of letters, digits, - and _',
        'notifications.rules[0].to must name a channel under notifications.channels; those are a, b c',
        `notifications.rules[0].alerts[0] fits no alert; alerts are ${[
          'leaver.open, emergency.waits, brake.tripped, job.stopped, submission.held, job.failing, deadletter.new, finding.new,',
          'record.refused, quota.low, stage.stuck, log.behind, bus.unreachable, loop.missing,',
          'instance.lost, channel.down',
        ].join(' ')}`,
        'notifications.rules[1].quiet must have from and to, or days',
        'notifications.rules[1].quiet.zone must be an IANA zone such as Europe/Berlin',
        'notifications.heartbeats[0].to must name a channel under notifications.channels; those are a, b c',
        'notifications.heartbeats[0].every must be 10s or more',
        'notifications.heartbeats[2].to has a heartbeat already',
      ],
    )
    assert.deepEqual(
      complaints('{ channels: { a: { queue: q, mail: { host: h, from: a@b.c, to: a@b.c } } } }'),
      ['notifications.channels.a must have exactly one of webhook, mail and queue'],
    )
    assert.deepEqual(complaints(`{ channels: { a: ${HOOK} }, rules: [{ to: a, after: soon }] }`), [
      'notifications.rules[0].after must be a duration such as 30s, 10m, 4h or 1d',
    ])
    assert.deepEqual(complaints('{ channels: { a: { webhook: { url: "http://a.example" } } } }'), [
      'notifications.channels.a cannot be used: url is not an https address; plain http is for loopback, with allowHttp',
    ])
  })

  void it('a duration is a number and a unit', () => {
    assert.deepEqual(['30s', '10m', '4h', '1d', '10', 'm', '1w', ''].map(durationMs), [
      30_000,
      600_000,
      14_400_000,
      86_400_000,
      null,
      null,
      null,
      null,
    ])
  })
})
