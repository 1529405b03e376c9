import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../adapters/support/free-port.ts'
import { until } from '../../adapters/support/until.ts'
import { start } from '../../fakes/rollcall.ts'
import { toldBy } from '../support/doubles.ts'
import { pin } from '../support/machine.ts'
import { cpuSeconds, cpuSecondsOf } from '../support/process.ts'

/** A broker of its own processes, with one durable queue, on loopback. */
export interface AmqpBroker {
  readonly login: { readonly port: number; readonly username?: string; readonly password?: string }
  readonly address: string
  /** When a message counts as kept. */
  readonly durability: string
  /** Of all its processes since they started. */
  cpuSeconds(): Promise<number>
}

/** Each runs until the stack closes. */
export const BROKERS: Readonly<Record<string, (stack: AsyncDisposableStack) => Promise<AmqpBroker>>> = {
  double: (stack) => double(stack, []),
  'double-with-file': async (stack) => double(stack, ['--bus-file', join(await folderOf(stack), 'bus.db')]),
  rabbitmq,
  proton,
}

async function double(stack: AsyncDisposableStack, file: readonly string[]): Promise<AmqpBroker> {
  const child = start(['local', '--fast', ...file])
  stack.defer(() => void child.kill())
  pin(child.pid)
  const { environment } = await toldBy(child)
  const [, port] = /:(\d+)/.exec(environment['SERVICEBUS_CONNECTION_STRING'] ?? '') ?? []
  return {
    login: { port: Number(port) },
    address: 'hr-events',
    durability: file.length > 0 ? 'in a file, without waiting for the disk' : 'in memory',
    cpuSeconds: () => cpuSecondsOf(child.pid),
  }
}

/** RabbitMQ 3 with its plugin for AMQP 1.0. Its queue is a classic one. */
async function rabbitmq(stack: AsyncDisposableStack): Promise<AmqpBroker> {
  const folder = await folderOf(stack)
  const [port, epmdPort, distributionPort] = [await freePort(), await freePort(), await freePort()]
  await writeFile(join(folder, 'plugins'), '[rabbitmq_amqp1_0].')
  await writeFile(join(folder, 'rabbitmq.conf'), `listeners.tcp.1 = 127.0.0.1:${port}\n`)
  const environment = {
    HOME: folder,
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: 'rollcall@localhost',
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_MNESIA_BASE: folder,
    RABBITMQ_LOG_BASE: folder,
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
  }
  // The daemon that names the ports of Erlang nodes leaves the group of its parent.
  stack.defer(() => void spawnSync('epmd', ['-port', String(epmdPort), '-kill']))
  const group = await started(stack, { program: '/usr/lib/rabbitmq/bin/rabbitmq-server', environment, port })
  return {
    login: { port, username: 'guest', password: 'guest' },
    address: '/queue/rollcall',
    durability: 'durable queue, persistent messages, confirmed when on disk',
    cpuSeconds: async () => cpuSecondsIn(group),
  }
}

/** The broker among the examples of Qpid Proton, compiled here. */
async function proton(stack: AsyncDisposableStack): Promise<AmqpBroker> {
  const [folder, port] = [await folderOf(stack), await freePort()]
  const program = join(folder, 'broker')
  const libraries = ['-lqpid-proton', '-lpthread']
  const compiled = spawnSync('cc', ['-O2', '-o', program, EXAMPLE, ...libraries], { encoding: 'utf8' })
  if (compiled.status !== 0) throw new Error(`cc: ${compiled.stderr}`)
  const given = ['127.0.0.1', String(port)]
  const group = await started(stack, { program, given, environment: {}, port })
  return {
    login: { port },
    address: 'rollcall',
    durability: 'in memory',
    cpuSeconds: async () => cpuSecondsIn(group),
  }
}
const EXAMPLE = '/usr/share/proton/examples/c/broker.c'

interface Program {
  readonly program: string
  readonly given?: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** On which it listens when it is ready. */
  readonly port: number
}

/** Starts a program in a group of processes of its own, and returns the group. */
async function started(
  stack: AsyncDisposableStack,
  { program, given = [], environment, port }: Program,
): Promise<number> {
  const child = spawn(program, given, {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { PATH: process.env['PATH'] ?? '', ...environment },
  })
  const ended = once(child, 'exit')
  const { pid } = child
  if (pid === undefined) throw new Error(`${program} does not start`)
  stack.defer(async () => {
    process.kill(-pid)
    await ended
  })
  await until(`${program} listens`, () => listens(port), 60_000, 100)
  return pid
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** What the processes of a group have used since each of them started. */
function cpuSecondsIn(group: number): number {
  const stats = globSync('/proc/[0-9]*/stat').map((file) => {
    try {
      return readFileSync(file, 'utf8')
    } catch {
      return ''
    }
  })
  const groupOf = (stat: string): number => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2])
  return stats.filter((stat) => groupOf(stat) === group).reduce((sum, stat) => sum + cpuSeconds(stat), 0)
}

async function folderOf(stack: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-broker-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  return folder
}
