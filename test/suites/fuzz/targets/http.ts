import { connect } from 'node:net'
import { parseHttpAddress } from '../../../../src/config/http-address.ts'
import { consoleListener } from '../../../../src/http/console/listener.ts'
import { type RoutePath, ROUTES } from '../../../../src/http/access/routes.ts'
import { type Probes, startProbes } from '../../../../src/http/probes.ts'
import type { Chance } from '../../../fakes/plain-event.ts'
import { anOffice, contextOf, HOSTILE } from '../../../http/console/office.ts'
import { spoilText } from '../spoil.ts'
import type { Target } from './target.ts'

const WITHIN_MS = 5_000
/** Fields of forms and queries, and what could stand in them. */
const NAMES = [
  'action age archived attribute case cause code days employee event finding form-key format id',
  'justification next over patch patch-kind q rate reason run seen stage store to token type until',
].flatMap((line) => line.split(' '))
const VALUES = [
  ...'20011 evil 1 -1 99999999999999999999 1e3 2026-11-02 9999-99-99 ledger bus received'.split(' '),
  ...'../../etc/passwd //evil.example javascript:alert(1) {"a": [] __proto__ %00'.split(' '),
  '\u0000',
  '\ud800',
  'a'.repeat(3_000),
  HOSTILE,
]
const PATHS: readonly [string, ...string[]] = ['/livez', '/readyz', '/metrics', ...Object.keys(ROUTES)]
const SITES = ['same-origin', 'cross-site', 'none'] as const
const TYPES = [
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/plain',
  '',
] as const

/** A request as text; of many the path or a line is spoilt. */
function anyRequest(chance: Chance): string {
  const pick = <T>(values: readonly T[]): T => values[chance.below(values.length)] as T
  const fields = (): string =>
    Array.from({ length: chance.below(6) }, () => {
      const value = pick(VALUES)
      return `${pick(NAMES)}=${chance.oneIn(4) ? value : encodeURIComponent(value.toWellFormed())}`
    }).join('&')
  const path = chance.pick(PATHS)
  const posts = chance.oneIn(2) || (ROUTES[path as RoutePath]?.methods[0] as string) === 'POST'
  const body = posts ? fields() : ''
  const target = `${chance.oneIn(5) ? spoilText(path, chance) : path}?${fields()}`
  const lines = [
    `${posts ? 'POST' : chance.pick(['GET', 'HEAD', 'GET', 'PUT', 'OPTIONS'])} ${target} HTTP/1.1`,
    `Host: ${chance.oneIn(8) ? pick(VALUES) : '127.0.0.1'}`,
    'Connection: close',
    `Sec-Fetch-Site: ${chance.oneIn(5) ? chance.pick(SITES) : 'same-origin'}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Content-Type: ${chance.oneIn(5) ? chance.pick(TYPES) : TYPES[0]}`,
    ...(chance.oneIn(4) ? [`Cookie: ${pick(NAMES)}=${pick(VALUES)}; __Host-rollcall=${pick(VALUES)}`] : []),
    ...(chance.oneIn(4) ? [`Authorization: Bearer ${pick(VALUES)}`] : []),
  ]
  const text = `${lines.join('\r\n')}\r\n\r\n${body}`
  return chance.oneIn(5) ? spoilText(text, chance) : text
}

/** What the server answers until it closes the connection. */
function answerTo(port: number, request: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.end(request))
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
    socket.setTimeout(WITHIN_MS, () => socket.destroy())
    socket.on('error', () => {}).on('close', () => resolve(answer))
  })
}

/** The probes and the console of a connector, with a ledger behind them. */
async function serverIn(stack: AsyncDisposableStack): Promise<Probes> {
  const world = await anOffice(stack)
  const context = contextOf(stack, { ledger: world.ledger, now: () => world.now })
  stack.defer(() => context.replays.close())
  const address = parseHttpAddress('127.0.0.1:0')
  if (address === null) throw new TypeError('not an address')
  const ready = async () => ({ ready: true, checks: {} }) as never
  const probes = await startProbes({ address, token: null }, ready, async () => '', consoleListener(context))
  stack.defer(() => probes.close())
  return probes
}

/** Requests to the probes and the console, as bytes on a socket. */
export function http(stack: AsyncDisposableStack): Target {
  let server: Promise<Probes> | null = null
  return {
    share: 1,
    run: async (chance) => {
      const { port } = await (server ??= serverIn(stack))
      const answer = await answerTo(port, anyRequest(chance))
      const [, status = ''] = /^HTTP\/1\.1 (\d{3})/.exec(answer) ?? []
      if (status.startsWith('5') && status !== '503') return `the answer is ${status}`
      if (answer.includes('<script>alert')) return 'a value came out as markup'
      const alive = await answerTo(port, 'GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
      return alive.startsWith('HTTP/1.1 200') ? null : 'the server does not answer any more'
    },
  }
}
