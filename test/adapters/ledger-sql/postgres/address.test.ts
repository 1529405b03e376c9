import assert from 'node:assert/strict'
import { it } from 'node:test'
import {
  maskedLocation,
  postgresConnection,
  type PostgresAuth,
} from '../../../../src/adapters/ledger-sql/driver/postgres/address.ts'
import { openPostgresLedger } from '../../../../src/adapters/ledger-sql/driver/postgres/client.ts'
import { RollcallError } from '../../../../src/core/errors.ts'

const auth = { kind: 'password', password: null } as const
const entra = (tokens: (scope: string) => Promise<string | null>): PostgresAuth => ({ kind: 'entra', tokens })

function refused(location: string, by: PostgresAuth = auth): string {
  try {
    postgresConnection(location, by)
  } catch (error) {
    assert.ok(error instanceof RollcallError)
    assert.equal(error.code, 'ConfigInvalid')
    return error.message
  }
  return ''
}

void it('a percent sign that begins no code is said to be one, and not what stands around it', () => {
  for (const location of [
    'postgres://me:s3%cret@host/db',
    'postgres://m%e@host/db',
    'postgres://me@host/d%b',
  ]) {
    assert.match(refused(location), /%25/)
    assert.ok(!refused(location).includes('cret'))
  }
})

void it('a password is masked wherever its signs would end the URL', () => {
  for (const password of ['pa/ss', 'pa?ss', 'pa#ss', 'p@ss', 'p:a@s/s', 'pa ss'])
    assert.equal(maskedLocation(`postgres://me:${password}@host/db`), 'postgres://me:********@host/db')
  assert.equal(maskedLocation('postgres://:secret@host/db'), 'postgres://:********@host/db')
  assert.equal(
    maskedLocation('postgres://me@host:6432/db?sslrootcert=a@b'),
    'postgres://me@host:6432/db?sslrootcert=a@b',
  )
})

void it('a certificate that would never be looked at is refused', () => {
  const at = (mode: string): string =>
    refused(`postgres://me@db.example.com/ledger?sslmode=${mode}&sslrootcert=/nowhere.pem`)
  assert.match(at('require'), /sslrootcert/)
  assert.match(at('disable'), /sslrootcert/)
  assert.match(at('verify-full'), /cannot be read/)
})

void it('a token goes only to a server that has proved its identity', () => {
  const tokens = entra(async () => 'token')
  for (const mode of ['require', 'disable'])
    assert.match(
      refused(`postgres://me@db.example.com/ledger?sslmode=${mode}`, tokens),
      /LEDGER_AUTH=entra it takes verify-full/,
    )
  assert.equal(refused('postgres://me@db.example.com/ledger', tokens), '')
  assert.equal(refused('postgres://me@localhost/ledger', tokens), '')
})

void it('a database in a national cloud takes a token of that cloud', async () => {
  const scopeAt = async (host: string): Promise<string> => {
    const asked: string[] = []
    const { password } = postgresConnection(
      `postgres://me@${host}/ledger`,
      entra(async (scope) => (asked.push(scope), 'token')),
    )
    assert.ok(typeof password === 'function')
    await password()
    return asked.join()
  }
  assert.equal(
    await scopeAt('a.postgres.database.azure.com'),
    'https://ossrdbms-aad.database.windows.net/.default',
  )
  assert.equal(
    await scopeAt('a.postgres.database.usgovcloudapi.net'),
    'https://ossrdbms-aad.database.usgovcloudapi.net/.default',
  )
  assert.equal(
    await scopeAt('a.postgres.database.chinacloudapi.cn'),
    'https://ossrdbms-aad.database.chinacloudapi.cn/.default',
  )
})

void it('an identity without a token for the database is reported as that, and not as a server that does not answer', async (t) => {
  const { createServer } = await import('node:net')
  // A server that asks for a password: PostgreSQL's AuthenticationCleartextPassword.
  const server = createServer((socket) =>
    socket
      .on('error', () => {})
      .once('data', () => socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]))),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const location = `postgres://me@127.0.0.1:${address.port}/ledger`
  const opening = openPostgresLedger({
    location,
    auth: { kind: 'entra', tokens: async () => null },
    instance: 'test',
    connections: 1,
    statementMs: 1_000,
    now: Date.now,
  })
  await assert.rejects(opening, { code: 'LedgerRefused', message: /the identity of AUTH_MODE has no token/ })
})
