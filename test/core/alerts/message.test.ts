import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AlertState } from '../../../src/core/alerts/alert.ts'
import { notifiedAlert } from '../../../src/core/alerts/look.ts'
import { cloudEventOf, factsOf, lineOf, plainText, typeOf } from '../../../src/core/alerts/message.ts'
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

const T = Date.UTC(2026, 10, 2, 8)
const alert = (more: Partial<AlertState> = {}) => notifiedAlert(opened(T, more))

void describe('the text of a notification', () => {
  const lines = (...given: Parameters<typeof aMessage>): readonly string[] =>
    plainText(aMessage(...given))
      .split(/\n+/)
      .filter((line) => /^(Rollcall|Count|Open|Oldest|Resolved|Employees|Run|\d|https)/.test(line))

  void it('of one alert has it in the title, with its facts and what to do', () => {
    assert.deepEqual(lines({ alerts: [alert({ oldestAt: T - 60_000 })] }), [
      'Rollcall: 1 dead letter: InvalidValue (deadletter.new)',
      'Count: 1',
      'Open since: 2026-11-02 08:00:00 UTC',
      'Oldest since: 2026-11-02 07:59:00 UTC',
      'Run: rollcall dead-letters groups --code InvalidValue',
      'https://rollcall.example/',
    ])
    assert.match(plainText(aMessage()), /^Then: correct the cause and run rollcall replay/m)
  })

  void it('of a resolved one says since when, and no longer what to do', () => {
    const resolved = alert({ count: 2, cause: '', resolvedAt: T + 60_000 })
    assert.deepEqual(lines({ kind: 'resolved', alerts: [resolved] }), [
      'Rollcall: resolved: 2 dead letters (deadletter.new)',
      'Count: 2',
      'Open since: 2026-11-02 08:00:00 UTC',
      'Resolved: 2026-11-02 08:01:00 UTC',
      'https://rollcall.example/',
    ])
  })

  void it('of several has each under its own heading, and counts those that are still open', () => {
    const over = { resolvedAt: T + 60_000 }
    const alerts = [alert({ cause: 'A' }), alert({ cause: 'B', ...over }), alert({ cause: 'C', ...over })]
    const text = lines({ kind: 'digest', alerts })
    assert.equal(text[0], 'Rollcall: 3 alerts in quiet hours, 1 alert is open')
    assert.deepEqual(
      text.filter((line) => line.startsWith('1 dead letter')),
      ['A', 'B', 'C'].map((cause) => `1 dead letter: ${cause} (deadletter.new)`),
    )
  })

  void it('names employees only where the rule wants them, and there are any', () => {
    assert.ok(lines({ names: true }).includes('Employees: p1, p2'))
    assert.ok(!lines({ names: false }).some((line) => line.startsWith('Employees')))
    const named = (...employees: readonly string[]) =>
      aMessage()
        .alerts.flatMap((one) => factsOf({ ...one, employees }))
        .map(lineOf)
    assert.equal(named('p1').at(-1), 'Employees: p1')
    assert.ok(!named().some((line) => line.startsWith('Employees')))
  })

  void it('has what the cause means where that is known, and a link where there is a console', () => {
    const known = aMessage({ alerts: [alert({ cause: 'NoOutcome' })] })
    const meaning = known.alerts[0]?.meaning ?? ''
    assert.ok(meaning !== '' && plainText(known).includes(meaning))
    assert.doesNotMatch(plainText({ ...known, link: null }), /https:\/\/rollcall/)
  })
})

void it('as a CloudEvent a notification has the alert as its subject, if it is the only one', () => {
  const event = (...alerts: readonly ReturnType<typeof alert>[]) => cloudEventOf(aMessage({ alerts }))
  assert.equal(event(alert())['subject'], 'deadletter.new/InvalidValue')
  assert.equal(event(alert(), alert({ cause: 'B' }))['subject'], undefined)
  assert.equal(event()['subject'], undefined)
  const data = JSON.stringify(event(alert({ cause: '', oldestAt: T - 1, resolvedAt: T + 1 }))['data'])
  assert.match(
    data,
    /"cause":null.*"oldestAt":"2026-11-02T07:59:59.999Z","resolvedAt":"2026-11-02T08:00:00.001Z"/,
  )
  assert.match(
    JSON.stringify(event(alert())['data']),
    /"cause":"InvalidValue".*"oldestAt":null,"resolvedAt":null/,
  )
  assert.deepEqual(
    [typeOf('heartbeat'), typeOf('test'), typeOf('opened')],
    ['rollcall.heartbeat', 'rollcall.test', 'rollcall.alert.opened'],
  )
})
