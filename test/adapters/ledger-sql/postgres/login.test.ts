import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { openPostgresLedger } from '../../../../src/adapters/ledger-sql/driver/postgres/client.ts'
import { postgresDriver } from '../../../../src/adapters/ledger-sql/driver/postgres/driver-at.ts'
import type { Ledger } from '../../../../src/core/ledger/ledger.ts'
import { startPostgres } from '../../support/postgres.ts'
import { NOBODY } from '../../support/postgres-process.ts'
import { until } from '../../support/until.ts'

const openssl = spawnSync('openssl', ['version']).status === 0
const skip = !openssl ? 'there is no openssl' : process.env['DATABASE_URL'] ? 'the server is not ours' : false

void it(
  'a connection is encrypted, and only to the server whose certificate is trusted',
  { skip },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-tls-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const [key, certificate] = [join(folder, 'server.key'), join(folder, 'server.crt')]
    const name = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
    const made = spawnSync('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      ...name,
      '-keyout',
      key,
      '-out',
      certificate,
    ])
    assert.equal(made.status, 0)
    chmodSync(key, 0o600)
    if (process.getuid?.() === 0)
      for (const path of [folder, key, certificate]) chownSync(path, NOBODY, NOBODY)
    const server = await startPostgres({
      tcp: true,
      settings: ['ssl=on', `ssl_key_file=${key}`, `ssl_cert_file=${certificate}`],
    })
    t.after(() => server.close())
    const location = await server.database()
    const encrypted = async (parameters: string): Promise<boolean> => {
      const auth = { kind: 'password', password: null } as const
      const driver = postgresDriver({
        location: `${location}?${parameters}`,
        auth,
        connections: 1,
        statementMs: 5_000,
      })
      try {
        const [row] = await driver.transaction((sql) =>
          sql.all<{ yes: string }>(
            'SELECT CAST(ssl AS TEXT) AS yes FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
          ),
        )
        return row?.yes === 'true'
      } finally {
        await driver.close()
      }
    }
    assert.equal(await encrypted('sslmode=disable'), false)
    assert.equal(await encrypted('sslmode=require'), true)
    assert.equal(await encrypted(`sslmode=verify-full&sslrootcert=${encodeURIComponent(certificate)}`), true)
    await assert.rejects(encrypted('sslmode=verify-full'), { code: 'LedgerUnavailable' })
    // Its certificate is trusted, and says another name.
    const elsewhere = `${location.replace('127.0.0.1', 'localhost')}?sslmode=verify-full&sslrootcert=${encodeURIComponent(certificate)}`
    const auth = { kind: 'password', password: null } as const
    const misled = postgresDriver({ location: elsewhere, auth, connections: 1, statementMs: 5_000 })
    t.after(() => misled.close())
    await assert.rejects(
      misled.transaction((sql) => sql.all('SELECT 1 AS one')),
      { code: 'LedgerUnavailable', message: /ERR_TLS_CERT_ALTNAME_INVALID/ },
    )
  },
)

void it(
  'a token of the identity lets every connection of the ledger in, and a wrong one none',
  { skip },
  async (t) => {
    const server = await startPostgres({ alone: true })
    t.after(() => server.close())
    const location = await server.database()
    const admin = postgresDriver({
      location,
      auth: { kind: 'password', password: null },
      connections: 1,
      statementMs: 5_000,
    })
    await admin.transaction((sql) => sql.run(`ALTER USER rollcall PASSWORD 'right-token'`))
    const [hba] = await admin.transaction((sql) => sql.all<{ hba_file: string }>('SHOW hba_file'))
    await admin.transaction((sql) =>
      sql.run(`COPY (SELECT 'local all all password') TO '${hba?.hba_file ?? ''}'`),
    )
    await admin.transaction((sql) => sql.all('SELECT pg_reload_conf() AS done'))
    await admin.close()
    const scopes: string[] = []
    const open = (token: string | null): Promise<Ledger> => {
      const tokens = async (scope: string): Promise<string | null> => (scopes.push(scope), token)
      return openPostgresLedger({
        location,
        auth: { kind: 'entra', tokens },
        instance: 'test',
        connections: 2,
        statementMs: 5_000,
        now: Date.now,
      })
    }
    await until('the server asks for passwords', async () => {
      const opened = await open('wrong-token').catch(() => null)
      await opened?.close()
      return opened === null
    })
    await assert.rejects(open('wrong-token'), { code: 'LedgerRefused' })
    const ledger = await open('right-token')
    await ledger.ping()
    await ledger.close()
    assert.deepEqual([...new Set(scopes)], ['https://ossrdbms-aad.database.windows.net/.default'])
  },
)
