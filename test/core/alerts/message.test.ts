import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { AlertState } from '../../../src/core/alerts/alert.ts'
import { notifiedAlert } from '../../../src/core/alerts/look.ts'
import { aMessage, opened } from '../../fakes/alerts.ts'

void it('a notification is urgent while one of its urgent alerts is open', () => {
  const urgencyOf = (...alerts: readonly Partial<AlertState>[]): string =>
    aMessage({ alerts: alerts.map((more) => notifiedAlert(opened(0, more))) }).urgency
  assert.deepEqual(
    [
      urgencyOf({ urgency: 'normal' }, { urgency: 'urgent' }),
      urgencyOf({ urgency: 'urgent', resolvedAt: 1 }, { urgency: 'normal' }),
      urgencyOf({ urgency: 'normal' }),
    ],
    ['urgent', 'normal', 'normal'],
  )
})
