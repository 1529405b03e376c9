import { Socket } from 'node:net'
import type { ServiceBusClient } from '@azure/service-bus'

const paced = new WeakSet<Socket>()

/**
 * Gives the event loop a turn after each read of the client's connection, which is 64 KB at most.
 * While more is there, Node reads up to 32 times in one turn, and the client decodes all of it at
 * once: with 768 messages in flight, probes and timers would wait for 50 ms. Does nothing over
 * WebSockets.
 */
export function paceReads(client: ServiceBusClient): void {
  const socket = socketOf(client)
  if (socket === null || paced.has(socket)) return
  paced.add(socket)
  socket.on('data', () => {
    socket.pause()
    // The first would still be in this turn.
    setImmediate(() => setImmediate(() => socket.resume()))
  })
}

/** The client does not show its connection, so it is looked for by the names of its parts. */
function socketOf(client: ServiceBusClient): Socket | null {
  const path = ['_connectionContext', 'connection', '_connection', 'socket']
  const found = path.reduce<unknown>((part, name) => partOf(part, name), client)
  return found instanceof Socket ? found : null
}

function partOf(whole: unknown, name: string): unknown {
  return typeof whole === 'object' && whole !== null ? Reflect.get(whole, name) : undefined
}
