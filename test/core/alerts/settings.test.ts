import assert from 'node:assert/strict'
import { it } from 'node:test'
import {
  AlertThresholdSettings,
  ChannelSettings,
  durationMs,
  NotificationSettings,
  WebhookSettings,
  writtenDuration,
} from '../../../src/core/alerts/settings.ts'

void it('a rule notifies every alert and its end at once, without names, unless it says otherwise', () => {
  const { rules } = NotificationSettings.parse({
    channels: { ops: { queue: 'alerts' } },
    rules: [{ to: 'ops' }],
  })
  assert.deepEqual(
    rules.map(({ alerts, after, resolved, names }) => ({ alerts, after, resolved, names })),
    [{ alerts: ['*'], after: '0s', resolved: true, names: false }],
  )
})

void it('a duration is a number with one of four units, and is written in the largest that has no rest', () => {
  assert.deepEqual(
    ['30s', '10m', '4h', '1d', '0s'].map(durationMs),
    [30_000, 600_000, 14_400_000, 86_400_000, 0],
  )
  for (const written of ['', '10', '10w', 'm', '1.5h', '-1s', ' 1s', '1234567s'])
    assert.equal(durationMs(written), null, written)
  for (const written of ['0s', '90s', '10m', '36h', '2d'])
    assert.equal(writtenDuration(durationMs(written) ?? 0), written)
  assert.equal(writtenDuration(120_000), '2m')
  assert.equal(writtenDuration(1_400), '1s')
})

void it('times of rules and limits are durations and times of the day, and nothing else', () => {
  const rule = (more: object) => NotificationSettings.safeParse({ rules: [{ to: 'ops', ...more }] }).success
  assert.equal(rule({ after: '10m', quiet: { zone: 'UTC', from: '22:00', to: '06:30' } }), true)
  assert.equal(rule({ after: '10 minutes' }), false)
  assert.equal(rule({ quiet: { zone: 'UTC', from: 'ten' } }), false)
  assert.equal(AlertThresholdSettings.parse({ leavers: '2h' }).leavers, '2h')
  assert.equal(AlertThresholdSettings.safeParse({ leavers: '2' }).success, false)
})

void it('a channel is exactly one of webhook, mail and queue, and a webhook uses HTTPS unless told otherwise', () => {
  const mail = { host: 'smtp.example.com', from: 'a@example.com', to: 'b@example.com' }
  const isChannel = (one: object) => ChannelSettings.safeParse(one).success
  assert.deepEqual([{ mail }, { queue: 'alerts' }, {}, { mail, queue: 'alerts' }].map(isChannel), [
    true,
    true,
    false,
    false,
  ])
  assert.equal(WebhookSettings.parse({ url: 'https://example.com' }).allowHttp, false)
})
