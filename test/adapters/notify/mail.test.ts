import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import { after, describe, it, type TestContext } from 'node:test'
import { generate } from 'selfsigned'
import { SMTPServer } from 'smtp-server'
import { checkMail, mailChannel } from '../../../src/adapters/notify/mail.ts'
import { MailSettings } from '../../../src/core/alerts/settings.ts'
import { aMessage } from '../../fakes/alerts.ts'
import { proxyFor } from '../../fakes/proxy.ts'

const never = new AbortController().signal
const NO_PROXY = { HTTPS_PROXY: null, NO_PROXY: null }

/** A certificate for loopback, and the file in which a client trusts it. */
const certificate = await generate([{ name: 'commonName', value: 'localhost' }], {
  extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
})
const caFile = join(tmpdir(), `rollcall-smtp-${process.pid}.pem`)
await writeFile(caFile, certificate.cert)
after(() => rm(caFile))

interface ServerOptions {
  readonly user?: string
  readonly secure?: boolean
  readonly plain?: boolean
  readonly refuse?: { readonly at: 'recipient' | 'data'; readonly status: number }
}
const failure = (status: number): Error => Object.assign(new Error('no'), { responseCode: status })

/** An SMTP server on loopback that keeps what it is sent. */
async function serverFor(
  t: TestContext,
  { user, secure = false, plain = false, refuse }: ServerOptions = {},
) {
  const mails: string[] = []
  const server = new SMTPServer({
    secure,
    key: certificate.private,
    cert: certificate.cert,
    authOptional: user === undefined,
    ...(plain ? { hideSTARTTLS: true, disabledCommands: ['STARTTLS', 'AUTH'] } : {}),
    onAuth: ({ username, password }, _session, done) =>
      username === user && password === 'S3cret' ? done(null, { user: username }) : done(failure(535)),
    onRcptTo: (_address, _session, done) =>
      refuse?.at === 'recipient' ? done(failure(refuse.status)) : done(),
    onData: (stream, _session, done) => {
      let text = ''
      stream.on('data', (chunk: Buffer) => void (text += chunk.toString()))
      stream.on('end', () => {
        if (refuse?.at === 'data') return done(failure(refuse.status))
        mails.push(text)
        done()
      })
    },
  })
  const listening = server.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  server.on('error', () => {})
  t.after(() => new Promise<void>((resolve) => server.close(() => resolve())))
  const { port } = listening.address() as AddressInfo
  const settings = (more: object = {}): MailSettings =>
    MailSettings.parse({
      host: '127.0.0.1',
      port,
      caFile,
      from: 'Rollcall <rollcall@contoso.example>',
      to: ['ops@contoso.example', 'night@contoso.example'],
      ...more,
    })
  return { mails, port, settings }
}
const withUser = { user: 'relay', password: 'S3cret' }

void describe('mail', () => {
  void it('is sent over STARTTLS to every recipient, as text and HTML, with an id made of that of the notification', async (t) => {
    const { mails, settings } = await serverFor(t, { user: 'relay' })
    assert.deepEqual(await mailChannel(settings(withUser), NO_PROXY).send(aMessage(), never), {
      kind: 'sent',
    })
    const [mail = ''] = mails
    assert.match(mail, /^To: ops@contoso\.example, night@contoso\.example\r$/m)
    assert.match(mail, /^Message-ID: <id-1@contoso\.example>\r$/im)
    assert.match(mail, /^Subject: Rollcall: 4000 dead letters: InvalidValue/m)
    assert.match(mail, /^Auto-Submitted: auto-generated\r$/m)
    assert.match(mail, /text\/plain[\s\S]*text\/html/)
    assert.match(mail.replaceAll('=\r\n', ''), /Run: rollcall dead-letters groups --code InvalidValue/)
  })

  void it('is sent over TLS from the first byte where the port is such a one', async (t) => {
    const { mails, settings } = await serverFor(t, { secure: true })
    const urgent = aMessage().alerts.map((alert) => ({ ...alert, urgency: 'urgent' as const }))
    await mailChannel(settings({ tls: 'implicit' }), NO_PROXY).send(aMessage({ alerts: urgent }), never)
    assert.match(mails[0] ?? '', /^Subject: \[urgent\] Rollcall/m)
  })

  void it('is not sent where the server offers no TLS and it is required', async (t) => {
    const { mails, settings } = await serverFor(t, { plain: true })
    assert.equal((await mailChannel(settings(), NO_PROXY).send(aMessage(), never)).kind, 'again')
    assert.deepEqual(mails, [])
    assert.equal(
      (await mailChannel(settings({ tls: 'none' }), NO_PROXY).send(aMessage(), never)).kind,
      'sent',
    )
  })

  void it('is not sent to a server whose certificate no known authority signed', async (t) => {
    const { mails, settings } = await serverFor(t)
    const { caFile: _trusted, ...untrusting } = settings()
    assert.equal((await mailChannel(untrusting, NO_PROXY).send(aMessage(), never)).kind, 'again')
    assert.deepEqual(mails, [])
  })

  void it('that the server refuses for good is distinguished from one that it may accept later', async (t) => {
    const sentAfter = async (refuse: ServerOptions['refuse'] & object): Promise<object> => {
      const { settings } = await serverFor(t, { refuse })
      return mailChannel(settings(), NO_PROXY).send(aMessage(), never)
    }
    assert.deepEqual(await sentAfter({ at: 'recipient', status: 550 }), {
      kind: 'refused',
      code: 'EENVELOPE 550',
    })
    assert.deepEqual(await sentAfter({ at: 'data', status: 451 }), {
      kind: 'again',
      code: 'EMESSAGE 451',
      afterMs: null,
    })
  })

  void it('with a wrong password is tried again, because the configuration is wrong and not the message', async (t) => {
    const { settings } = await serverFor(t, { user: 'relay' })
    const wrong = settings({ user: 'relay', password: 'wrong' })
    assert.deepEqual(await mailChannel(wrong, NO_PROXY).send(aMessage(), never), {
      kind: 'again',
      code: 'EAUTH 535',
      afterMs: null,
    })
    await assert.rejects(mailChannel(wrong, NO_PROXY).probe(never), /cannot be used \(EAUTH\)/)
    assert.match(await mailChannel(settings(withUser), NO_PROXY).probe(never), /takes the user/)
  })

  void it('goes through the proxy of the process, and not to hosts that are excepted from it', async (t) => {
    const { mails, port, settings } = await serverFor(t)
    const proxy = await proxyFor(t)
    await mailChannel(settings(), { HTTPS_PROXY: proxy.url, NO_PROXY: null }).send(aMessage(), never)
    assert.deepEqual(proxy.asked, [`127.0.0.1:${port}`])
    await mailChannel(settings(), { HTTPS_PROXY: proxy.url, NO_PROXY: '127.0.0.1' }).send(aMessage(), never)
    assert.deepEqual([proxy.asked.length, mails.length], [1, 2])
  })

  void it('does not wait for a server that does not answer', async (t) => {
    const { createServer } = await import('node:net')
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    t.after(() => silent.close())
    const { port } = silent.address() as AddressInfo
    const { settings } = await serverFor(t)
    const sent = await mailChannel(settings({ port, timeoutMs: 50 }), NO_PROXY).send(aMessage(), never)
    assert.equal(sent.kind, 'again')
  })

  void it('that would send a password in the clear, or has half of a sign-in, is refused by the configuration', async (t) => {
    const { settings } = await serverFor(t)
    assert.throws(() => checkMail(settings({ ...withUser, tls: 'none' })), /in the clear/)
    assert.throws(() => checkMail(settings({ user: 'relay' })), /go together/)
    assert.throws(() => checkMail(settings({ to: 'ops' })), /mail addresses/)
    assert.throws(() => checkMail(settings({ from: 'a@b.example\r\nBcc: c@d.example' })), /mail addresses/)
    assert.throws(() => checkMail(settings({ caFile: '/none' })), /cannot be read/)
  })
})
