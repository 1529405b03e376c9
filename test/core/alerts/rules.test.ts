import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AlertState } from '../../../src/core/alerts/alert.ts'
import type { QuietHours } from '../../../src/core/alerts/quiet-hours.ts'
import {
  dueHeartbeats,
  dueNotifications,
  matches,
  type NotificationRule,
} from '../../../src/core/alerts/rules.ts'
import { HOUR, MINUTE, opened, rule } from '../../fakes/alerts.ts'

const T = Date.UTC(2026, 10, 2, 8)
/** From 18 to 8 o'clock in UTC. */
const NIGHT: QuietHours = { zone: 'UTC', from: 18 * 60, to: 8 * 60, days: [] }
const EVENING = T + 12 * HOUR
const MORNING = T + 24 * HOUR

/** What is said at each of these moments; `alter` says what the alerts are then. */
function said(
  rules: readonly NotificationRule[],
  steps: readonly (readonly [
    when: number,
    alter: (states: readonly AlertState[]) => readonly AlertState[],
  ])[],
): readonly (readonly string[])[] {
  let states: readonly AlertState[] = []
  return steps.map(([when, alter]) => {
    const due = dueNotifications(alter(states), { rules }, when)
    states = due.states
    return due.drafts.map(
      ({ channel, kind, alerts }) => `${channel} ${kind} ${alerts.map(({ cause }) => cause).join()}`,
    )
  })
}
const same = (states: readonly AlertState[]): readonly AlertState[] => states
const change = (more: Partial<AlertState>) => (states: readonly AlertState[]) =>
  states.map((one) => ({ ...one, ...more }))
const begin =
  (...states: readonly AlertState[]) =>
  (): readonly AlertState[] =>
    states
const A = opened(T, { cause: 'A' })

void describe('notifications', () => {
  void it('a channel receives one message when an alert opens, and one when it is resolved', () => {
    assert.deepEqual(
      said(
        [rule()],
        [
          [T, begin(A)],
          [T + 5_000, same],
          [T + HOUR, same],
          [T + 2 * HOUR, change({ resolvedAt: T + 2 * HOUR })],
          [T + 3 * HOUR, same],
        ],
      ),
      [['ops opened A'], [], [], ['ops resolved A'], []],
    )
  })

  void it('an alert that is over before its time is not notified', () => {
    const later = [rule({ afterMs: 10 * MINUTE })]
    assert.deepEqual(
      said(later, [
        [T, begin(A)],
        [T + 10 * MINUTE - 1, same],
        [T + 10 * MINUTE, same],
      ]),
      [[], [], ['ops opened A']],
    )
    assert.deepEqual(
      said(later, [
        [T, begin(A)],
        [T + MINUTE, change({ resolvedAt: T + MINUTE })],
        [T + HOUR, same],
      ]),
      [[], [], []],
    )
  })

  void it('a rule may repeat a notification while its alert is open', () => {
    assert.deepEqual(
      said(
        [rule({ repeatMs: 4 * HOUR })],
        [
          [T, begin(A)],
          [T + 4 * HOUR - 1, same],
          [T + 4 * HOUR, same],
          [T + 4 * HOUR + 1, same],
          [T + 8 * HOUR, same],
        ],
      ),
      [['ops opened A'], [], ['ops repeated A'], [], ['ops repeated A']],
    )
  })

  void it('an alert says how many notifications a channel has received in this episode', () => {
    const rules = [rule({ repeatMs: HOUR })]
    const resolvedAt = T + 2 * HOUR
    const again = { episode: 2, openedAt: T + 3 * HOUR, resolvedAt: null }
    let states: readonly AlertState[] = [A]
    const counts = [{}, {}, { resolvedAt }, again].map((more, hours) => {
      states = dueNotifications(change(more)(states), { rules }, T + hours * HOUR).states
      return states[0]?.told['ops']?.messages
    })
    assert.deepEqual(counts, [1, 2, 3, 1])
  })

  void it('a count that is ten times the last one sent is sent again, and a small one is not', () => {
    assert.deepEqual(
      said(
        [rule()],
        [
          [T, begin(A)],
          [T + 1, change({ count: 9 })],
          [T + 2, change({ count: 10 })],
          [T + 3, change({ count: 99 })],
          [T + 4, change({ count: 4_000 })],
          [T + 5, change({ count: 4_001 })],
        ],
      ),
      [['ops opened A'], [], ['ops grown A'], [], ['ops grown A'], []],
    )
  })

  void it('for each channel the first rule that fits an alert decides, so no channel gets it twice', () => {
    const rules = [
      rule({ alerts: ['bus.*', 'leaver.*'], channels: ['ops', 'mail'] }),
      rule({ channels: ['ops'], afterMs: HOUR }),
      rule({ channels: ['ops'] }),
    ]
    const leaver = opened(T, { code: 'leaver.open', cause: 'L', urgency: 'urgent' })
    assert.deepEqual(said(rules, [[T, begin(A, leaver)]]), [['ops opened L', 'mail opened L']])
  })

  void it('a rule for urgent alerts leaves the others to the rules after it', () => {
    const urgent = opened(T, { cause: 'U', urgency: 'urgent' })
    const rules = [rule({ urgency: 'urgent' }), rule({ channels: ['mail'] })]
    assert.deepEqual(said(rules, [[T, begin(A, urgent)]]), [
      ['ops opened U', 'mail opened A', 'mail opened U'],
    ])
  })

  void it('quiet hours hold back what is not urgent, and their end brings all of it in one message', () => {
    const urgent = opened(EVENING, { cause: 'U', urgency: 'urgent' })
    const B = opened(EVENING, { cause: 'B' })
    const [evening, night, morning, after] = said(
      [rule({ quiet: NIGHT })],
      [
        [EVENING, begin(opened(EVENING, { cause: 'A' }), B, urgent)],
        [EVENING + HOUR, same],
        [MORNING, same],
        [MORNING + 1, same],
      ],
    )
    assert.deepEqual(evening, ['ops opened U'])
    assert.deepEqual(night, [])
    assert.deepEqual(morning, ['ops digest A,B'])
    assert.deepEqual(after, [])
  })

  void it('one alert that quiet hours held back comes as it would have come by day', () => {
    assert.deepEqual(
      said(
        [rule({ quiet: NIGHT })],
        [
          [EVENING, begin(opened(EVENING, { cause: 'A' }))],
          [MORNING, same],
          [MORNING + HOUR, change({ resolvedAt: MORNING + HOUR })],
        ],
      ),
      [[], ['ops opened A'], ['ops resolved A']],
    )
  })

  void it('an alert that came and went in quiet hours is in the digest', () => {
    assert.deepEqual(
      said(
        [rule({ quiet: NIGHT })],
        [
          [EVENING, begin(opened(EVENING, { cause: 'A' }))],
          [EVENING + HOUR, change({ resolvedAt: EVENING + HOUR })],
          [MORNING, same],
          [MORNING + 1, same],
        ],
      ),
      [[], [], ['ops digest A'], []],
    )
  })

  void it('an alert that was resolved and reopened in quiet hours is not sent a second time', () => {
    const later = { episode: 2, openedAt: EVENING + 2 * HOUR, resolvedAt: null }
    assert.deepEqual(
      said(
        [rule({ quiet: NIGHT })],
        [
          [T, begin(A)],
          [EVENING, change({ resolvedAt: EVENING })],
          [EVENING + 2 * HOUR, change(later)],
          [MORNING, same],
          [MORNING + HOUR, change({ resolvedAt: MORNING + HOUR })],
        ],
      ),
      [['ops opened A'], [], [], [], ['ops resolved A']],
    )
  })

  void it('if the end is not sent, the next episode is sent as new', () => {
    assert.deepEqual(
      said(
        [rule({ resolved: false })],
        [
          [T, begin(A)],
          [T + 5_000, same],
          [T + HOUR, change({ resolvedAt: T + HOUR })],
          [T + 2 * HOUR, change({ episode: 2, openedAt: T + 2 * HOUR, resolvedAt: null })],
        ],
      ),
      [['ops opened A'], [], [], ['ops opened A']],
    )
  })

  void it('the end of quiet hours brings nothing of what is over where ends are not sent, or of what may not be sent yet', () => {
    const quiet = { quiet: NIGHT, resolved: false }
    const repeated = said(
      [rule({ ...quiet, repeatMs: HOUR })],
      [
        [T, begin(A)],
        [EVENING, same],
        [EVENING + HOUR, change({ resolvedAt: EVENING + HOUR })],
        [MORNING, same],
      ],
    )
    assert.deepEqual(repeated, [['ops opened A'], [], [], []])
    const openedAt = MORNING - 10 * MINUTE
    const early = said(
      [rule({ ...quiet, afterMs: HOUR })],
      [
        [EVENING, begin(opened(EVENING, { cause: 'A' }))],
        [EVENING + HOUR, same],
        [EVENING + 2 * HOUR, change({ resolvedAt: EVENING + 2 * HOUR })],
        [openedAt, change({ episode: 2, openedAt, resolvedAt: null })],
        [MORNING, same],
        [openedAt + HOUR, same],
      ],
    )
    assert.deepEqual(early, [[], [], [], [], [], ['ops opened A']])
  })

  void it('an alert about a channel goes to the other channels only', () => {
    const down = opened(T, { code: 'channel.down', cause: 'ops' })
    assert.deepEqual(said([rule({ channels: ['ops', 'mail'] })], [[T, begin(down)]]), [['mail opened ops']])
  })

  void it('a pattern with a star stands for every code it fits, and a dot for a dot', () => {
    assert.deepEqual(
      ['*', 'leaver.*', 'leaver.open', 'leaver', 'leaverXopen'].map((one) => matches(one, 'leaver.open')),
      [true, true, true, false, false],
    )
  })

  void it('a heartbeat is due when its time is over, and ends before the next one', () => {
    const heartbeats = [{ channel: 'watch', everyMs: 5 * MINUTE }]
    const due = (last: number | null, now: number): readonly (number | null)[] =>
      dueHeartbeats({ heartbeats }, last === null ? {} : { watch: last }, [A], now).map(
        ({ expiresAt }) => expiresAt,
      )
    assert.deepEqual(due(null, T), [T + 5 * MINUTE])
    assert.deepEqual(due(T, T + 5 * MINUTE - 1), [])
    assert.deepEqual(due(T, T + 5 * MINUTE), [T + 10 * MINUTE])
    assert.deepEqual(due(T, T), [], 'sent at this moment')
    assert.deepEqual(due(T + HOUR, T), [T + 5 * MINUTE], 'written by a clock that was ahead')
  })
})

void describe('a notification names employees', () => {
  const names = (rules: readonly NotificationRule[], states: readonly AlertState[], when: number) =>
    dueNotifications(states, { rules }, when).drafts.map((draft) => [draft.kind, draft.names])

  void it('when its rule says so', () => {
    assert.deepEqual(names([rule({ names: true })], [A], T), [['opened', true]])
    assert.deepEqual(names([rule({ names: false })], [A], T), [['opened', false]])
  })

  void it('in a digest when the rules of all its alerts say so', () => {
    const alerts = [opened(EVENING, { cause: 'A' }), opened(EVENING, { code: 'leaver.open', cause: 'L' })]
    const rules = (all: boolean) => [
      rule({ alerts: ['leaver.*'], quiet: NIGHT, names: all }),
      rule({ quiet: NIGHT, names: true }),
    ]
    for (const all of [true, false]) {
      const { states } = dueNotifications(alerts, { rules: rules(all) }, EVENING)
      assert.deepEqual(names(rules(all), states, MORNING), [['digest', all]])
    }
  })

  void it('never in a heartbeat', () => {
    const heartbeats = [{ channel: 'watch', everyMs: 5 * MINUTE }]
    assert.deepEqual(
      dueHeartbeats({ heartbeats }, {}, [A], T).map((draft) => draft.names),
      [false],
    )
  })
})
