/** What a path of the management API stands for. */
export type AtomRoute =
  | { readonly to: 'namespace' }
  | { readonly to: 'queues' }
  | { readonly to: 'topics' }
  | { readonly to: 'entity'; readonly name: string }
  | { readonly to: 'subscriptions'; readonly topic: string }
  | { readonly to: 'subscription'; readonly topic: string; readonly subscription: string }
  | { readonly to: 'rules'; readonly topic: string; readonly subscription: string }
  | {
      readonly to: 'rule'
      readonly topic: string
      readonly subscription: string
      readonly rule: string
    }

const SUBSCRIPTION_PATH = /^(.+?)\/subscriptions(?:\/([^/]+)(?:\/rules(?:\/([^/]+))?)?)?$/i

/**
 * Names of queues and topics may contain slashes; those of subscriptions and rules may not [client
 * source].
 */
export function atomRoute(pathname: string): AtomRoute {
  const path = decode(pathname).replace(/^\/+|\/+$/g, '')
  switch (path.toLowerCase()) {
    case '$namespaceinfo':
      return { to: 'namespace' }
    case '$resources/queues':
      return { to: 'queues' }
    case '$resources/topics':
      return { to: 'topics' }
    default:
      break
  }
  const match = SUBSCRIPTION_PATH.exec(path)
  if (match === null) return { to: 'entity', name: path }
  const [, topic = '', subscription, rule] = match
  if (subscription === undefined) return { to: 'subscriptions', topic }
  if (rule !== undefined) return { to: 'rule', topic, subscription, rule }
  return /\/rules$/i.test(path)
    ? { to: 'rules', topic, subscription }
    : { to: 'subscription', topic, subscription }
}

/** A path that is not properly encoded is taken as it stands. */
export function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
