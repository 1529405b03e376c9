import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { startBroker } from '../../src/local/service-bus/broker.ts'
import { parseBrokerConfig } from '../../src/local/service-bus/config.ts'
import { clientConfig } from './config.ts'

/** The line after which a client has said how it went, and what each line means. */
interface Heard {
  readonly missing: string | undefined
  readonly failed: readonly string[]
  readonly passed: number
  readonly problems: string
}

/** Runs a script against a double of its own. */
async function drive(command: string, args: readonly string[]): Promise<Heard> {
  const broker = await startBroker({ config: parseBrokerConfig(clientConfig) })
  try {
    const child = spawn(command, [...args, String(broker.port)], { stdio: ['ignore', 'pipe', 'pipe'] })
    const started = new Promise<boolean>((resolve) => {
      child.once('spawn', () => resolve(true))
      child.once('error', () => resolve(false))
    })
    if (!(await started)) return { missing: command, failed: [], passed: 0, problems: '' }
    let problems = ''
    child.stderr.on('data', (bytes: Buffer) => (problems += bytes.toString()))
    const limit = setTimeout(() => child.kill('SIGKILL'), 150_000)
    const ended = once(child, 'close')
    const lines: string[] = []
    for await (const line of createInterface({ input: child.stdout })) lines.push(line)
    await ended
    clearTimeout(limit)
    return {
      missing: lines.find((line) => line.startsWith('missing '))?.slice('missing '.length),
      failed: lines.filter((line) => line.startsWith('not ok ')),
      passed: lines.filter((line) => line.startsWith('ok ')).length,
      problems,
    }
  } finally {
    await broker.stop()
  }
}

const python = (script: string): readonly string[] => [new URL(script, import.meta.url).pathname]

const clients = [
  { name: 'azure-servicebus for Python', command: '/usr/bin/python3', args: python('azure_servicebus.py') },
  { name: 'Qpid Proton', command: '/usr/bin/python3', args: python('proton_client.py') },
] as const

/**
 * Set `SERVICE_BUS_CLIENTS` to anything to run them: they take about a minute, and need packages of
 * Debian.
 */
const skip = process.env['SERVICE_BUS_CLIENTS'] === undefined ? 'SERVICE_BUS_CLIENTS is not set' : false

void describe('the Service Bus double serves other clients', { skip }, () => {
  for (const { name, command, args } of clients) {
    void it(name, async (t) => {
      const heard = await drive(command, args)
      if (heard.missing !== undefined) {
        t.skip(`${heard.missing} is not installed`)
        return
      }
      t.diagnostic(`${heard.passed} passed, ${heard.failed.length} failed`)
      if (heard.failed.length > 0 || heard.passed === 0)
        throw new Error(heard.failed.join('\n') || heard.problems.slice(-2000))
    })
  }
})
