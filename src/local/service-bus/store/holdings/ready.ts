import { Chain } from '../structures/chain.ts'
import { Heap } from '../structures/heap.ts'
import type { StoredMessage } from '../message.ts'

/**
 * The messages of a queue (or of one of its sessions) that can be delivered, lowest sequence number
 * first. New messages arrive in order and go to a chain; messages that come back (abandoned, lock
 * expired) go to a heap. Nothing here takes time proportional to the backlog.
 */
export class ReadyMessages {
  private readonly fresh = new Chain<StoredMessage>()
  private readonly returned = new Heap<StoredMessage>((message) => message.sequence)
  private returnedLive = 0

  get size(): number {
    return this.fresh.size + this.returnedLive
  }

  add(message: StoredMessage): void {
    if (this.fresh.last === undefined || message.sequence > this.fresh.last.sequence) {
      message.place = 'fresh'
      this.fresh.append(message)
      return
    }
    message.place = 'returned'
    this.returnedLive += 1
    this.returned.push(message)
  }

  peek(): StoredMessage | undefined {
    // An entry of the heap is stale when its message has left in another way since.
    while (this.returned.size > 0 && this.returned.peek()?.place !== 'returned') this.returned.pop()
    const back = this.returned.peek()
    const front = this.fresh.first
    if (back === undefined) return front
    return front === undefined || back.sequence < front.sequence ? back : front
  }

  take(): StoredMessage | undefined {
    const message = this.peek()
    if (message !== undefined) this.remove(message)
    return message
  }

  remove(message: StoredMessage): void {
    if (message.place === 'fresh') this.fresh.remove(message)
    else if (message.place === 'returned') {
      this.returnedLive -= 1
      if (this.returned.peek() === message) this.returned.pop()
      else if (this.returned.size > 64 && this.returned.size > this.returnedLive * 2) {
        message.place = 'none'
        this.returned.prune((entry) => entry.place === 'returned')
      }
    } else return
    message.place = 'none'
  }
}
