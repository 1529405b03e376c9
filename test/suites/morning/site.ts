import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { closeWithin, connect } from '../../../src/adapters/service-bus/client.ts'
import { type Doubles, startDoubles } from '../../../src/cli/doubles/doubles.ts'
import { bodyOf, serve } from '../../adapters/hr-reader/server.ts'
import { startPostgres } from '../../adapters/support/postgres.ts'
import { until } from '../../adapters/support/until.ts'
import { command } from '../../fakes/cli.ts'
import { type Ran, start } from '../../fakes/rollcall.ts'
import { accounts } from './night.ts'

/** An alert as it was noticed: where, and when. */
export interface Notice {
  readonly by: 'log' | 'notification'
  readonly alert: string
  readonly cause: string
  readonly at: number
}

/**
 * Connectors as a user starts them, on the doubles and PostgreSQL, and the shell of an operator.
 */
export interface Site {
  readonly folder: string
  readonly notices: readonly Notice[]
  /** What the second instance, which only publishes and notifies, says at `/metrics`. */
  metrics(): Promise<string>
  send(events: readonly object[]): Promise<void>
  /**
   * Starts the connector with these rules and settings, after an orderly stop of the one that runs.
   */
  startConnector(rules: object, settings?: Environment): Promise<void>
  stopConnector(): Promise<void>
  /** A command that an operator types. */
  type(...args: readonly string[]): Promise<Ran>
  directory(): Promise<Readonly<Record<string, { readonly active: boolean }>>>
}
type Environment = Readonly<Record<string, string>>

const SENT_AT_ONCE = 500

/** `taken` user names belong to accounts that the directory already has. */
export async function site(t: TestContext, taken: number, settings: Environment): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-morning-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const doubles = await doublesIn(folder, taken)
  t.after(() => doubles.stop())
  const postgres = await startPostgres()
  t.after(() => postgres.close())
  const notices: Notice[] = []
  const hook = await receiver(t, notices)
  const file = join(folder, 'rollcall.yaml')
  const base = {
    ...doubles.environment,
    LEDGER: await postgres.database(),
    ROLLCALL_CONFIG: file,
    HTTP_ADDRESS: '127.0.0.1:0',
  }
  let environment: Environment = { ...base, ...settings }
  const client = connect({
    kind: 'connection-string',
    connectionString: doubles.environment['SERVICEBUS_CONNECTION_STRING'] ?? '',
  })
  t.after(() => closeWithin(500, client.close()))
  const connectors: Running[] = []
  t.after(() => Promise.all(connectors.map((one) => one.stop())))
  const runAs = async (name: string, ...args: readonly string[]): Promise<Running> => {
    const running = await runConnector(args, { ...environment, INSTANCE: name }, notices)
    connectors.push(running)
    return running
  }
  let first: Running | null = null
  let second: Running | null = null
  const stopConnector = async (): Promise<void> => first?.stop()
  return {
    folder,
    notices,
    metrics: async () => (await fetch(`http://127.0.0.1:${second?.port}/metrics`)).text(),
    send: async (events) => {
      const sender = client.createSender('hr-events')
      for (let at = 0; at < events.length; at += SENT_AT_ONCE)
        await sender.sendMessages(events.slice(at, at + SENT_AT_ONCE).map(messageOf))
    },
    startConnector: async (rules, more = {}) => {
      await stopConnector()
      await writeFile(file, JSON.stringify({ ...rules, ...notifying(hook) }))
      environment = { ...environment, ...more }
      first = await runAs('first')
      second ??= await runAs('second', '--loops', 'publish')
    },
    stopConnector,
    type: (...args) => command(args, environment),
    directory: async () =>
      (await (await fetch(`http://127.0.0.1:${doubles.entra.port}/directory`)).json()) as Awaited<
        ReturnType<Site['directory']>
      >,
  }
}

const messageOf = (event: object): { readonly body: Buffer; readonly contentType: string } => ({
  body: Buffer.from(JSON.stringify(event)),
  contentType: 'application/cloudevents+json',
})

/** Tells one channel of everything at once, and calls the quota low and a loop missing early. */
const notifying = (url: string): object => ({
  alerts: { quota: 30, loops: '1s' },
  notifications: {
    channels: { oncall: { webhook: { url, allowHttp: true } } },
    rules: [{ to: 'oncall' }],
  },
})

function receiver(t: TestContext, notices: Notice[]): Promise<string> {
  return serve(t, async (request, response) => {
    const { subject } = JSON.parse(await bodyOf(request)) as { readonly subject: string }
    const [alert = '', cause = ''] = subject.split('/')
    notices.push({ by: 'notification', alert, cause, at: Date.now() })
    response.writeHead(202).end()
  })
}

async function doublesIn(folder: string, taken: number): Promise<Doubles> {
  const directoryFile = join(folder, 'directory.json')
  await writeFile(directoryFile, JSON.stringify(accounts(taken)))
  const entraSettings = join(folder, 'entra.json')
  await writeFile(entraSettings, JSON.stringify({ directoryFile, verifiedDomains: ['contoso.com'] }))
  return startDoubles({ fast: true, entraSettings })
}

interface Running {
  readonly port: number
  stop(): Promise<void>
}
interface LogLine {
  readonly event: string
  readonly cause?: string
  readonly port?: number
}

async function runConnector(
  args: readonly string[],
  environment: Environment,
  notices: Notice[],
): Promise<Running> {
  const child = start(['run', ...args], environment)
  const ended = once(child, 'exit')
  let port = 0
  if (child.stderr)
    createInterface(child.stderr).on('line', (line) => {
      const { event, cause = '', port: listening } = JSON.parse(line) as LogLine
      port = listening ?? port
      notices.push({ by: 'log', alert: event, cause, at: Date.now() })
    })
  await until('the connector listens', () => port > 0)
  return {
    port,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}
