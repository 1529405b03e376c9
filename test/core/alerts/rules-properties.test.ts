import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type AlertState, isOpen } from '../../../src/core/alerts/alert.ts'
import { isQuiet, type QuietHours } from '../../../src/core/alerts/quiet-hours.ts'
import { dueNotifications, type NotificationDraft } from '../../../src/core/alerts/rules.ts'
import { track } from '../../../src/core/alerts/track.ts'
import { HOUR, present, rule } from '../../fakes/alerts.ts'
import { runs } from '../../fakes/runs.ts'

/** In quiet hours: whatever opens first is held back. */
const T = Date.UTC(2026, 10, 2, 19)
const NIGHT: QuietHours = { zone: 'UTC', from: 18 * 60, to: 8 * 60, days: [] }
const CAUSES = ['A', 'B', 'C'] as const
const STEP_MS = HOUR

/** What is wrong in each hour, by cause, and how many; 0: nothing. */
type Story = readonly (readonly number[])[]
const story: fc.Arbitrary<Story> = fc.array(
  fc.array(fc.constantFrom(0, 0, 1, 1, 3, 40), { minLength: CAUSES.length, maxLength: CAUSES.length }),
  { minLength: 20, maxLength: 60, size: 'max' },
)

interface Said extends Pick<NotificationDraft, 'kind' | 'about'> {
  readonly at: number
  readonly alerts: readonly AlertState[]
}

/**
 * What is sent to a channel, and the alerts at each step. In the end nothing is wrong for two days.
 */
function live(steps: Story, more: Parameters<typeof rule>[0]) {
  const said: Said[] = []
  const open: { readonly at: number; readonly causes: ReadonlySet<string> }[] = []
  let states: readonly AlertState[] = []
  const over: Story = Array.from({ length: (48 * HOUR) / STEP_MS }, () => [0, 0, 0])
  for (const [index, counts] of [...steps, ...over].entries()) {
    const at = T + index * STEP_MS
    const wrong = CAUSES.flatMap((cause, which) => {
      const count = counts[which] ?? 0
      return count === 0 ? [] : [present({ cause, count, urgency: cause === 'C' ? 'urgent' : 'normal' })]
    })
    const due = dueNotifications(track(states, wrong, at).states, { rules: [rule(more)] }, at)
    states = due.states
    open.push({ at, causes: new Set(states.filter(isOpen).map(({ cause }) => cause)) })
    for (const { kind, about, alerts } of due.drafts) said.push({ at, kind, about, alerts })
  }
  return { said, open }
}

const check = (property: (steps: Story) => void): void =>
  fc.assert(fc.property(story, property), { numRuns: runs(60) })

void test('in quiet hours a channel receives only urgent alerts', () =>
  check((steps) => {
    for (const { at, alerts } of live(steps, { quiet: NIGHT, repeatMs: 3 * HOUR }).said)
      if (isQuiet(at, NIGHT)) assert.ok(alerts.every(({ urgency }) => urgency === 'urgent'))
  }))

/** The causes that are open for a reader of the channel after all of these messages. */
function believed(said: readonly Said[]): ReadonlySet<string> {
  const last = new Map(
    said.flatMap(({ alerts }) => alerts.map((alert) => [alert.cause, isOpen(alert)] as const)),
  )
  return new Set([...last].filter(([, open]) => open).map(([cause]) => cause))
}

void test('outside quiet hours a channel always knows what is open: nothing that they held back is lost', () =>
  check((steps) => {
    const { said, open } = live(steps, { quiet: NIGHT })
    for (const { at, causes } of open)
      if (!isQuiet(at, NIGHT)) assert.deepEqual(believed(said.filter((one) => one.at <= at)), causes)
  }))

void test('the end of quiet hours brings what they held back in one message, and never two messages about one alert', () =>
  check((steps) => {
    const { said, open } = live(steps, { quiet: NIGHT, repeatMs: 3 * HOUR })
    for (const [index, { at, causes }] of open.entries()) {
      const now = said.filter((one) => one.at === at)
      const about = now.flatMap(({ alerts }) => alerts.map(({ cause }) => cause))
      assert.equal(new Set(about).size, about.length)
      const before = open[index - 1]
      if (isQuiet(at, NIGHT) || !before || !isQuiet(before.at, NIGHT)) continue
      const known = believed(said.filter((one) => one.at < at))
      const held = ['A', 'B'].filter(
        (cause) => before.causes.has(cause) && causes.has(cause) && !known.has(cause),
      )
      if (held.length < 2) continue
      const together = now.filter(({ alerts }) => alerts.some(({ cause }) => held.includes(cause)))
      assert.deepEqual(
        together.map(({ kind }) => kind),
        ['digest'],
      )
    }
  }))

void test('an alert is repeated at the interval of its rule and no sooner, and without an interval only when it grew', () =>
  check((steps) => {
    const repeatMs = 3 * HOUR
    for (const cause of CAUSES) {
      const told = live(steps, { repeatMs }).said.filter(({ alerts }) => alerts[0]?.cause === cause)
      for (const [index, { at, kind }] of told.entries()) {
        const before = told[index - 1]
        if (kind === 'repeated') assert.ok(before && at - before.at >= repeatMs)
        if (before && before.kind !== 'resolved' && kind !== 'resolved') assert.ok(at - before.at <= repeatMs)
      }
      const quietly = live(steps, { repeatMs: null }).said.filter(({ alerts }) => alerts[0]?.cause === cause)
      assert.ok(quietly.every(({ kind }) => kind !== 'repeated'))
    }
  }))

void test('no two notifications are the same one, and each alert has its own', () =>
  check((steps) => {
    const { said } = live(steps, { repeatMs: 3 * HOUR })
    assert.equal(new Set(said.map(({ about }) => about)).size, said.length)
    for (const { alerts } of said) assert.equal(alerts.length, 1)
  }))
