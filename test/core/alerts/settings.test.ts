import assert from 'node:assert/strict'
import { it } from 'node:test'
import { NotificationSettings } from '../../../src/core/alerts/settings.ts'

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
