import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { BUS_CONFIG } from '../../../src/cli/doubles/doubles.ts'
import type { EntityCounts } from '../../../src/local/service-bus/entities/counts.ts'
import { pin } from './machine.ts'

export interface Question {
  readonly entity: string
}
export interface Answer {
  readonly counts: EntityCounts
  /** Of the whole process since it started. */
  readonly cpuMicroseconds: number
}

/** The Service Bus double in a process of its own, on a core of its own where there are several. */
export interface BrokerProcess {
  readonly connectionString: string
  look(entity: string): Promise<Answer>
  close(): void
}

export async function startBrokerProcess(): Promise<BrokerProcess> {
  const config = JSON.stringify(JSON.parse(await readFile(BUS_CONFIG, 'utf8')))
  const child = fork(new URL('./broker-process.ts', import.meta.url), [config])
  pin(child.pid)
  const [{ connectionString }] = (await once(child, 'message')) as [{ readonly connectionString: string }]
  let last: Promise<unknown> = Promise.resolve()
  return {
    connectionString,
    look: (entity) => {
      const looking = last.then(async () => {
        child.send({ entity } satisfies Question)
        const [answer] = (await once(child, 'message')) as [Answer]
        return answer
      })
      last = looking
      return looking
    },
    close: () => child.disconnect(),
  }
}
