import type { MessagePort } from 'node:worker_threads'
import type { Ledger } from '../../../../core/ledger/ledger.ts'
import { type Call, type Lost, pack, type Reply, type TokenAnswer, type TokenWanted } from './protocol.ts'

export interface Opened {
  readonly ledger: Ledger
  release(): void
  /** Calls `onLost` once when the ledger is lost to this process. */
  watch?(onLost: (error: Error) => void): void
}

/** The worker's side: one message is one method call, which is one transaction. */
export async function serveLedger(port: MessagePort, open: () => Promise<Opened>): Promise<void> {
  let opened: Opened
  try {
    opened = await open()
  } catch (error) {
    port.postMessage({ id: 0, error: pack(error) } satisfies Reply)
    return
  }
  const { ledger, release } = opened
  opened.watch?.((error) => {
    port.postMessage({ lost: pack(error) } satisfies Lost)
    void letGo(opened, port)
  })
  port.postMessage({ id: 0, value: Object.keys(ledger) } satisfies Reply)
  port.on('message', (call: Call | TokenAnswer) => {
    if (!('method' in call)) return
    void answer(ledger, call).then((reply) => {
      port.postMessage(reply)
      if (call.method !== 'close') return
      release()
      port.close()
    })
  })
}

/** Ends the thread, even if the ledger can no longer be closed. */
async function letGo({ ledger, release }: Opened, port: MessagePort): Promise<void> {
  try {
    await ledger.close()
  } finally {
    release()
    port.close()
  }
}

/** Requests tokens from the main thread, which has the identity. */
export function tokensFrom(port: MessagePort): (scope: string) => Promise<string | null> {
  let asked = 0
  return (scope) =>
    new Promise((resolve) => {
      const id = ++asked
      const take = (message: Call | TokenAnswer): void => {
        if (!('token' in message) || message.id !== id) return
        port.off('message', take)
        resolve(message.token)
      }
      port.on('message', take)
      port.postMessage({ tokenFor: scope, id } satisfies TokenWanted)
    })
}

async function answer(ledger: Ledger, { id, method, arguments: given }: Call): Promise<Reply> {
  try {
    const work = ledger[method] as (...given: readonly unknown[]) => Promise<unknown>
    return { id, value: await work(...given) }
  } catch (error) {
    return { id, error: pack(error) }
  }
}
