import { readFile } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import type { Broker } from '../broker.ts'
import type { EntityCounts } from '../entities/counts.ts'
import type { Certificate } from '../tls/certificate.ts'
import { type BrokerConfig, parseBrokerConfig } from '../config.ts'
import type { Fault } from '../faults.ts'
import type { BrokerSettings } from '../settings.ts'
import { unreachable } from '../unreachable.ts'

export interface BrokerThreadOptions {
  /** The configuration, or the path of a `Config.json`. */
  readonly config: BrokerConfig | string
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** Default 0: any free port. */
  readonly port?: number
  readonly settings?: Partial<BrokerSettings>
  /** See `BrokerOptions`. */
  readonly certificate?: Pick<Certificate, 'key' | 'cert'>
  readonly tlsPort?: number
  readonly file?: string
}

/** What the thread is started with. */
export interface ThreadStart extends Omit<BrokerThreadOptions, 'config'> {
  readonly config: BrokerConfig
}

export type ThreadCall =
  | { readonly id: number; readonly kind: 'counts'; readonly entity: string }
  | { readonly id: number; readonly kind: 'inject'; readonly fault: Fault }
  | { readonly id: number; readonly kind: 'stop' }

export type ThreadAnswer =
  | ({ readonly kind: 'started' } & Pick<Broker, 'port' | 'connectionString' | 'tls'>)
  | { readonly kind: 'answered'; readonly id: number; readonly counts?: EntityCounts }
  | { readonly kind: 'failed'; readonly id: number | undefined; readonly message: string }

interface Waiting {
  readonly resolve: (answer: ThreadAnswer & { readonly kind: 'answered' }) => void
  readonly reject: (error: Error) => void
}

/**
 * Starts a broker in a thread of its own, so that its work does not compete with the event loop of
 * its clients. The face is the same as in this process; the broker's clock is the system's. Rejects
 * as `startBroker` does. The thread keeps the process alive until `stop`.
 */
export async function startBrokerThread(options: BrokerThreadOptions): Promise<Broker> {
  const config =
    typeof options.config === 'string'
      ? parseBrokerConfig(await readFile(options.config, 'utf8'))
      : options.config
  const start: ThreadStart = { ...options, config }
  const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: start })
  const waiting = new Map<number, Waiting>()
  const failAll = (error: Error) => {
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  const started = await new Promise<ThreadAnswer & { readonly kind: 'started' }>((resolve, reject) => {
    const fail = (error: Error) => {
      reject(error)
      failAll(error)
    }
    worker.on('error', fail)
    worker.on('exit', () => fail(new Error('the broker thread has ended')))
    worker.on('message', (answer: ThreadAnswer) => {
      switch (answer.kind) {
        case 'started':
          resolve(answer)
          return
        case 'answered':
          waiting.get(answer.id)?.resolve(answer)
          waiting.delete(answer.id)
          return
        case 'failed':
          if (answer.id === undefined) {
            reject(new Error(answer.message))
            return
          }
          waiting.get(answer.id)?.reject(new Error(answer.message))
          waiting.delete(answer.id)
          return
        default:
          return unreachable(answer)
      }
    })
  })

  let calls = 0
  let stopping: Promise<void> | undefined
  const call = async (
    build: (id: number) => ThreadCall,
  ): Promise<ThreadAnswer & { readonly kind: 'answered' }> => {
    calls += 1
    const id = calls
    return await new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject })
      worker.postMessage(build(id))
    })
  }
  const stop = async () => {
    const answered = call((id) => ({ id, kind: 'stop' })).catch(() => {})
    await Promise.race([answered, exited])
    await worker.terminate()
  }
  return {
    port: started.port,
    connectionString: started.connectionString,
    tls: started.tls,
    counts: async (entity) => {
      const { counts } = await call((id) => ({ id, kind: 'counts', entity }))
      if (counts === undefined) throw new Error('the broker thread answered without counts')
      return counts
    },
    inject: async (fault) => {
      await call((id) => ({ id, kind: 'inject', fault }))
    },
    stop: () => {
      stopping ??= stop()
      return stopping
    },
  }
}
