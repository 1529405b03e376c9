/** A queue, or a subscription of a topic. */
export type EntityAddress =
  | { readonly queue: string }
  | { readonly topic: string; readonly subscription: string }

/** The path by which Service Bus itself addresses the queue or subscription. */
export function entityOf(address: EntityAddress): string {
  return 'queue' in address ? address.queue : `${address.topic}/Subscriptions/${address.subscription}`
}
