import type { ServiceBusClient } from '@azure/service-bus'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { connect } from '../../../src/adapters/service-bus/client.ts'
import { start } from '../../fakes/rollcall.ts'
import { pin } from './machine.ts'

/** What `rollcall local` prints once its doubles listen. */
export interface ToldByDoubles {
  /** What a connector needs to reach them. */
  readonly environment: Readonly<Record<string, string>>
  readonly entraPort: number
}

export interface StartedDoubles extends ToldByDoubles {
  readonly client: ServiceBusClient
}

/**
 * Both doubles in a process of their own, on a core of its own, and a client of the bus, until
 * `stack` closes.
 */
export async function startDoubles(stack: AsyncDisposableStack): Promise<StartedDoubles> {
  const child = start(['local', '--fast'])
  stack.defer(() => void child.kill())
  pin(child.pid)
  const told = await toldBy(child)
  const connectionString = told.environment['SERVICEBUS_CONNECTION_STRING'] ?? ''
  const client = connect({ kind: 'connection-string', connectionString })
  return { ...told, client: stack.adopt(client, (it) => it.close()) }
}

export async function toldBy({ stdout }: Pick<ChildProcess, 'stdout'>): Promise<ToldByDoubles> {
  if (!stdout) throw new Error('no stdout')
  const [line] = (await once(createInterface(stdout), 'line')) as [string]
  const { env: environment, entraPort } = JSON.parse(line) as {
    readonly env: Readonly<Record<string, string>>
    readonly entraPort: number
  }
  return { environment, entraPort }
}
