import { isAt, pathOf } from './address.ts'
import type { Destination, QueueEntity } from './entity.ts'
import type { RuleSet } from './topic.ts'

/** What an address stands for. */
export type Node =
  | {
      readonly kind: 'queue'
      readonly entity: QueueEntity
      /** Undefined where nothing can be sent: subscriptions and dead-letter queues. */
      readonly destination: Destination | undefined
      /** Only subscriptions have rules. */
      readonly rules: RuleSet | undefined
    }
  | { readonly kind: 'topic'; readonly entity: QueueEntity; readonly destination: Destination }
  | { readonly kind: 'management'; readonly address: string; readonly of: Node }
  | { readonly kind: 'cbs' }

const MANAGEMENT_SUFFIX = '/$management'

/**
 * What each address of the namespace stands for. Addresses are compared without regard to case, as
 * the service does.
 */
export class AddressTable {
  private readonly nodes = new Map<string, Node>()
  private readonly hidden = new Set<string>()

  set(address: string, node: Node): void {
    this.nodes.set(address.toLowerCase(), node)
  }

  delete(address: string): void {
    this.nodes.delete(address.toLowerCase())
  }

  /** Every queue, topic, subscription and dead-letter queue. */
  *entities(): Generator<QueueEntity> {
    for (const node of this.nodes.values())
      if (node.kind === 'queue' || node.kind === 'topic') yield node.entity
  }

  entity(address: string): QueueEntity | undefined {
    const node = this.resolve(address)
    return node?.kind === 'queue' || node?.kind === 'topic' ? node.entity : undefined
  }

  /**
   * Undefined when there is no such entity. Addresses may be absolute (`sb://host/queue`) or
   * relative.
   */
  resolve(address: string): Node | undefined {
    const path = pathOf(address)
    const key = path.toLowerCase()
    if (key === '$cbs') return { kind: 'cbs' }
    for (const hidden of this.hidden) if (isAt(key, hidden)) return undefined
    if (!key.endsWith(MANAGEMENT_SUFFIX)) return this.nodes.get(key)
    const of = this.resolve(path.slice(0, -MANAGEMENT_SUFFIX.length))
    return of === undefined || of.kind === 'cbs' ? undefined : { kind: 'management', address, of }
  }

  /** The entity cannot be resolved any more. */
  hide(address: string): void {
    this.hidden.add(pathOf(address).toLowerCase())
  }

  /** Without an address, every hidden entity is back. */
  reveal(address?: string): void {
    if (address === undefined) this.hidden.clear()
    else this.hidden.delete(pathOf(address).toLowerCase())
  }

  /** Whether a token for this audience is for the namespace or for something in it. */
  covers(audience: string): boolean {
    return pathOf(audience) === '' || this.resolve(audience) !== undefined
  }
}
