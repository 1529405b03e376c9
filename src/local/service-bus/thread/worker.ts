import { parentPort, workerData } from 'node:worker_threads'
import { type Broker, startBroker } from '../broker.ts'
import type { ThreadAnswer, ThreadCall, ThreadStart } from './thread.ts'
import { unreachable } from '../unreachable.ts'

/** The inside of the broker's thread: one broker, driven by messages. */
async function run(start: ThreadStart): Promise<void> {
  const post = (answer: ThreadAnswer) => parentPort?.postMessage(answer)
  const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
  try {
    const broker = await startBroker(start)
    parentPort?.on('message', (call: ThreadCall) => {
      answerCall(broker, call).then(post, (error: unknown) =>
        post({ kind: 'failed', id: call.id, message: reasonOf(error) }),
      )
    })
    const { port, connectionString, tls } = broker
    post({ kind: 'started', port, connectionString, tls })
  } catch (error) {
    post({ kind: 'failed', id: undefined, message: reasonOf(error) })
  }
}

async function answerCall(broker: Broker, call: ThreadCall): Promise<ThreadAnswer> {
  const { id } = call
  switch (call.kind) {
    case 'counts':
      return { kind: 'answered', id, counts: await broker.counts(call.entity) }
    case 'inject':
      await broker.inject(call.fault)
      return { kind: 'answered', id }
    case 'stop':
      await broker.stop()
      return { kind: 'answered', id }
    default:
      return unreachable(call)
  }
}

await run(workerData as ThreadStart)
