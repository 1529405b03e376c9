import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { promisify } from 'node:util'
import { ServiceBusClient } from '@azure/service-bus'
import { startBroker } from '../../../src/local/service-bus/broker.ts'
import { certificateIn } from '../../../src/local/service-bus/tls/certificate-files.ts'
import { makeCertificate } from '../../../src/local/service-bus/tls/certificate.ts'
import { brokerFor, configOf } from './support.ts'

const config = configOf({ q: {} })

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'bus-tls-'))
  t.after(() => rm(path, { recursive: true }))
  return path
}

/** What any other program does: nothing in it knows of a double. */
const program = `
  const { ServiceBusAdministrationClient, ServiceBusClient } = require('@azure/service-bus')
  const connectionString = process.argv[1]
  const main = async () => {
    const administration = new ServiceBusAdministrationClient(connectionString)
    await administration.createQueue('made')
    const options = process.argv[2] === 'web-sockets' ? { webSocketOptions: { webSocket: require('ws') } } : {}
    const client = new ServiceBusClient(connectionString, options)
    await client.createSender('made').sendMessages({ body: 'over TLS' })
    const [message] = await client.createReceiver('made').receiveMessages(1)
    await client.close()
    console.log(message.body)
  }
  main().catch((error) => { console.error(error.code, error.message); process.exit(1) })
`

async function runProgram(caFile: string, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: caFile }
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program, ...args], {
    env,
    timeout: 60_000,
  })
  return stdout.trim()
}

void describe('TLS', () => {
  void it('the official clients work unadapted once they trust the authority: AMQP, WebSockets and administration', async (t) => {
    const { caFile, ...certificate } = await certificateIn(await folder(t))
    const { broker } = await brokerFor(t, config, { certificate })
    assert.ok(broker.tls !== undefined)
    assert.equal(broker.tls.port, broker.port)
    assert.equal(await runProgram(caFile, broker.tls.connectionString), 'over TLS')
    const again = await brokerFor(t, config, { certificate })
    assert.equal(
      await runProgram(caFile, again.broker.tls?.connectionString ?? '', 'web-sockets'),
      'over TLS',
    )
    // The connection string for plain AMQP serves the administration client as well: it asks for
    // https at the same port.
    const plain = await brokerFor(t, config, { certificate })
    assert.equal(await runProgram(caFile, plain.broker.connectionString), 'over TLS')
  })

  void it('a client that does not trust the authority is not let down into plain text', async (t) => {
    const certificate = await makeCertificate()
    const other = await certificateIn(await folder(t))
    const { broker } = await brokerFor(t, config, { certificate })
    const failed = runProgram(other.caFile, broker.tls?.connectionString ?? '')
    await assert.rejects(failed, /certificate/i)
  })

  void it('a port for TLS alone refuses plain text, and the plain port goes on', async (t) => {
    const certificate = await makeCertificate()
    const { broker, connect } = await brokerFor(t, config, { certificate, tlsPort: 0 })
    assert.ok(broker.tls !== undefined && broker.tls.port !== broker.port)
    const socket = connectTcp(broker.tls.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write('AMQP\x00\x01\x00\x00')
    await once(socket, 'close')
    const secure = connectTls({ port: broker.tls.port, host: '127.0.0.1', ca: certificate.ca })
    await once(secure, 'secureConnect')
    assert.ok(secure.authorized)
    secure.write('AMQP\x00\x01\x00\x00')
    const [answer] = (await once(secure, 'data')) as [Buffer]
    assert.equal(answer.subarray(0, 4).toString(), 'AMQP')
    secure.destroy()
    await connect().createSender('q').sendMessages({ body: 1 })
  })

  void it('without a certificate there is no TLS, and a port for it is refused', async (t) => {
    const { broker } = await brokerFor(t, config)
    assert.equal(broker.tls, undefined)
    const secure = connectTls({ port: broker.port, host: '127.0.0.1' })
    await assert.rejects(once(secure, 'secureConnect'))
    await assert.rejects(startBroker({ config, tlsPort: 0 }), /certificate/)
  })

  void it('the broker stops while TLS connections are open, established or half way', async (t) => {
    const certificate = await makeCertificate()
    const { broker } = await brokerFor(t, config, { certificate })
    const secure = connectTls({ port: broker.port, host: '127.0.0.1', ca: certificate.ca })
    secure.on('error', () => {})
    await once(secure, 'secureConnect')
    const halfWay = connectTcp(broker.port, '127.0.0.1')
    halfWay.on('error', () => {})
    halfWay.write(Buffer.from([0x16, 3, 1]))
    await once(halfWay, 'connect')
    const closed = Promise.all(
      [secure, halfWay].map(
        (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
      ),
    )
    await broker.stop()
    await closed
  })
})

void describe('the certificate in a folder', () => {
  void it('is made once, serves again, and its key is for its owner only', async (t) => {
    const path = await folder(t)
    const first = await certificateIn(path)
    assert.equal((await certificateIn(path)).cert, first.cert)
    assert.equal((await stat(join(path, 'key.pem'))).mode & 0o777, 0o600)
    assert.notEqual((await certificateIn(path, ['bus.test'])).cert, first.cert)
  })

  void it('is made anew when it is damaged', async (t) => {
    const path = await folder(t)
    const first = await certificateIn(path)
    await writeFile(join(path, 'cert.pem'), 'nonsense')
    assert.notEqual((await certificateIn(path)).cert, first.cert)
  })
})

void describe('rollcall local bus', () => {
  void it('takes settings, faults and a folder for TLS, and says how to use them', async (t) => {
    const path = await folder(t)
    const settings = join(path, 'settings.json')
    await writeFile(settings, JSON.stringify({ sku: 'Premium', faults: [{ kind: 'server-busy', count: 1 }] }))
    const main = new URL('../../../src/main.ts', import.meta.url).pathname
    const args = ['local', 'bus', '--port', '0', '--settings', settings, '--tls', path, '--tls-port', '0']
    const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.after(() => child.kill())
    const ended = once(child, 'exit').then(() => assert.fail('it ended before it was ready'))
    const [line] = (await Promise.race([once(child.stdout, 'data'), ended])) as [Buffer]
    ended.catch(() => {})
    const ready = JSON.parse(line.toString()) as {
      env: { SERVICEBUS_CONNECTION_STRING: string }
      tls: { port: number; connectionString: string; NODE_EXTRA_CA_CERTS: string }
    }
    assert.equal(ready.tls.NODE_EXTRA_CA_CERTS, join(path, 'ca.pem'))
    const client = new ServiceBusClient(ready.env.SERVICEBUS_CONNECTION_STRING, {
      retryOptions: { maxRetries: 0 },
    })
    const sender = client.createSender('hr-events')
    await assert.rejects(sender.sendMessages({ body: 1 }), { code: 'ServiceBusy' })
    assert.equal((await sender.createMessageBatch()).maxSizeInBytes, 1024 ** 2)
    await client.close()
    child.kill('SIGTERM')
    const [code] = (await once(child, 'exit')) as [number]
    assert.equal(code, 0)
  })

  void it('refuses a settings file with a sentence that names the file and the mistake', async (t) => {
    const path = await folder(t)
    const settings = join(path, 'settings.json')
    await writeFile(settings, JSON.stringify({ linkIdle: 1 }))
    const main = new URL('../../../src/main.ts', import.meta.url).pathname
    const run = promisify(execFile)(process.execPath, [
      main,
      'local',
      'bus',
      '--port',
      '0',
      '--settings',
      settings,
    ])
    await assert.rejects(run, /settings\.json holds no settings of the Service Bus double: .*linkIdle/s)
  })
})
