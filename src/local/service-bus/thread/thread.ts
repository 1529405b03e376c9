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

type Started = ThreadAnswer & { readonly kind: 'started' }
type Answered = ThreadAnswer & { readonly kind: 'answered' }

interface Waiting {
  readonly resolve: (answer: Answered) => void
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
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  const { started, call } = callsOf(worker)
  const { port, connectionString, tls } = await started

  let stopping: Promise<void> | undefined
  const stop = async () => {
    const answered = call((id) => ({ id, kind: 'stop' })).catch(() => {})
    await Promise.race([answered, exited])
    await worker.terminate()
  }
  return {
    port,
    connectionString,
    tls,
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

interface ThreadCalls {
  /** Rejects when the broker cannot be started. */
  readonly started: Promise<Started>
  /** Rejects when the call fails, or when the thread ends before it answers. */
  readonly call: (build: (id: number) => ThreadCall) => Promise<Answered>
}

/** Calls into the thread, and the answers that belong to them. */
function callsOf(worker: Worker): ThreadCalls {
  const waiting = new Map<number, Waiting>()
  const started = Promise.withResolvers<Started>()
  const take = (id: number): Waiting | undefined => {
    const one = waiting.get(id)
    waiting.delete(id)
    return one
  }
  const fail = (error: Error) => {
    started.reject(error)
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  worker.on('error', fail)
  worker.on('exit', () => fail(new Error('the broker thread has ended')))
  worker.on('message', (answer: ThreadAnswer) => {
    switch (answer.kind) {
      case 'started':
        started.resolve(answer)
        return
      case 'answered':
        take(answer.id)?.resolve(answer)
        return
      case 'failed': {
        const error = new Error(answer.message)
        if (answer.id === undefined) started.reject(error)
        else take(answer.id)?.reject(error)
        return
      }
      default:
        return unreachable(answer)
    }
  })
  let calls = 0
  const call = (build: (id: number) => ThreadCall): Promise<Answered> => {
    calls += 1
    const { promise, resolve, reject } = Promise.withResolvers<Answered>()
    waiting.set(calls, { resolve, reject })
    worker.postMessage(build(calls))
    return promise
  }
  return { started: started.promise, call }
}
