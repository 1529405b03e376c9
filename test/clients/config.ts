/** The entities that the scripts of this folder expect. */
export const clientConfig = {
  UserConfig: {
    Namespaces: [
      {
        Name: 'sbemulatorns',
        Queues: [
          { Name: 'plain', Properties: { LockDuration: 'PT30S', MaxDeliveryCount: 3 } },
          { Name: 'sessions', Properties: { LockDuration: 'PT30S', RequiresSession: true } },
        ],
        Topics: [{ Name: 'topic', Properties: {}, Subscriptions: [{ Name: 'all', Properties: {} }] }],
      },
    ],
  },
}
