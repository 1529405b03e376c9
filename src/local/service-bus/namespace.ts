import type { BrokerConfig, EntityStatus, QueueConfig } from './config.ts'
import { QueueEntity } from './entity.ts'
import type { Destination } from './entity.ts'
import { refusals } from './errors.ts'
import type { Refusal } from './errors.ts'
import type { BrokerSettings } from './settings.ts'
import { amqp } from './rhea-types.ts'
import type { Typed } from './rhea-types.ts'
import { MessageQueue, directArrival } from './store/queue.ts'
import type { DeadLetter, QueueHooks, QueueSpec } from './store/queue.ts'
import type { StoredMessage } from './store/message.ts'
import type { Turn } from './turn.ts'
import { withApplicationProperties } from './wire/message.ts'
import type { Envelope } from './wire/message.ts'

/** What an address stands for. */
export type Node =
  | { readonly kind: 'queue'; readonly entity: QueueEntity; readonly destination: Destination | undefined }
  | { readonly kind: 'management'; readonly address: string; readonly of: Node }
  | { readonly kind: 'cbs' }

const managementSuffix = '/$management'
const deadLetterSuffix = '/$deadletterqueue'

/** Every entity of the namespace by its address; addresses are compared without regard to case, as the service does. */
export class Namespace {
  private readonly entities = new Map<string, QueueEntity>()
  private readonly destinations = new Map<string, Destination>()
  private readonly settings: BrokerSettings
  private readonly turn: Turn
  private readonly now: () => number

  constructor(config: BrokerConfig, settings: BrokerSettings, turn: Turn, now: () => number) {
    this.settings = settings
    this.turn = turn
    this.now = now
    for (const queue of config.queues) this.addQueue(queue)
  }

  /** Every queue, subscription and dead-letter queue. */
  all(): IterableIterator<QueueEntity> {
    return this.entities.values()
  }

  entity(address: string): QueueEntity | undefined {
    return this.entities.get(address.toLowerCase())
  }

  /** Undefined when there is no such entity. Addresses may be absolute (`sb://host/queue`) or relative. */
  resolve(address: string): Node | undefined {
    const path = address.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/^\/+|\/+$/g, '')
    const key = path.toLowerCase()
    if (key === '$cbs') return { kind: 'cbs' }
    if (key.endsWith(managementSuffix)) {
      const of = this.resolve(path.slice(0, -managementSuffix.length))
      return of === undefined ? undefined : { kind: 'management', address, of }
    }
    const entity = this.entities.get(key)
    if (entity === undefined) return undefined
    return { kind: 'queue', entity, destination: this.destinations.get(key) }
  }

  private addQueue(config: QueueConfig): void {
    const entity = this.addEntity(config.name, config)
    this.destinations.set(config.name.toLowerCase(), {
      address: config.name,
      accept: (envelopes, now) => this.acceptInto(entity, envelopes, now),
    })
  }

  private addEntity(address: string, config: QueueConfig): QueueEntity {
    const deadLetterSpec: QueueSpec = {
      address: `${address}/$DeadLetterQueue`,
      lockDurationMs: config.lockDurationMs,
      maxDeliveryCount: Infinity,
      duplicateWindowMs: undefined,
      defaultTtlMs: Infinity,
      deadLetterOnExpiration: false,
      isDeadLetterQueue: true,
    }
    const deadLetters = this.buildEntity(
      deadLetterSpec,
      { requiresSession: false, status: config.status, deadLetters: undefined },
      () => {},
    )
    const spec: QueueSpec = {
      address,
      lockDurationMs: config.lockDurationMs,
      maxDeliveryCount: config.maxDeliveryCount,
      duplicateWindowMs: config.duplicateWindowMs,
      defaultTtlMs: config.defaultTtlMs,
      deadLetterOnExpiration: config.deadLetterOnExpiration,
      isDeadLetterQueue: false,
    }
    const entity = this.buildEntity(
      spec,
      { requiresSession: config.requiresSession, status: config.status, deadLetters },
      (message, envelope, letter, now) => {
        this.moveToDeadLetters(deadLetters, message, envelope, letter, now)
      },
    )
    this.entities.set(address.toLowerCase(), entity)
    this.entities.set(address.toLowerCase() + deadLetterSuffix, deadLetters)
    return entity
  }

  private buildEntity(
    spec: QueueSpec,
    fields: { readonly requiresSession: boolean; readonly status: EntityStatus; readonly deadLetters: QueueEntity | undefined },
    deadLettered: QueueHooks['deadLettered'],
  ): QueueEntity {
    const entity: QueueEntity = new QueueEntity(
      { address: spec.address, queue: new MessageQueue(spec, { available: () => entity.available(), deadLettered }), ...fields },
      this.turn,
      this.now,
    )
    return entity
  }

  private acceptInto(entity: QueueEntity, envelopes: readonly Envelope[], now: number): Refusal | undefined {
    const bytes = envelopes.reduce((sum, envelope) => sum + envelope.size, 0)
    if (entity.queue.bytes + bytes > this.settings.maxEntityBytes) return refusals.quotaExceeded(entity.address)
    for (const envelope of envelopes) entity.queue.enqueue(envelope, now)
    return undefined
  }

  private moveToDeadLetters(target: QueueEntity, message: StoredMessage, envelope: Envelope, letter: DeadLetter, now: number): void {
    const properties = new Map<string, Typed>(letter.properties)
    if (letter.reason !== undefined) properties.set('DeadLetterReason', amqp.wrap_string(letter.reason))
    if (letter.description !== undefined) properties.set('DeadLetterErrorDescription', amqp.wrap_string(letter.description))
    target.queue.enqueue({ ...envelope, bare: withApplicationProperties(envelope.bare, properties) }, now, {
      ...directArrival,
      deliveryCount: message.deliveryCount,
      sequence: this.settings.deadLetterSequence === 'keep' ? message.sequence : undefined,
      enqueuedAt: message.enqueuedAt,
      originalSequence: message.originalSequence,
      hops: message.hops,
    })
  }
}
