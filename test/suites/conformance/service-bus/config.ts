/** Short, so that what a case left locked is soon free for the next one. */
const brief = { LockDuration: 'PT5S' }
const session = { RequiresSession: true, LockDuration: 'PT5S' }

/** The entities the suite needs, in the official emulator's format and within its limits. */
export const conformanceConfig = {
  UserConfig: {
    Namespaces: [
      {
        Name: 'sbemulatorns',
        Queues: [
          {
            Name: 'cf-queue',
            Properties: { LockDuration: 'PT5S', MaxDeliveryCount: 3, DeadLetteringOnMessageExpiration: true },
          },
          {
            Name: 'cf-dropping',
            Properties: { LockDuration: 'PT5S', DeadLetteringOnMessageExpiration: false },
          },
          { Name: 'cf-sessions', Properties: { ...session, MaxDeliveryCount: 3 } },
          {
            Name: 'cf-duplicates',
            Properties: {
              ...brief,
              RequiresDuplicateDetection: true,
              DuplicateDetectionHistoryTimeWindow: 'PT20S',
            },
          },
          { Name: 'cf-target', Properties: brief },
          { Name: 'cf-forwarding', Properties: { ...brief, ForwardTo: 'cf-target' } },
          {
            Name: 'cf-dead-forwarding',
            Properties: { ...brief, ForwardDeadLetteredMessagesTo: 'cf-target' },
          },
        ],
        Topics: [
          {
            Name: 'cf-topic',
            Properties: {},
            Subscriptions: [
              { Name: 'everything', Properties: brief },
              { Name: 'sql', Properties: brief, Rules: [sqlRule('red', "color = 'red' AND quantity >= 2")] },
              {
                Name: 'correlation',
                Properties: brief,
                Rules: [
                  {
                    Name: 'important',
                    Properties: {
                      FilterType: 'Correlation',
                      CorrelationFilter: { Label: 'important', Properties: { color: 'red' } },
                    },
                  },
                ],
              },
              {
                Name: 'acting',
                Properties: brief,
                Rules: [sqlRule('priced', 'EXISTS(quantity)', 'SET price = quantity * 2; REMOVE color')],
              },
              { Name: 'ruled', Properties: brief },
            ],
          },
        ],
      },
    ],
    Logging: { Type: 'Console' },
  },
}

function sqlRule(Name: string, SqlExpression: string, action?: string): object {
  const Action = action === undefined ? {} : { Action: { SqlExpression: action } }
  return { Name, Properties: { FilterType: 'Sql', SqlFilter: { SqlExpression }, ...Action } }
}
