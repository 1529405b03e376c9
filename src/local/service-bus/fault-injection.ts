import type { ClientConnection } from './amqp/connection.ts'
import { isAt, pathOf } from './entities/address.ts'
import type { QueueEntity } from './entities/entity.ts'
import type { Namespace } from './entities/namespace.ts'
import { type Refusal, REFUSALS } from './errors.ts'
import { type Fault, type Faults, type Lasting, sameAddress } from './faults.ts'
import { unreachable } from './unreachable.ts'

/** Carries out faults on the connections and entities of a broker. */
export class FaultInjection {
  private readonly faults: Faults
  private readonly namespace: Namespace
  private readonly connections: ReadonlySet<ClientConnection>
  private readonly now: () => number
  private readonly timers = new Set<NodeJS.Timeout>()

  constructor(
    faults: Faults,
    namespace: Namespace,
    connections: ReadonlySet<ClientConnection>,
    now: () => number,
  ) {
    this.faults = faults
    this.namespace = namespace
    this.connections = connections
    this.now = now
  }

  /** The fault has taken effect, or is in force, when it returns. */
  inject(fault: Fault): void {
    switch (fault.kind) {
      case 'drop-connections':
        for (const connection of this.connections) connection.destroy()
        return
      case 'close-connections':
        for (const connection of this.connections)
          connection.close({ ...REFUSALS.connectionForced(), ...errorOf(fault) })
        return
      case 'freeze-connections': {
        const frozen = [...this.connections]
        for (const connection of frozen) connection.freeze()
        this.last(fault, () => {
          for (const connection of frozen) connection.thaw()
        })
        return
      }
      case 'detach-links':
        this.closeLinks(fault.entity, { ...REFUSALS.linkForced(), ...errorOf(fault) })
        return
      case 'expire-tokens':
        this.closeLinks(fault.entity, REFUSALS.tokenExpired())
        return
      case 'vanish':
        this.namespace.hide(fault.entity)
        this.last(fault, () => this.namespace.addresses.reveal(fault.entity))
        return
      case 'expire-locks':
        for (const entity of this.meant(fault.entity)) entity.queue.expireLocks(this.now())
        return
      case 'stall':
        for (const entity of this.meant(fault.entity)) entity.stall(true)
        this.faults.begin(fault)
        return
      case 'resume':
        this.faults.clear()
        this.namespace.addresses.reveal()
        for (const entity of this.namespace.addresses.entities()) entity.stall(false)
        for (const connection of this.connections) connection.thaw()
        return
      case 'slow-acknowledgements':
      case 'lose-acknowledgements':
      case 'deliver-twice':
      case 'server-busy':
      case 'refuse-tokens':
        this.faults.add(fault)
        return
      default:
        return unreachable(fault)
    }
  }

  /** Ends the timers of faults that are in force. */
  close(): void {
    for (const timer of this.timers) clearTimeout(timer)
  }

  /** Without an address, links at every entity are closed. */
  closeLinks(address: string | undefined, error: Refusal): void {
    const fits = (at: string) => {
      const path = pathOf(at)
      return address === undefined ? path.toLowerCase() !== '$cbs' : isAt(path, address)
    }
    for (const connection of this.connections) connection.closeLinks(fits, error)
  }

  /** `end` is called when the fault's time is over, unless it was ended before. */
  private last(fault: Lasting & { readonly forMs?: number }, end: () => void): void {
    this.faults.begin(fault)
    if (fault.forMs === undefined) return
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      if (this.faults.end(fault)) end()
    }, fault.forMs)
    this.timers.add(timer)
  }

  private meant(address: string | undefined): QueueEntity[] {
    return [...this.namespace.addresses.entities()].filter(
      (entity) => address === undefined || sameAddress(entity.address, address),
    )
  }
}

/** The error that a fault asks for, with the usual values for what it leaves out. */
function errorOf({
  condition,
  description,
}: {
  readonly condition?: string
  readonly description?: string
}): Partial<Refusal> {
  return { ...(condition !== undefined && { condition }), ...(description !== undefined && { description }) }
}
