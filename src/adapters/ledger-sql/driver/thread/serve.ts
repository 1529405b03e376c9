import type { MessagePort } from 'node:worker_threads'
import type { Ledger } from '../../../../core/ledger/ledger.ts'
import {
  type Beside,
  type Call,
  type Lost,
  type OpenBeside,
  pack,
  type Reply,
  type ThreadModule,
  type TokenAnswer,
  type TokenWanted,
} from './protocol.ts'

export interface Opened {
  readonly ledger: Ledger
  release(): void
  /** Calls `onLost` once when the ledger is lost to this process. */
  watch?(onLost: (error: Error) => void): void
}

/**
 * The worker's side: one message is one method call, which is one transaction, or a call of the
 * module.
 */
export async function serveLedger(
  port: MessagePort,
  open: () => Promise<Opened>,
  module?: ThreadModule,
): Promise<void> {
  let opened: Opened
  try {
    opened = await open()
  } catch (error) {
    port.postMessage({ id: 0, error: pack(error) } satisfies Reply)
    return
  }
  const { ledger, release } = opened
  // Its failure is the answer to each call of it.
  const beside = module ? load(module, ledger) : null
  beside?.catch(() => {})
  opened.watch?.((error) => {
    port.postMessage({ lost: pack(error) } satisfies Lost)
    void letGo(opened, beside, port)
  })
  port.postMessage({ id: 0, value: Object.keys(ledger) } satisfies Reply)
  port.on('message', (call: Call | TokenAnswer) => {
    if (!('method' in call)) return
    void answer(ledger, beside, call).then((reply) => {
      port.postMessage(reply)
      if (call.method !== 'close') return
      release()
      port.close()
    })
  })
}

async function load({ url, data }: ThreadModule, ledger: Ledger): Promise<Beside> {
  const { open } = (await import(url)) as { readonly open: OpenBeside }
  return open(ledger, data)
}

/** Ends the thread, even if the ledger can no longer be closed. */
async function letGo(
  { ledger, release }: Opened,
  beside: Promise<Beside> | null,
  port: MessagePort,
): Promise<void> {
  try {
    await closeBeside(beside)
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

/** Resolves at once where there is none, or where it could not be loaded. */
async function closeBeside(beside: Promise<Beside> | null): Promise<void> {
  const loaded = await beside?.catch(() => null)
  await loaded?.close()
}

async function answer(
  ledger: Ledger,
  beside: Promise<Beside> | null,
  { id, method, arguments: given }: Call,
): Promise<Reply> {
  try {
    if (method === 'close') await closeBeside(beside)
    const methods = method in ledger ? ledger : (await beside)?.methods
    const work = (methods as Readonly<Record<string, (...given: readonly unknown[]) => unknown>>)[method]
    return { id, value: await work?.(...given) }
  } catch (error) {
    return { id, error: pack(error) }
  }
}
