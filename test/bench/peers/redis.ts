import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../adapters/support/free-port.ts'

/** A Redis that flushes every write, on loopback, until `stack` closes. Returns its port. */
export async function startDurableRedis(program: string, stack: AsyncDisposableStack): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-redis-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const port = await freePort()
  const settings = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '', '--bind', '127.0.0.1']
  const server = spawn(program, ['--port', String(port), '--dir', folder, ...settings], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(server, 'exit')
  stack.defer(async () => {
    server.kill()
    await ended
  })
  await new Promise<void>((resolve, reject) => {
    createInterface(server.stdout)
      .on('line', (line) => /ready to accept connections/i.test(line) && resolve())
      .on('close', () => reject(new Error(`${program} ended before it listened`)))
  })
  return port
}
