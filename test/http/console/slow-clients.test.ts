import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '../../../src/core/runtime.ts'
import { silentLogger } from '../../../src/core/runtime.ts'
import { consoleListener } from '../../../src/http/console/listener.ts'
import { startProbes } from '../../../src/http/probes.ts'
import { until } from '../../adapters/support/until.ts'
import type { World } from '../../suites/conformance/ledger/world.ts'
import { anOffice, contextOf } from './office.ts'

const stack = new AsyncDisposableStack()
const WAIT_MS = 500
const errors: string[] = []
let world: World
let port = 0

before(async () => {
  world = await anOffice(stack)
  const log: Logger = { ...silentLogger, error: (event) => errors.push(event) }
  const pages = consoleListener({ ...contextOf(stack, { ledger: world.ledger, now: () => world.now }), log })
  const settings = {
    address: { host: '127.0.0.1', port: 0, loopback: true },
    token: null,
    limits: { waitMs: WAIT_MS, checkMs: 20, silentMs: WAIT_MS },
  }
  const served = await startProbes(
    settings,
    async () => ({ ready: true, checks: {} }),
    async () => '',
    pages,
  )
  stack.defer(() => served.close())
  ;({ port } = served)
  // The first request of a process takes longer than the slow clients have.
  await ask('/')
})
after(() => stack.disposeAsync())

const ask = async (path: string): Promise<number> => (await fetch(`http://127.0.0.1:${port}${path}`)).status

/** A client that sends `start`, then one more byte every few milliseconds until it is cut off. */
async function slowClient(start: string): Promise<{ readonly answer: string; readonly tookMs: number }> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.on('error', () => {}).on('data', (data) => (answer += String(data)))
  await once(socket, 'connect')
  const startedAt = performance.now()
  socket.write(start)
  const timer = setInterval(() => socket.write('x'), 20)
  await new Promise((resolve) => socket.once('close', resolve))
  clearInterval(timer)
  return { answer, tookMs: performance.now() - startedAt }
}

const HEAD = `Host: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n`

void describe('a client that sends, byte by byte,', () => {
  for (const [what, start] of [
    ['the body of a form', `POST /leavers/acknowledge HTTP/1.1\r\n${HEAD}Content-Length: 100000\r\n\r\n`],
    [
      'a body without a length',
      `POST /sign-out HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n1869f\r\n`,
    ],
    ['its headers', `GET /leavers HTTP/1.1\r\n${HEAD}X-Slow: `],
  ] as const)
    void test(`${what}, is cut off, and others are answered meanwhile`, async () => {
      const slow = Promise.all(Array.from({ length: 10 }, () => slowClient(start)))
      const others = Promise.all(['/livez', '/', '/leavers'].map(ask))
      assert.deepEqual(await Promise.race([others, slow]), [200, 200, 200])
      for (const { answer, tookMs } of await slow) {
        assert.match(answer, /^HTTP\/1\.1 408 |^$/)
        assert.ok(tookMs > WAIT_MS - 20 && tookMs < 10 * WAIT_MS, `cut off after ${tookMs} ms`)
      }
      assert.deepEqual(errors.splice(0), [], 'and the log does not fill')
    })
})

void test('a client that does not read its answer is cut off, and one that reads slowly gets all of it', async (t) => {
  const large = Buffer.alloc(30_000_000)
  const ended: boolean[] = []
  const settings = {
    address: { host: '127.0.0.1', port: 0, loopback: true },
    token: null,
    limits: { waitMs: 5_000, checkMs: 1_000, silentMs: WAIT_MS },
  }
  const served = await startProbes(
    settings,
    async () => ({ ready: true, checks: {} }),
    async () => '',
    (_, response) => {
      response.once('close', () => ended.push(response.writableFinished))
      response.end(large)
    },
  )
  t.after(() => served.close())
  const ask = async (): Promise<Socket> => {
    const socket = connect(served.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.on('error', () => {}).write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n')
    return socket
  }
  const silent = await ask()
  t.after(() => silent.destroy())
  await until('the silent one is cut off', () => ended.length > 0)
  assert.deepEqual(ended, [false])

  const slow = await ask()
  let got = 0
  for await (const data of slow) {
    got += (data as Buffer).length
    await delay(1)
  }
  assert.ok(got > large.length, String(got))
})
