import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { start } from '../../fakes/rollcall.ts'
import { pin } from './machine.ts'

export interface StartedDoubles {
  /** What a connector needs to reach them. */
  readonly environment: Readonly<Record<string, string>>
  readonly entraPort: number
}

/** Both doubles in a process of their own, on a core of its own, until `stack` closes. */
export async function startDoubles(
  stack: AsyncDisposableStack,
  options: readonly string[] = ['--fast'],
): Promise<StartedDoubles> {
  const child = start(['local', ...options])
  stack.defer(() => void child.kill())
  pin(child.pid)
  if (!child.stdout) throw new Error('no stdout')
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const { env: environment, entraPort } = JSON.parse(line) as {
    readonly env: Readonly<Record<string, string>>
    readonly entraPort: number
  }
  return { environment, entraPort }
}
