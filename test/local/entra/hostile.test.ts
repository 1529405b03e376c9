import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { EntraDouble } from '../../../src/local/entra/server.ts'
import { bulk, headers, logUrl, open, employee, post, recordsOf, upload } from './support.ts'
import { until } from '../../adapters/support/until.ts'
import { anyCharacter } from '../../fakes/characters.ts'

const isWell = async (entra: EntraDouble): Promise<void> => {
  await upload(entra, employee('well'))
  await entra.runCycle()
  assert.ok((await recordsOf(entra, 'well')).length > 0)
}

async function dial(entra: EntraDouble, text: string): Promise<Socket> {
  const socket = connect(entra.port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(text)
  return socket
}

void test('any JSON in an operation is refused or becomes a record, and the double stays up', async (t) => {
  const entra = await open(t)
  const name = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '__proto__',
      'constructor',
      'manager',
      'name',
      'emails',
      'active',
      'urn:x:User',
      'toString',
    ),
  )
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.string(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      tie('list'),
      tie('object'),
    ),
    list: fc.array(tie('any'), { maxLength: 3 }),
    object: fc.dictionary(name, tie('any'), { maxKeys: 4 }),
  }))
  let count = 0
  await fc.assert(
    fc.asyncProperty(value.object, async (data) => {
      count += 1
      const externalId = `fuzz-${count}`
      const user = JSON.stringify({ ...employee(externalId), active: undefined }).slice(0, -1)
      const rest = JSON.stringify(data).slice(1)
      const body = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{"method":"POST","path":"/Users","bulkId":"b","data":${user}${rest === '}' ? '' : ','}${rest}}]}`
      const response = await post(entra.endpoint, body)
      assert.ok(response.status === 202 || response.status === 400)
      await entra.runCycle()
      if (response.status === 202) assert.equal((await entra.stats()).stagedNow, 0)
    }),
    { numRuns: 150 },
  )
  assert.equal((await fetch(`http://127.0.0.1:${entra.port}/directory`)).status, 200)
  assert.equal((await fetch(logUrl(entra, '$top=1000', 'beta'), { headers })).status, 200)
  await isWell(entra)
})

void test('endless new attribute names do not make the double grow', async (t) => {
  const entra = await open(t)
  for (let round = 0; round < 12; round += 1) {
    const names = Array.from({ length: 10_000 }, (_, index) => [`x${round}-${index}`, { deep: 'y' }])
    await upload(entra, employee('many', Object.fromEntries(names)))
    await entra.runCycle()
  }
  await upload(entra, employee('many', { name: { givenName: 'Bo' } }))
  await entra.runCycle()
  assert.deepEqual((await entra.directory())['many']?.record['name'], { givenName: 'Bo' })
  await isWell(entra)
})

void test('any body, filter or path is answered', async (t) => {
  const entra = await open(t)
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: anyCharacter, maxLength: 60 }), async (text) => {
      assert.equal((await post(entra.endpoint, text)).status, 400)
      const filtered = await fetch(
        logUrl(entra, `$filter=${encodeURIComponent(text.replaceAll(/[\uD800-\uDFFF]/g, ''))}`),
        { headers },
      )
      assert.ok(filtered.status === 200 || filtered.status === 400)
    }),
    { numRuns: 100 },
  )
  const deep = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":${'['.repeat(100_000)}`
  assert.equal((await post(entra.endpoint, deep)).status, 400)
  const nested = JSON.stringify(bulk([employee('deep')])).replace(
    '"active":true',
    `"x":${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}`,
  )
  assert.equal((await post(entra.endpoint, nested)).status, 202)
  await isWell(entra)
})

void test('bytes that are not HTTP close the connection and nothing else', async (t) => {
  const entra = await open(t)
  for (const text of [
    '\u0000\u0001\u0002',
    'GET / HTTP/9.9\r\n\r\n',
    'POST  \r\n\r\n',
    `GET /${'x'.repeat(100_000)} HTTP/1.1\r\n\r\n`,
    'GET http://[ HTTP/1.1\r\nhost: [\r\n\r\n',
  ]) {
    const socket = await dial(entra, text)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.resume()
    socket.end()
    await closed
  }
  await isWell(entra)
})

void test('a body without end is cut off at the limit, also when no length is declared', async (t) => {
  const entra = await open(t, { limits: { enabled: false, bodyBytes: 100_000 } })
  const path = new URL(entra.endpoint).pathname
  const head = `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer t\r\ncontent-type: application/scim+json\r\ntransfer-encoding: chunked\r\n\r\n`
  const socket = await dial(entra, head)
  const answers: string[] = []
  socket.on('data', (bytes) => answers.push(String(bytes)))
  const closed = once(socket, 'close')
  const piece = `2710\r\n${'x'.repeat(10_000)}\r\n`
  for (let index = 0; index < 100 && socket.writable && answers.length === 0; index += 1) {
    socket.write(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await closed
  assert.match(answers.join(''), /^HTTP\/1\.1 413 /u)
  socket.destroy()
  await isWell(entra)
})

void test('a request that trickles in delays neither other requests nor the stop of the double', async (t) => {
  const entra = await open(t)
  const path = new URL(entra.endpoint).pathname
  const heads = await Promise.all(
    Array.from({ length: 50 }, () => dial(entra, `POST ${path} HTTP/1.1\r\nhost: x\r\nx-slow: `)),
  )
  const bodies = await Promise.all(
    Array.from({ length: 50 }, () =>
      dial(
        entra,
        `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer t\r\ncontent-type: application/scim+json\r\ncontent-length: 1000\r\n\r\n{`,
      ),
    ),
  )
  await isWell(entra)
  const began = performance.now()
  await entra.stop()
  assert.ok(performance.now() - began < 30_000)
  for (const socket of [...heads, ...bodies]) socket.destroy()
})

void test('an incomplete request is cut off in time, and a half-closed connection is closed', async (t) => {
  const entra = await open(t, { requestTimeoutMs: 200 })
  const path = new URL(entra.endpoint).pathname
  const head = `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer t\r\ncontent-type: application/scim+json\r\n`
  const halves = await Promise.all(
    ['', head, `${head}content-length: 9\r\n\r\n{`].map((text) => dial(entra, text)),
  )
  halves[0]?.end()
  const closed = halves.map((socket) => {
    socket.resume()
    return new Promise((resolve) => socket.once('close', resolve))
  })
  await Promise.all(closed)
  await isWell(entra)
})

void test('connections beyond the limit are refused until others close', async (t) => {
  const entra = await open(t, { connections: 10 })
  const sockets = await Promise.all(Array.from({ length: 10 }, () => dial(entra, '')))
  const refused = connect(entra.port, '127.0.0.1')
  refused.on('error', () => undefined)
  await new Promise((resolve) => refused.once('close', resolve))
  const gone = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)))
  for (const socket of sockets) socket.destroy()
  await Promise.all(gone)
  // The server learns of it a moment after the callers.
  const isServed = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${entra.port}/stats`).then(
      () => true,
      () => false,
    )
  await until('others are served', isServed)
  await isWell(entra)
})

void test('a body far over the limit still gets its answer', async (t) => {
  const entra = await open(t)
  const response = await post(entra.endpoint, ' '.repeat(30 * 1024 * 1024))
  assert.equal(response.status, 413)
  await isWell(entra)
})

void test('callers that disconnect before their answer leave nothing behind', async (t) => {
  const entra = await open(t, {
    faults: [
      { kind: 'delay', ms: 60_000, times: 20 },
      { kind: 'slow', on: 'log', ms: 60_000, times: 20 },
    ],
  })
  for (let index = 0; index < 20; index += 1) {
    const [upload, log] = [AbortSignal.timeout(30), AbortSignal.timeout(30)]
    await assert.rejects(
      fetch(entra.endpoint, {
        method: 'POST',
        headers,
        body: JSON.stringify(bulk([employee('1')])),
        signal: upload,
      }),
    )
    await assert.rejects(fetch(logUrl(entra), { headers, signal: log }).then((response) => response.text()))
  }
  await fetch(`http://127.0.0.1:${entra.port}/faults`, { method: 'DELETE' })
  await isWell(entra)
})
