import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AlertState, PresentAlert } from '../../../src/core/alerts/alert.ts'
import { lookAt } from '../../../src/core/alerts/look.ts'
import { NO_NOTIFICATIONS } from '../../../src/core/alerts/rules.ts'
import { MINUTE, opened, present } from '../../fakes/alerts.ts'

const T = Date.UTC(2026, 10, 2, 8)
const look = (alerts: readonly AlertState[], found: readonly PresentAlert[], now = T) =>
  lookAt({ revision: 1, alerts, heartbeats: {} }, found, {
    rules: NO_NOTIFICATIONS,
    now,
    digest: (text) => text,
  })
/** An open alert whose line in the log had this count, this long ago. */
const logged = (count: number, ago: number): AlertState =>
  opened(T - MINUTE, { count, logged: { at: T - ago, count } })

void describe('one look at the alerts', () => {
  void it('logs an alert when it opens, with its oldest moment where that is known', () => {
    const [line] = look([], [present({ oldestAt: T - MINUTE })]).lines
    assert.deepEqual([line?.event, line?.fields['oldest']], ['deadletter.new', '2026-11-02T07:59:00.000Z'])
    assert.equal(look([], [present()]).lines[0]?.fields['oldest'], undefined)
  })

  void it('logs how much an alert has grown, once a minute, and nothing else while it is open', () => {
    const more = (before: AlertState, count: number) =>
      look([before], [present({ count })]).lines.map(({ fields }) => fields['more'])
    assert.deepEqual(more(logged(2, MINUTE), 5), [3])
    assert.deepEqual(more(logged(2, MINUTE - 1), 5), [])
    assert.deepEqual(more(logged(2, MINUTE), 2), [])
    assert.deepEqual(more(logged(2, MINUTE), 1), [])
  })

  void it('logs how long an alert was open, once it is resolved', () => {
    const absent = opened(T - 10 * MINUTE, { absentSince: T - MINUTE, logged: { at: T - MINUTE, count: 1 } })
    assert.deepEqual(
      look([absent], []).lines.map(({ level, event, fields }) => [level, event, fields['openSeconds']]),
      [['info', 'alert.resolved', 600]],
    )
  })

  void it('logs nothing about an alert that is absent for a moment', () => {
    assert.deepEqual(look([opened(T - MINUTE)], []).lines, [])
  })

  void it('is news when it changes, forgets or queues something, and otherwise not', () => {
    assert.equal(look([], []).news, false)
    assert.equal(look([], [present()]).news, true)
    const old = opened(0, { resolvedAt: 1, logged: { at: 0, count: 1 } })
    const { save, news } = look([old], [])
    assert.deepEqual([save.changed.length, save.forgotten.length, news], [0, 1, true])
  })
})
