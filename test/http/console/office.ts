import { openMemoryLedger } from '../../adapters/support/memory-ledger.ts'
import { readConfig } from '../../../src/compose/config.ts'
import { observed } from '../../../src/compose/observe/figures.ts'
import type { AlertState } from '../../../src/core/alerts/alert.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import { DAY_MS, silentLogger } from '../../../src/core/runtime.ts'
import { type AccessSettings, TOKEN_ACTOR } from '../../../src/http/access/identify.ts'
import { sealerWith } from '../../../src/http/access/sealed.ts'
import { newSession, sealSession, SESSION_COOKIE } from '../../../src/http/access/session.ts'
import { ALL_PERMISSIONS } from '../../../src/config/console/permissions.ts'
import { backgroundRuntime, deadLettersBeside } from '../../../src/compose/dead-letters/beside.ts'
import { replayRunner } from '../../../src/http/console/acts/replay/runner.ts'
import { consoleApp } from '../../../src/http/console/app.ts'
import type { ConsoleContext } from '../../../src/http/console/context.ts'
import { HOUR, MINUTE, opened } from '../../fakes/alerts.ts'
import { anInstance } from '../../fakes/instances.ts'
import { hrEvent, joiner, leaver, messageOf, World } from '../../suites/conformance/ledger/world.ts'

export const TOKEN = 'of-the-operators'
const WITH_TOKEN = { token: TOKEN, tokenPermissions: ALL_PERMISSIONS, entra: null, user: 'ann' }
export const LOOPBACK: AccessSettings = { open: true, ...WITH_TOKEN, token: null }
export const OUTSIDE: AccessSettings = { open: false, ...WITH_TOKEN }
/**
 * Written by nothing but an attacker: markup, a quotation mark, a terminal escape and a reversed
 * line.
 */
export const HOSTILE = `<script>alert("x")</script>'\u001b[2J\u202e&amp;`

/** A ledger with what the pages show, and a clock that stands behind all of it. */
export async function anOffice(stack: AsyncDisposableStack): Promise<World> {
  const ledger = stack.adopt((await openMemoryLedger()).ledger, (it) => it.close())
  const world = new World(ledger)
  await world.record(
    joiner('hired-20011', '20011', { title: 'Engineer' }),
    joiner('hired-20012', '20012'),
    joiner('hired-20013', '20013'),
    joiner(`hired ${HOSTILE}`, `evil ${HOSTILE}`, { title: HOSTILE }),
  )
  await world.confirmAll()
  world.now += 20 * MINUTE
  await world.record(joiner('hired-20014', '20014'))
  await world.answer(await world.send(), 'failed', {
    status: 'failure',
    code: 'AzureActiveDirectoryDuplicateUserPrincipalName',
    reason: 'Another object has 20014@example.com',
  })
  await world.finalize()
  await world.record(leaver('left-00815', '00815'))
  await world.answer(await world.send(), 'unchanged', { code: 'MandatoryFieldsMissing' })
  await world.finalize()
  await world.record(leaver('left-20011', '20011', 2_000), leaver('left-20012', '20012', 2_000))
  const oneLeaves = { windowMs: DAY_MS, absolute: 1, percent: 100, floor: 0 }
  await ledger.commitPlan(world.decide(await world.due()), oneLeaves, world.now)
  await world.record({ ...leaver('left-20013', '20013', 2_000), effectiveAt: world.now + 30 * DAY_MS })
  await world.record(
    hrEvent(
      `moved ${HOSTILE}`,
      `evil ${HOSTILE}`,
      { title: HOSTILE },
      { effectiveAt: world.now + 9 * DAY_MS },
    ),
    hrEvent('hired-20015', '20015', { title: 'Engineer', active: true }),
  )
  await world.plan()
  world.now += 40 * MINUTE
  await world.tend()
  await ledger.blockEmployees(
    [{ employeeId: '20016', until: null, actor: `ann ${HOSTILE}`, justification: HOSTILE }],
    world.now,
  )
  await proveOne(world)
  const contradiction = hrEvent(
    `both ${HOSTILE}`,
    '20017',
    { active: true },
    { effectiveAt: world.now + DAY_MS },
  )
  await world.intake([messageOf('contradiction', contradiction)], {
    findings: [
      {
        code: 'AccessContradiction',
        about: contradiction.id,
        employeeId: '20017',
        event: contradiction,
        detail: HOSTILE,
      },
    ],
  })
  const by = { actor: 'ann', justification: 'ticket 7' }
  await ledger.recordDisclosure({ ...by, employees: ['20011'] }, world.now)
  await ledger.recordDisclosure(
    { actor: `of another ${HOSTILE}`, justification: HOSTILE, employees: ['20012'] },
    world.now,
  )
  for (let n = 0; n < 51; n += 1)
    await ledger.recordDisclosure({ ...by, actor: 'bob', employees: ['20013'] }, world.now)
  await ledger.recordBusDeadLetters({
    countedAt: world.now,
    capped: true,
    codes: [{ code: HOSTILE, count: 7, oldestAt: world.now - HOUR }],
  })
  await ledger.announceInstance(
    anInstance('one', { name: `rollcall-0 ${HOSTILE}`, startedAt: world.now - HOUR, seenAt: world.now }),
  )
  await ledger.saveAlerts({
    revision: 0,
    now: world.now,
    changed: alertsAt(world.now),
    forgotten: [],
    notifications: [],
  })
  return world
}

/** A leaver case that closed with proof, after 20 minutes. */
async function proveOne(world: World): Promise<void> {
  const now = world.now
  world.now -= 30 * MINUTE
  await world.record(leaver('left-20018', '20018'))
  const query = { dueBy: null, employeeId: '20018', next: null, limit: 1 }
  const [view] = (await world.ledger.listOpenLeavers(query)).leavers
  if (!view) throw new Error('the leaver case of 20018 is open')
  const { leaverCase, employee } = view
  const ended = { kind: 'ended', as: 'proven', at: world.now + 20 * MINUTE, byEmergency: false } as const
  world.now = now
  await world.ledger.settleLeavers(
    [{ id: leaverCase.id, employeeId: '20018', revision: employee?.revision ?? null, ...ended }],
    now,
  )
}

const alertsAt = (now: number): readonly AlertState[] => [
  opened(now - 40 * MINUTE, { code: 'leaver.open', cause: 'brake', urgency: 'urgent', count: 2 }),
  opened(now - 30 * MINUTE, {
    code: 'deadletter.new',
    cause: 'AzureActiveDirectoryDuplicateUserPrincipalName',
  }),
  opened(now - HOUR, { code: 'instance.lost', cause: HOSTILE }),
]

/** The cookie of a session that was started with this token at that moment. */
export async function sessionCookie(now: number, token = TOKEN): Promise<string> {
  const sealer = sealerWith([token, '', ''])
  return `${SESSION_COOKIE}=${await sealSession(sealer, newSession(TOKEN_ACTOR, null, now))}`
}

export interface Door {
  /** A request as a browser on this machine sends it. */
  get(path: string, init?: RequestInit): Promise<Response>
  post(
    path: string,
    form: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>
}

const DEFAULTS = readConfig({})

/** What the console asks, with the clock of a world. */
export function contextOf(
  stack: AsyncDisposableStack,
  { ledger, now }: { readonly ledger: Ledger | null; readonly now: () => number },
  access: AccessSettings = LOOPBACK,
): ConsoleContext {
  const config = DEFAULTS
  // The first reading is the only one.
  const sleep = (_ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => signal?.addEventListener('abort', () => resolve()))
  const observations = observed(config, () => ledger && { ledger, receiving: () => true }, { now, sleep })
  stack.defer(() => observations.close())
  const { snapshot } = observations
  const replays = replayRunner({ runtime: backgroundRuntime, leaseMs: 30_000, log: silentLogger })
  return {
    config,
    access,
    ledger: () => ledger,
    snapshot,
    now,
    zone: 'Europe/Berlin',
    log: silentLogger,
    deadLetters: (options, own) => deadLettersBeside(config, { ...options, now: now() }, own),
    connections: async () => new Map(),
    replays,
  }
}

/** The console without a socket. */
export function doorTo(context: ConsoleContext, at = 'http://127.0.0.1:9464'): Door {
  const app = consoleApp(context)
  const ask = async (path: string, init?: RequestInit): Promise<Response> =>
    app.fetch(new Request(`${at}${path}`, { redirect: 'manual', ...init }))
  return {
    get: ask,
    post: (path, form, headers = { 'sec-fetch-site': 'same-origin' }) =>
      ask(path, { method: 'POST', body: new URLSearchParams(form), headers }),
  }
}
