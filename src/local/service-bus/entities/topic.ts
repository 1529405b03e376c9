import type { RuleConfig } from '../config.ts'
import type { QueueEntity } from './entity.ts'
import { SqlSyntaxError } from '../rules/lex.ts'
import { buildRule, MessageView, type Rule } from '../rules/rule.ts'
import type { Passing } from '../store/contract.ts'
import type { Envelope } from '../wire/message.ts'

export type RuleChange = 'done' | 'exists' | 'not-found' | { readonly invalid: string }

/** The rules of one subscription, in the order they were added. */
export class RuleSet {
  private readonly rules = new Map<string, Rule>()
  private readonly changed: (rules: readonly RuleConfig[]) => void

  /** `changed` hears of every later change, with all rules. */
  constructor(configs: readonly RuleConfig[], changed: (rules: readonly RuleConfig[]) => void) {
    this.changed = changed
    for (const config of configs) this.rules.set(config.name.toLowerCase(), buildRule(config))
  }

  list(): readonly RuleConfig[] {
    return [...this.rules.values()].map((rule) => rule.config)
  }

  add(config: RuleConfig): RuleChange {
    const key = config.name.toLowerCase()
    if (this.rules.has(key)) return 'exists'
    return this.put(config)
  }

  private put(config: RuleConfig): RuleChange {
    try {
      this.rules.set(config.name.toLowerCase(), buildRule(config))
      this.changed(this.list())
      return 'done'
    } catch (error) {
      if (error instanceof SqlSyntaxError) return { invalid: error.message }
      throw error
    }
  }

  remove(name: string): RuleChange {
    if (!this.rules.delete(name.toLowerCase())) return 'not-found'
    this.changed(this.list())
    return 'done'
  }

  /** Puts another rule of the same name in the place of one. */
  replace(config: RuleConfig): RuleChange {
    if (!this.rules.has(config.name.toLowerCase())) return 'not-found'
    return this.put(config)
  }

  /**
   * The copies of a message that the subscription gets: one for each matching rule with an action,
   * and one for all matching rules without any [documented]. None when no rule matches.
   */
  copies(view: MessageView): Envelope[] {
    const copies: Envelope[] = []
    let plain = false
    for (const rule of this.rules.values()) {
      if (!rule.matches(view)) continue
      if (rule.config.action === undefined) plain = true
      else copies.push(rule.act(view))
    }
    if (plain) copies.unshift(view.envelope)
    return copies
  }
}

export interface Subscription {
  readonly entity: QueueEntity
  readonly rules: RuleSet
}

/** Hands a message to every subscription that wants it. */
export function fanOut(
  subscriptions: Iterable<Subscription>,
  { envelope, arrival }: Passing,
  now: number,
): void {
  const view = new MessageView(envelope)
  for (const { entity, rules } of subscriptions) {
    for (const copy of rules.copies(view)) entity.queue.enqueue(copy, now, arrival)
  }
}
