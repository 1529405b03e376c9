import {
  type AlertPart,
  factsOf,
  headingOf,
  lineOf,
  type NotificationMessage,
  plainText,
  stepsOf,
} from '../../core/alerts/message.ts'
import type { Json, JsonObject } from '../../core/model.ts'

/** Limits of blocks (https://docs.slack.dev/reference/block-kit/blocks). */
const MOST_IN_HEADER = 150
const MOST_IN_SECTION = 3_000
const MOST_IN_FIELD = 2_000
/** A message takes 50 blocks; an alert takes up to two. */
const MOST_ALERTS = 20

/**
 * A message for an incoming webhook
 * (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). `text` is what
 * notifications and screen readers show.
 */
export function slackBody(message: NotificationMessage): JsonObject {
  const shown = message.alerts.slice(0, MOST_ALERTS)
  const left = message.alerts.length - shown.length
  const icon = message.urgency === 'urgent' ? ':red_circle: ' : ''
  return {
    text: escaped(shortened(plainText(message), MOST_IN_SECTION)),
    blocks: [
      {
        type: 'header',
        text: { type: 'plain_text', emoji: true, text: shortened(`${icon}${message.title}`, MOST_IN_HEADER) },
      },
      ...shown.flatMap((alert) => alertBlocks(alert, headingOf(message, alert))),
      ...(left > 0 ? [section(`… and ${left} more: rollcall alerts`)] : []),
      ...(message.link === null ? [] : [section(message.link)]),
    ],
  }
}

function alertBlocks(alert: AlertPart, heading: string | null): readonly Json[] {
  const lines = [
    ...(heading === null ? [] : [`*${escaped(heading)}*`]),
    escaped(alert.meaning ?? alert.what),
    ...stepsOf(alert).map((step) => escaped(lineOf(step))),
  ]
  return [
    mrkdwnSection(shortened(lines.join('\n'), MOST_IN_SECTION)),
    {
      type: 'section',
      fields: factsOf(alert).map(([label, value]) => ({
        type: 'mrkdwn',
        text: shortened(`*${label}*\n${escaped(value)}`, MOST_IN_FIELD),
      })),
    },
  ]
}

const section = (given: string): Json => mrkdwnSection(escaped(given))
const mrkdwnSection = (text: string): Json => ({ type: 'section', text: { type: 'mrkdwn', text } })

/** Otherwise `<!channel>` in a name would call everybody. */
const escaped = (given: string): string =>
  given.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const shortened = (given: string, most: number): string =>
  given.length <= most ? given : `${given.slice(0, most - 1)}…`
