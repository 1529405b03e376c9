import {
  type AlertPart,
  factsOf,
  headingOf,
  lineOf,
  type NotificationMessage,
  stepsOf,
} from '../../core/alerts/message.ts'
import type { Json, JsonObject } from '../../core/model.ts'

/**
 * A message for the trigger "When a Teams webhook request is received" of a workflow, which takes
 * Adaptive Cards only
 * (https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using).
 * A message may have about 28 KB (https://learn.microsoft.com/connectors/teams/), so a long digest
 * is cut.
 */
export function teamsBody(message: NotificationMessage): JsonObject {
  const shown = message.alerts.slice(0, MOST_ALERTS)
  const left = message.alerts.length - shown.length
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [
            {
              type: 'TextBlock',
              size: 'Large',
              weight: 'Bolder',
              wrap: true,
              color: message.urgency === 'urgent' ? 'Attention' : 'Default',
              text: plain(message.title),
            },
            ...shown.flatMap((alert) => alertBlocks(alert, headingOf(message, alert))),
            ...(left > 0 ? [text(`… and ${left} more: rollcall alerts`)] : []),
          ],
          actions:
            message.link === null
              ? []
              : [{ type: 'Action.OpenUrl', title: 'Open Rollcall', url: message.link }],
        },
      },
    ],
  }
}

const MOST_ALERTS = 12

function alertBlocks(alert: AlertPart, heading: string | null): readonly Json[] {
  return [
    ...(heading === null ? [] : [{ ...text(heading), weight: 'Bolder', separator: true }]),
    text(alert.meaning ?? alert.what),
    {
      type: 'FactSet',
      facts: factsOf(alert).map(([title, value]) => ({ title, value: plain(value) })),
    },
    ...stepsOf(alert).map((step) => text(lineOf(step))),
  ]
}

const text = (given: string): { readonly [key: string]: Json } => ({
  type: 'TextBlock',
  wrap: true,
  text: plain(given),
})

/** Text blocks are Markdown, in which a name could become a link or a mention. */
const plain = (given: string): string => given.replaceAll(/[\\`*_[\]<>]/g, (sign) => `\\${sign}`)
