import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, it, type TestContext } from 'node:test'
import { CloudEvent, HTTP } from 'cloudevents'
import { checkWebhook, webhookChannel } from '../../../src/adapters/notify/webhook.ts'
import { useProxy } from '../../../src/adapters/proxy.ts'
import { WebhookSettings } from '../../../src/core/alerts/settings.ts'
import { aMessage } from '../../fakes/alerts.ts'
import { proxyFor } from '../../fakes/proxy.ts'
import { bodyOf, serve } from '../hr-reader/server.ts'

const NOW = Date.UTC(2026, 10, 2, 9)
const SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
const never = new AbortController().signal

interface Seen {
  readonly headers: IncomingMessage['headers']
  readonly body: string
}
type Answer = (response: ServerResponse) => void
const ok: Answer = (response) => void response.writeHead(202).end()

/** A webhook that keeps what it was sent. */
async function receiver(t: TestContext, more: object = {}, answer: Answer = ok) {
  const seen: Seen[] = []
  const url = await serve(t, async (request, response) => {
    seen.push({ headers: request.headers, body: await bodyOf(request) })
    answer(response)
  })
  const settings = WebhookSettings.parse({ url: `${url}/hook`, allowHttp: true, ...more })
  return { seen, url, channel: webhookChannel(settings, () => NOW) }
}
const only = (seen: readonly Seen[]): Seen => seen[0] ?? assert.fail('a request arrived')
const parsed = (seen: readonly Seen[]): Readonly<Record<string, unknown>> =>
  JSON.parse(only(seen).body) as Readonly<Record<string, unknown>>

void describe('a webhook', () => {
  void it('gets a valid CloudEvent with count, times, cure and link, and no employee', async (t) => {
    const { seen, channel } = await receiver(t)
    assert.deepEqual(await channel.send(aMessage(), never), { kind: 'sent' })
    const { headers, body } = only(seen)
    const event = HTTP.toEvent({ headers, body })
    assert.ok(event instanceof CloudEvent)
    assert.ok(event.validate())
    assert.deepEqual(
      [event.id, event.type, event.subject],
      ['id-1', 'rollcall.alert.opened', 'deadletter.new/InvalidValue'],
    )
    const { data } = event as CloudEvent<{ readonly link: string; readonly alerts: readonly object[] }>
    assert.equal(data?.link, 'https://rollcall.example/')
    const [alert] = data.alerts as readonly Readonly<Record<string, unknown>>[]
    assert.equal(alert?.['count'], 4_000)
    assert.equal(alert['openedAt'], '2026-11-02T08:00:00.000Z')
    assert.match(String(alert['cure']), /^rollcall dead-letters groups/)
    assert.equal('employees' in alert, false)
  })

  void it('names employees when the rule says so', async (t) => {
    const { seen, channel } = await receiver(t)
    await channel.send(aMessage({ names: true }), never)
    assert.match(only(seen).body, /"employees":\["p1","p2"\]/)
  })

  void it('is signed as Standard Webhooks describes, over id, time and body', async (t) => {
    const { seen, channel } = await receiver(t, { secret: SECRET, bearer: 'T', headers: { 'x-team': 'ops' } })
    await channel.send(aMessage(), never)
    const { headers, body } = only(seen)
    const expected = createHmac('sha256', Buffer.alloc(24, 7))
      .update(`id-1.${NOW / 1_000}.${body}`)
      .digest('base64')
    assert.deepEqual(
      [headers['webhook-id'], headers['webhook-timestamp'], headers['webhook-signature']],
      ['id-1', String(NOW / 1_000), `v1,${expected}`],
    )
    assert.deepEqual([headers.authorization, headers['x-team']], ['Bearer T', 'ops'])
  })

  void it('of Teams gets an Adaptive Card in a message', async (t) => {
    const { seen, channel } = await receiver(t, { format: 'teams' })
    await channel.send(aMessage(), never)
    const { type, attachments } = parsed(seen)
    assert.equal(type, 'message')
    const [attachment] = attachments as readonly Readonly<Record<string, unknown>>[]
    assert.equal(attachment?.['contentType'], 'application/vnd.microsoft.card.adaptive')
    const text = JSON.stringify(attachment['content'])
    assert.match(text, /"type":"AdaptiveCard"/)
    assert.match(text, /4000 dead letters: InvalidValue/)
    assert.match(text, /"type":"Action.OpenUrl".*https:\/\/rollcall\.example/)
  })

  void it('of Teams or Slack gets a long digest cut to what the service takes', async (t) => {
    const alerts = Array.from({ length: 100 }, () => aMessage().alerts).flat()
    for (const [format, most] of [
      ['teams', 28_000],
      ['slack', 100_000],
    ] as const) {
      const { seen, channel } = await receiver(t, { format })
      await channel.send(aMessage({ kind: 'digest', alerts }), never)
      assert.ok(only(seen).body.length < most, `${only(seen).body.length}`)
      assert.match(only(seen).body, /more: rollcall alerts/)
      const { blocks } = parsed(seen)
      assert.ok(blocks === undefined || (blocks as readonly unknown[]).length <= 50)
    }
  })

  void it('of Slack gets blocks and a text, in which no name can call a channel', async (t) => {
    const { seen, channel } = await receiver(t, { format: 'slack' })
    const [alert] = aMessage().alerts
    assert.ok(alert)
    await channel.send(aMessage({ alerts: [{ ...alert, cause: '<!channel>' }] }), never)
    assert.doesNotMatch(only(seen).body.replaceAll(/"plain_text"[^}]*/g, ''), /<!channel>/)
    const { text, blocks } = parsed(seen)
    assert.match(String(text), /&lt;!channel&gt;/)
    assert.equal((blocks as readonly { readonly type: string }[])[0]?.type, 'header')
  })

  void it('that refuses the message is distinguished from one that is not available now', async (t) => {
    const answers: readonly (readonly [number, Record<string, string>, object])[] = [
      [400, {}, { kind: 'refused', code: '400' }],
      [413, {}, { kind: 'refused', code: '413' }],
      [404, {}, { kind: 'again', code: '404', afterMs: null }],
      [429, { 'retry-after': '7' }, { kind: 'again', code: '429', afterMs: 7_000 }],
      [503, {}, { kind: 'again', code: '503', afterMs: null }],
    ]
    for (const [status, headers, expected] of answers) {
      const { channel } = await receiver(
        t,
        {},
        (response) => void response.writeHead(status, headers).end('x'),
      )
      assert.deepEqual(await channel.send(aMessage(), never), expected)
    }
  })

  void it('that redirects is not followed: the secret goes to the configured address alone', async (t) => {
    const other = await receiver(t)
    const { channel } = await receiver(
      t,
      { bearer: 'T' },
      (response) => void response.writeHead(307, { location: `${other.url}/elsewhere` }).end(),
    )
    assert.deepEqual(await channel.send(aMessage(), never), { kind: 'again', code: '307', afterMs: null })
    assert.deepEqual(other.seen, [])
  })

  void it('that does not answer in time, or refuses the connection, is tried again', async (t) => {
    const slow = await receiver(t, { timeoutMs: 20 }, () => {})
    assert.deepEqual(await slow.channel.send(aMessage(), never), {
      kind: 'again',
      code: 'TimeoutError',
      afterMs: null,
    })
    const gone = WebhookSettings.parse({ url: 'http://127.0.0.1:9/hook', allowHttp: true })
    const sent = await webhookChannel(gone, () => NOW).send(aMessage(), never)
    assert.equal(sent.kind, 'again')
  })

  void it('beyond this machine is reached by https through the proxy of the process', async (t) => {
    const proxy = await proxyFor(t)
    using _proxied = useProxy({ HTTPS_PROXY: proxy.url, NO_PROXY: null })
    const settings = WebhookSettings.parse({ url: 'https://hooks.example/x' })
    assert.equal((await webhookChannel(settings, () => NOW).send(aMessage(), never)).kind, 'again')
    assert.deepEqual(proxy.asked, ['hooks.example:443'])
  })

  void it('that is not https, holds a password in its address, or has a short key is refused by the configuration', () => {
    const check = (more: object) => () =>
      checkWebhook(WebhookSettings.parse({ url: 'https://a.example', ...more }))
    assert.throws(check({ url: 'http://a.example' }), /not an https address/)
    assert.throws(check({ url: 'http://127.0.0.1' }), /not an https address/)
    assert.throws(check({ url: 'https://u:p@a.example' }), /user or a password/)
    assert.throws(check({ secret: 'short' }), /secret is too short/)
    assert.doesNotThrow(check({ url: 'http://127.0.0.1', allowHttp: true, secret: SECRET }))
  })
})
