import { DEFAULT_RULE, type QueueConfig } from '../../config.ts'
import type { ManagedQueue, ManagedSubscription, ManagedTopic } from '../../entities/managed.ts'
import type { Namespace } from '../../entities/namespace.ts'
import { unreachable } from '../../unreachable.ts'
import { type AtomAnswer, type AtomRequest, problem } from './answer.ts'
import { Entries, type Found } from './entries.ts'
import { checkName } from './names.ts'
import { readQueue, readSubscription, readTopic } from './read.ts'
import { atomRoute, type AtomRoute, decode } from './routes.ts'
import { readRule } from './rules.ts'
import { BodyError, childOf, type Element, type Entry, entryXml, feedXml, parseXml } from './xml.ts'

/** Most entities on one page [documented]. */
const PAGE_SIZE = 100

/** One request, and what it is about. */
export class Asked {
  private readonly namespace: Namespace
  private readonly request: AtomRequest
  private readonly now: number
  private readonly entries: Entries

  constructor(namespace: Namespace, name: string, request: AtomRequest, now: number) {
    this.namespace = namespace
    this.request = request
    this.now = now
    this.entries = new Entries(request.url, namespace.settings, name)
  }

  answer(): AtomAnswer {
    const route = atomRoute(this.request.url.pathname)
    switch (route.to) {
      case 'namespace':
      case 'queues':
      case 'topics':
      case 'subscriptions':
      case 'rules':
        return this.request.method === 'GET' ? this.read(route) : this.wrongMethod()
      case 'entity':
        return this.answerEntity(route.name)
      case 'subscription':
      case 'rule':
        return this.answerBelow(route)
      default:
        return unreachable(route)
    }
  }

  private read(route: Exclude<AtomRoute, { readonly to: 'entity' | 'subscription' | 'rule' }>): AtomAnswer {
    switch (route.to) {
      case 'namespace':
        return this.entry(200, this.entries.namespace(this.namespace.createdAt))
      case 'queues':
        return this.page('Queues', this.namespace.queues(), (queue) => this.entries.queue(queue))
      case 'topics':
        return this.page('Topics', this.namespace.topics(), (topic) => this.entries.topic(topic))
      case 'subscriptions': {
        const topic = this.namespace.topic(route.topic)
        if (topic === undefined) return this.notFound()
        return this.page('Subscriptions', [...topic.subscriptions.values()], (subscription) =>
          this.entries.subscription(topic, subscription),
        )
      }
      case 'rules': {
        const found = this.subscriptionAt(route)
        if (found === undefined) return this.notFound()
        return this.page('Rules', found.subscription.rules.list(), (rule) =>
          this.entries.rule(found, rule.name),
        )
      }
      default:
        return unreachable(route)
    }
  }

  /** A queue or topic. The body has the wanted state, the namespace the present one. */
  private answerEntity(name: string): AtomAnswer {
    const { method, updates } = this.request
    const queue = this.namespace.queue(name)
    const topic = this.namespace.topic(name)
    switch (method) {
      case 'GET':
        if (queue !== undefined) return this.entry(200, this.entries.queue(queue))
        if (topic !== undefined) return this.entry(200, this.entries.topic(topic))
        // The service answers with an empty feed [client source: getResource].
        return { status: 200, body: this.feed('Publicly Listed Services', [], undefined) }
      case 'DELETE':
        if (queue !== undefined) this.namespace.deleteQueue(queue)
        else if (topic !== undefined) this.namespace.deleteTopic(topic)
        else return this.notFound()
        return { status: 200, body: '' }
      case 'PUT': {
        const exists = queue !== undefined || topic !== undefined
        if (updates && !exists) return this.notFound()
        if (!updates && exists) return this.conflict()
        return this.putEntity(name, queue, topic)
      }
      default:
        return this.wrongMethod()
    }
  }

  private putEntity(
    name: string,
    queue: ManagedQueue | undefined,
    topic: ManagedTopic | undefined,
  ): AtomAnswer {
    const { kind, element } = this.description()
    const { settings } = this.namespace
    checkName(name, 'entity')
    if (kind === 'QueueDescription' && topic === undefined) {
      const config = readQueue(name, element, queue?.config, settings)
      this.checkForwards(config)
      if (queue === undefined) return this.entry(201, this.entries.queue(this.namespace.createQueue(config)))
      this.namespace.changeQueue(queue, config)
      return this.entry(200, this.entries.queue(queue))
    }
    if (kind === 'TopicDescription' && queue === undefined) {
      const config = readTopic(name, element, topic?.config, settings)
      if (topic === undefined) return this.entry(201, this.entries.topic(this.namespace.createTopic(config)))
      this.namespace.changeTopic(topic, config)
      return this.entry(200, this.entries.topic(topic))
    }
    throw new BodyError(`A ${kind} cannot be put at '${name}'.`)
  }

  private checkForwards({ forwardTo, forwardDeadLettersTo }: QueueConfig): void {
    for (const target of [forwardTo, forwardDeadLettersTo]) {
      if (target !== undefined && this.namespace.addresses.entity(target) === undefined)
        throw new BodyError(`The entity '${target}', to which messages are to be forwarded, does not exist.`)
    }
  }

  private answerBelow(route: AtomRoute & { readonly to: 'subscription' | 'rule' }): AtomAnswer {
    const topic = this.namespace.topic(route.topic)
    if (topic === undefined) return this.notFound()
    if (route.to === 'subscription') return this.answerSubscription(topic, route.subscription)
    const found = this.subscriptionAt(route)
    return found === undefined ? this.notFound() : this.answerRule(found, route.rule)
  }

  private answerSubscription(topic: ManagedTopic, name: string): AtomAnswer {
    const { method, updates } = this.request
    const subscription = topic.subscriptions.get(name.toLowerCase())
    switch (method) {
      case 'GET':
        if (subscription === undefined) return this.notFound()
        return this.entry(200, this.entries.subscription(topic, subscription))
      case 'DELETE':
        if (subscription === undefined) return this.notFound()
        this.namespace.deleteSubscription(topic, subscription)
        return { status: 200, body: '' }
      case 'PUT':
        if (updates && subscription === undefined) return this.notFound()
        if (!updates && subscription !== undefined) return this.conflict()
        return this.putSubscription(topic, name, subscription)
      default:
        return this.wrongMethod()
    }
  }

  private putSubscription(
    topic: ManagedTopic,
    name: string,
    subscription: ManagedSubscription | undefined,
  ): AtomAnswer {
    const { kind, element } = this.description()
    if (kind !== 'SubscriptionDescription') throw new BodyError(`A ${kind} is not a subscription.`)
    checkName(name, 'part')
    const first = childOf(element, 'DefaultRuleDescription')
    const rules = [first === undefined ? DEFAULT_RULE : readRule(undefined, first)]
    const before = subscription?.queue.config
    const config = readSubscription(name, element, before, topic.config, rules)
    this.checkForwards(config)
    if (subscription === undefined) {
      const created = this.namespace.createSubscription(topic, config)
      return this.entry(201, this.entries.subscription(topic, created))
    }
    this.namespace.changeSubscription(topic, subscription, config)
    return this.entry(200, this.entries.subscription(topic, subscription))
  }

  private answerRule(found: Found, name: string): AtomAnswer {
    const { rules } = found.subscription
    const exists = rules.list().some((rule) => rule.name.toLowerCase() === name.toLowerCase())
    const { method, updates } = this.request
    switch (method) {
      case 'GET':
        return exists ? this.entry(200, this.entries.rule(found, name)) : this.notFound()
      case 'DELETE':
        if (!exists) return this.notFound()
        rules.remove(name)
        return { status: 200, body: '' }
      case 'PUT': {
        if (updates && !exists) return this.notFound()
        if (!updates && exists) return this.conflict()
        const { kind, element } = this.description()
        if (kind !== 'RuleDescription') throw new BodyError(`A ${kind} is not a rule.`)
        checkName(name, 'part')
        const rule = readRule(name, element)
        const change = exists ? rules.replace(rule) : rules.add(rule)
        if (typeof change === 'object') throw new BodyError(change.invalid)
        return this.entry(exists ? 200 : 201, this.entries.rule(found, name))
      }
      default:
        return this.wrongMethod()
    }
  }

  private subscriptionAt(route: {
    readonly topic: string
    readonly subscription: string
  }): Found | undefined {
    const topic = this.namespace.topic(route.topic)
    const subscription = topic?.subscriptions.get(route.subscription.toLowerCase())
    return topic === undefined || subscription === undefined ? undefined : { topic, subscription }
  }

  private description(): { readonly kind: string; readonly element: Element } {
    const { name, element } = parseXml(this.request.body)
    const content = name === 'entry' ? childOf(element, 'content') : undefined
    const kind = Object.keys(content ?? {}).find((key) => key.endsWith('Description'))
    if (content === undefined || kind === undefined) throw new BodyError('The body holds no description.')
    return { kind, element: childOf(content, kind) ?? {} }
  }

  private entry(status: number, entry: Entry): AtomAnswer {
    return { status, body: entryXml(entry) }
  }

  private page<T>(title: string, all: readonly T[], entryOf: (item: T) => Entry): AtomAnswer {
    const skip = this.count('$skip', 0)
    const top = Math.min(this.count('$top', PAGE_SIZE), PAGE_SIZE)
    const next = new URL(this.request.url)
    next.searchParams.set('$skip', String(skip + top))
    next.searchParams.set('$top', String(top))
    const entries = all.slice(skip, skip + top).map(entryOf)
    return { status: 200, body: this.feed(title, entries, skip + top < all.length ? next.href : undefined) }
  }

  private count(parameter: string, byDefault: number): number {
    const text = this.request.url.searchParams.get(parameter)
    if (text === null) return byDefault
    if (!/^\d{1,9}$/.test(text)) throw new BodyError(`The value '${text}' of ${parameter} is not valid.`)
    return Number(text)
  }

  private feed(title: string, entries: readonly Entry[], next: string | undefined): string {
    return feedXml({ url: this.request.url.href, title, updatedAt: this.now, entries, next })
  }

  private notFound(): AtomAnswer {
    const detail = `SubCode=40400. Not Found. The messaging entity '${this.path()}' could not be found.`
    return problem(404, detail, this.request.url, this.now)
  }

  private conflict(): AtomAnswer {
    const detail = `SubCode=40900. Conflict. The messaging entity '${this.path()}' already exists.`
    return problem(409, detail, this.request.url, this.now)
  }

  private wrongMethod(): AtomAnswer {
    return problem(
      405,
      `The method ${this.request.method} is not allowed at '${this.path()}'.`,
      this.request.url,
      this.now,
    )
  }

  private path(): string {
    return decode(this.request.url.pathname).slice(1)
  }
}
