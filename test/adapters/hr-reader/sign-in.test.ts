import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test, type TestContext } from 'node:test'
import type { HrReader } from '../../../src/core/intake/hydrate/loop.ts'
import { bodyOf, json, readerOf, readOnce, serve, told } from './server.ts'

let folder = ''
before(async () => void (folder = await mkdtemp(join(tmpdir(), 'rollcall-sign-in-'))))
after(() => rm(folder, { recursive: true }))

interface TokenRequest {
  readonly form: URLSearchParams
  readonly authorization: string | undefined
}
interface Site {
  readonly reader: (oauth?: object, more?: object, now?: () => number) => HrReader
  readonly requests: TokenRequest[]
  /** Tokens the HR system was sent, in their order. */
  readonly sent: (string | undefined)[]
  /** Tokens the HR system takes: those of the token server, until they are removed. */
  readonly valid: Set<string>
  answer: { status: number; body: unknown; headers?: Record<string, string> } | 'hang' | null
  scopes: readonly string[]
}

/** A token server as RFC 6749 describes it, and an HR system that takes its tokens. */
async function site(t: TestContext): Promise<Site> {
  const requests: TokenRequest[] = []
  const sent: (string | undefined)[] = []
  const valid = new Set<string>()
  const state: Pick<Site, 'answer' | 'scopes'> = { answer: null, scopes: ['hr.read'] }
  const tokenServer = await serve(t, async (request, response) => {
    const form = new URLSearchParams(await bodyOf(request))
    requests.push({ form, authorization: request.headers.authorization })
    const { answer } = state
    if (answer === 'hang') return
    if (answer !== null) {
      response.writeHead(answer.status, answer.headers)
      return void response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body))
    }
    const scope = form.get('scope')
    if (scope !== null && !state.scopes.includes(scope))
      return json(response, { error: 'invalid_scope', error_description: 'S3cret' }, 400)
    const token = `S3cret-${requests.length}`
    valid.add(token)
    json(response, { access_token: token, token_type: 'Bearer', expires_in: 300 })
  })
  const hr = await serve(t, (request, response) => {
    sent.push(request.headers.authorization)
    const token = request.headers.authorization?.replace('Bearer ', '') ?? ''
    json(response, valid.has(token) ? { title: 'A' } : { error: 'S3cret' }, valid.has(token) ? 200 : 401)
  })
  return Object.assign(state, {
    requests,
    sent,
    valid,
    reader: (oauth: object = {}, more: object = {}, now?: () => number) =>
      readerOf(
        {
          url: `${hr}/{employee}`,
          oauth: { tokenUrl: `${tokenServer}/token`, clientId: 'c', clientSecret: 's', ...oauth },
          ...more,
        },
        now,
      ),
  })
}

void describe('OAuth client credentials', () => {
  void test('the token goes along, and serves all reads until it expires', async (t) => {
    const { reader, requests, sent } = await site(t)
    let at = 0
    const hr = reader({ scope: 'hr.read', audience: 'hr', parameters: { resource: 'r' } }, {}, () => at)
    assert.deepEqual(told(await readOnce(hr)), 'record')
    await Promise.all(Array.from({ length: 10 }, () => readOnce(hr)))
    assert.equal(requests.length, 1)
    assert.deepEqual(new Set(sent), new Set(['Bearer S3cret-1']))
    assert.deepEqual(Object.fromEntries(requests[0]?.form ?? []), {
      grant_type: 'client_credentials',
      scope: 'hr.read',
      audience: 'hr',
      resource: 'r',
    })
    assert.equal(requests[0]?.authorization, `Basic ${Buffer.from('c:s').toString('base64')}`)
    at = 240_000
    await readOnce(hr)
    assert.deepEqual([requests.length, sent.at(-1)], [2, 'Bearer S3cret-2'])
  })

  void test('reads that begin together cost one token request', async (t) => {
    const { reader, requests } = await site(t)
    const hr = reader()
    const answers = await Promise.all(Array.from({ length: 20 }, () => readOnce(hr)))
    assert.deepEqual(new Set(answers.map(told)), new Set(['record']))
    assert.equal(requests.length, 1)
  })

  void test('a token that the HR system refuses is replaced once', async (t) => {
    const { reader, requests, valid, sent } = await site(t)
    const hr = reader()
    await readOnce(hr)
    valid.clear()
    assert.equal(told(await readOnce(hr)), 'record')
    assert.equal(requests.length, 2)
    assert.deepEqual(sent, ['Bearer S3cret-1', 'Bearer S3cret-1', 'Bearer S3cret-2'])
  })

  void test('an HR system that refuses every token does not become a flood of token requests', async (t) => {
    const { reader, requests, valid } = await site(t)
    valid.add = (): typeof valid => valid
    const hr = reader({}, {}, () => 0)
    for (let round = 0; round < 5; round += 1) assert.equal(told(await readOnce(hr)), 'Http401')
    assert.equal(requests.length, 2)
  })

  void test('an ID token beside the access token is left alone', async (t) => {
    const world = await site(t)
    world.valid.add('T')
    const body = { access_token: 'T', token_type: 'Bearer', expires_in: '300', id_token: 'a.b.c' }
    world.answer = { status: 200, body }
    assert.equal(told(await readOnce(world.reader())), 'record')
  })

  void test('the secret may be sent in the form, and the grant be another', async (t) => {
    const { reader, requests } = await site(t)
    const grant = { grantType: 'refresh_token', parameters: { refresh_token: 'r' } }
    assert.equal(told(await readOnce(reader({ clientAuthentication: 'post', ...grant }))), 'record')
    assert.deepEqual(Object.fromEntries(requests[0]?.form ?? []), {
      grant_type: 'refresh_token',
      refresh_token: 'r',
      client_id: 'c',
      client_secret: 's',
    })
    assert.equal(requests[0]?.authorization, undefined)
  })
})

void describe('a token server that gives no token', () => {
  void test('is named with its code, and nothing it wrote is repeated', async (t) => {
    const world = await site(t)
    const cases: readonly (readonly [Site['answer'], RegExp])[] = [
      [
        { status: 400, body: { error: 'invalid_scope', error_description: 'S3cret' } },
        /^TokenRefused: the token server answered invalid_scope \(HTTP 400\)/,
      ],
      [
        {
          status: 401,
          body: { error: 'invalid_client' },
          headers: { 'www-authenticate': 'Basic realm="S3cret"' },
        },
        /^TokenRefused: the token server answered invalid_client \(HTTP 401\)/,
      ],
      [
        { status: 400, body: { error: 'S3cret' } },
        /^TokenRefused: the token server answered an error \(HTTP 400\)/,
      ],
      [{ status: 500, body: 'S3cret' }, /^TokenUnavailable: the token server answered HTTP 500$/],
      [{ status: 302, body: '', headers: { location: '/S3cret' } }, /^TokenUnavailable: .* HTTP 302$/],
      [{ status: 204, body: '' }, /^TokenUnavailable: .* HTTP 204$/],
      [{ status: 200, body: 'S3cret' }, /^TokenInvalid: /],
      [{ status: 200, body: { token: 'S3cret' } }, /^TokenInvalid: /],
      [{ status: 200, body: { access_token: 'S3cret', token_type: 'mac' } }, /^TokenInvalid: /],
      [{ status: 200, body: 'S'.repeat(300_000) }, /^TokenInvalid: the answer is too long$/],
    ]
    for (const [answer, expected] of cases) {
      world.answer = answer
      const said = told(await readOnce(world.reader()))
      assert.match(said, expected)
      assert.doesNotMatch(said, /S3cret/)
    }
    assert.deepEqual(world.sent, [])
  })

  void test('a scope that it does not know', async (t) => {
    const { reader } = await site(t)
    assert.match(told(await readOnce(reader({ scope: 'hr.write' }))), /^TokenRefused: .*invalid_scope/)
  })

  void test('one that hangs costs each read its time limit at most, and is then left alone', async (t) => {
    const world = await site(t)
    world.answer = 'hang'
    const hr = world.reader({ timeoutMs: 500 }, {}, () => 0)
    const answers = await Promise.all([readOnce(hr), readOnce(hr)])
    assert.deepEqual(answers.map(told), Array(2).fill('TokenUnavailable: the token server: TimeoutError'))
    assert.deepEqual(
      answers.map((answer) => answer.kind === 'later' && answer.afterMs),
      [1_000, 1_000],
    )
    assert.equal(told(await readOnce(hr)), 'TokenUnavailable: the token server: TimeoutError')
    assert.equal(world.requests.length, 1)
  })

  void test('its time limit is its own: that of an attempt begins with the request to the HR system', async (t) => {
    const world = await site(t)
    world.answer = 'hang'
    const hr = world.reader({ timeoutMs: 60 }, { timeoutMs: 20 })
    assert.equal(told(await readOnce(hr)), 'TokenUnavailable: the token server: TimeoutError')
  })

  void test('one that is not there, and one that asks for patience', async (t) => {
    const world = await site(t)
    assert.match(
      told(await readOnce(world.reader({ tokenUrl: 'http://127.0.0.1:9/token' }))),
      /^TokenUnavailable: the token server: /,
    )
    world.answer = { status: 429, body: '', headers: { 'retry-after': '120' } }
    const answer = await readOnce(world.reader())
    assert.equal(answer.kind === 'later' && answer.afterMs, 120_000)
  })

  void test('a read that is stopped does not wait for it', async (t) => {
    const world = await site(t)
    world.answer = 'hang'
    const stop = new AbortController()
    const reading = world.reader().read(
      {
        seq: 1,
        source: 's',
        id: 'i',
        type: 't',
        employeeId: '1',
        recordedAt: 0,
        effectiveAt: 0,
        attempts: 0,
      },
      stop.signal,
    )
    setImmediate(() => stop.abort())
    const answer = await reading
    assert.equal(answer.kind, 'later')
  })
})

void describe('trying the sign-in', () => {
  void test('gets a token without a request to the HR system, and says why there is none', async (t) => {
    const world = await site(t)
    const { signal } = new AbortController()
    assert.equal(await world.reader().trySignIn?.(signal), null)
    world.answer = { status: 401, body: { error: 'invalid_client', error_description: 'S3cret' } }
    assert.match(
      (await world.reader().trySignIn?.(signal)) ?? '',
      /^the token server answered invalid_client \(HTTP 401\)/,
    )
    assert.deepEqual(world.sent, [])
    assert.equal(readerOf({ url: 'https://hr.example/{employee}' }).trySignIn, undefined)
  })
})

void describe('a signed assertion instead of a secret', () => {
  const parts = (jwt: string): readonly Record<string, unknown>[] =>
    jwt
      .split('.', 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>)

  for (const [name, pair, algorithm] of [
    ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 }), 'RS256'],
    ['P-256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'ES256'],
  ] as const)
    void test(`${name}: it is signed by the key, for the token server, and short-lived`, async (t) => {
      const { reader, requests } = await site(t)
      const { privateKey, publicKey } = pair()
      const keyFile = join(folder, `${name}.pem`)
      await writeFile(
        keyFile,
        privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'p' }),
      )
      const hr = reader({
        clientSecret: undefined,
        keyFile,
        keyPassphrase: 'p',
        keyId: 'k1',
        assertionAudience: 'as',
      })
      assert.equal(told(await readOnce(hr)), 'record')
      const form = requests[0]?.form
      const jwt = form?.get('client_assertion') ?? ''
      const [header, payload] = parts(jwt)
      assert.deepEqual([header?.['alg'], header?.['kid']], [algorithm, 'k1'])
      assert.deepEqual([payload?.['iss'], payload?.['sub'], payload?.['aud']], ['c', 'c', 'as'])
      assert(Number(payload?.['exp']) - Date.now() / 1_000 < 600)
      const signed = jwt.slice(0, jwt.lastIndexOf('.'))
      const signature = jwt.slice(signed.length + 1)
      const key = createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }))
      assert(
        verify(
          'sha256',
          Buffer.from(signed),
          { key, dsaEncoding: 'ieee-p1363' },
          Buffer.from(signature, 'base64url'),
        ),
      )
      assert.equal(
        form?.get('client_assertion_type'),
        'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      )
      assert.equal(requests[0]?.authorization, undefined)
    })
})

void describe('signing in otherwise', () => {
  void test('basic sends user and password', async (t) => {
    const seen: (string | undefined)[] = []
    const hr = await serve(t, (request, response) => {
      seen.push(request.headers.authorization)
      json(response, { title: 'A' })
    })
    await readOnce(readerOf({ url: `${hr}/{employee}`, basic: { user: 'u', password: 'p:ü' } }))
    assert.deepEqual(seen, [`Basic ${Buffer.from('u:p:ü').toString('base64')}`])
  })

  void test('what cannot be used is refused before the first read, without the values', async () => {
    const bad = join(folder, 'bad.pem')
    await writeFile(bad, 'S3cret')
    const oauth = { tokenUrl: 'https://as.example/token', clientId: 'c' }
    const cases: readonly (readonly [object, RegExp])[] = [
      [{ oauth }, /needs clientSecret, keyFile, or a client certificate/],
      [{ oauth: { ...oauth, clientSecret: 'S3cret', keyFile: bad } }, /not both/],
      [{ oauth: { ...oauth, keyFile: bad } }, /not a private key in PEM/],
      [{ oauth: { ...oauth, keyFile: join(folder, 'S3cret.pem') } }, /names a file that cannot be read/],
      [
        { oauth: { ...oauth, clientSecret: 'S3cret', tokenUrl: 'http://as.example/t' } },
        /not an https address/,
      ],
      [
        { oauth: { ...oauth, clientSecret: 'S3cret' }, headers: { Authorization: 'S3cret' } },
        /signed in to in two ways/,
      ],
      [{ basic: { user: 'a:b', password: 'S3cret' } }, /holds a colon/],
      [{ tls: { certificateFile: bad } }, /together/],
      [{ tls: { certificateFile: bad, keyFile: bad } }, /files under tls cannot be used/],
      [{ tls: { pfxFile: bad } }, /files under tls cannot be used/],
      [
        { calls: [{ name: 'jobs', url: 'http://hr.example/{employee}' }] },
        /call jobs is not an https address/,
      ],
    ]
    for (const [given, message] of cases)
      assert.throws(
        () => readerOf({ url: 'https://hr.example/{employee}', ...given }),
        (error: unknown) => {
          assert(error instanceof Error && 'code' in error)
          assert.equal(error.code, 'ConfigInvalid')
          assert.match(error.message, message)
          assert.doesNotMatch(error.message, /S3cret/)
          return true
        },
      )
  })
})
