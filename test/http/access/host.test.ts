import assert from 'node:assert/strict'
import { request } from 'node:http'
import { it } from 'node:test'
import { parseHttpAddress } from '../../../src/config/http-address.ts'
import { consoleListener } from '../../../src/http/console/listener.ts'
import { startProbes } from '../../../src/http/probes.ts'
import { contextOf } from '../console/office.ts'

void it('a request whose host is not a name is refused as misdirected, not answered with a failure', async () => {
  await using stack = new AsyncDisposableStack()
  const context = contextOf(stack, { ledger: null, now: Date.now })
  stack.defer(() => context.replays.close())
  const address = parseHttpAddress('127.0.0.1:0')
  assert.ok(address)
  const ready = () => Promise.reject(new TypeError('not asked for'))
  const probes = await startProbes({ address, token: null }, ready, async () => '', consoleListener(context))
  stack.defer(() => probes.close())
  const statusWith = (host: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      request({ port: probes.port, path: '/leavers', headers: { host } }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
        .on('error', reject)
        .end()
    })
  assert.equal(await statusWith('99999999999999999999'), 421)
  assert.equal(await statusWith('1.2.3.4.5'), 421)
  assert.notEqual(await statusWith('127.0.0.1'), 421)
})
