import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import type { DeadLetterQueue, PeekedMessage } from '../../../src/core/ports.ts'

/** What is put on a shelf. */
export interface Put {
  readonly text: string
  readonly contentType?: string
  readonly subject?: string
  readonly correlationId?: string
  readonly sessionId?: string
  readonly properties?: Readonly<Record<string, string | number | boolean>>
  readonly reason: string
  readonly description: string
}
/** What arrived where copies are sent to. */
export interface Arrived {
  readonly messageId: string
  readonly text: string
  readonly contentType: string | null
  readonly sessionId: string | null
  readonly properties: Readonly<Record<string, unknown>>
}
/** A shelf and those around it. */
export interface ShelfSite {
  readonly shelf: DeadLetterQueue
  /** Whether messages without a session are possible here, and whether they bear a reason. */
  readonly sessions: boolean
  readonly deadLetters: boolean
  /** Whether messages come in the order they were put there: not through several partitions. */
  readonly ordered: boolean
  put(messages: readonly Put[]): Promise<void>
  /** Another receiver locks the first `count` messages; returns how to complete them. */
  lockFirst(count: number): Promise<() => Promise<void>>
  /** Copies that arrived so far; those that have not yet are waited for. */
  arrived(count: number): Promise<readonly Arrived[]>
  /** Lets every lock lapse. */
  lapse(): Promise<void>
  /** Receives everything there is, in the order the bus hands it out. */
  rest(count: number): Promise<readonly string[]>
}
export type OpenShelf = (t: TestContext) => Promise<ShelfSite>

const never = new AbortController().signal

/** Holds a shelf to what the port promises. */
export function exerciseShelf(open: OpenShelf): void {
  const letters = (site: ShelfSite, count: number): Put[] =>
    Array.from({ length: count }, (_, n) => ({
      text: `{"n":${n}}`,
      contentType: 'application/json',
      reason: 'BodyNotJson',
      description: 'no JSON',
      ...(site.sessions ? { sessionId: `s${n % 3}` } : {}),
    }))
  const all = async (shelf: DeadLetterQueue): Promise<readonly PeekedMessage[]> => {
    const found: PeekedMessage[] = []
    for (let from = '0'; ;) {
      const page = await shelf.peek(from, 40)
      found.push(...page)
      const last = page.at(-1)
      if (!last) return found
      from = String(BigInt(last.sequence) + 1n)
    }
  }
  const texts = (messages: readonly { readonly text: string | null }[]): (string | null)[] =>
    messages.map(({ text }) => text)

  void it('peeking shows every message page by page in order, again and again, and changes nothing', async (t) => {
    const site = await open(t)
    await site.put(letters(site, 90))
    const first = await all(site.shelf)
    const put = texts(letters(site, 90))
    if (site.ordered) assert.deepEqual(texts(first), put)
    else assert.deepEqual(new Set(texts(first)), new Set(put))
    assert.deepEqual(await all(site.shelf), first)
    assert.ok(
      first.every(({ sequence }, at) => at === 0 || BigInt(sequence) > BigInt(first[at - 1]?.sequence ?? 0)),
    )
    const counts = first.map(({ deliveryCount }) => deliveryCount)
    assert.deepEqual(
      (await all(site.shelf)).map(({ deliveryCount }) => deliveryCount),
      counts,
    )
    assert.deepEqual(await site.shelf.peek(String(BigInt(first.at(-1)?.sequence ?? 0) + 1n), 10), [])
  })

  void it('a message is shown with body, properties and reason word for word, as of the entity it died in', async (t) => {
    const site = await open(t)
    const text = '  {"name": "Åsa \\u0000", "n": 12345678901234567890}\n'
    const properties = { 'cloudEvents:id': 'e-1', attempt: 3, urgent: true }
    const more = site.sessions ? { sessionId: 's1' } : {}
    await site.put([
      {
        text,
        contentType: 'text/plain',
        properties,
        reason: 'FieldMissing',
        description: 'data.worker is missing',
        ...more,
      },
    ])
    const [shown] = await site.shelf.peek('0', 10)
    assert.equal(shown?.text, text)
    assert.equal(shown?.contentType, 'text/plain')
    assert.equal(shown?.entity, site.shelf.entity)
    assert.equal(shown?.sessionId, site.sessions ? 's1' : null)
    for (const [name, value] of Object.entries(properties)) assert.equal(shown?.properties[name], value)
    if (!site.deadLetters) return
    assert.equal(shown?.reason, 'FieldMissing')
    assert.equal(shown?.description, 'data.worker is missing')
  })

  void it('copies arrive in order with body, content type, session and properties of their originals, under new names and without what made them dead letters', async (t) => {
    const site = await open(t)
    if (!site.shelf.takesCopies) {
      await assert.rejects(site.shelf.resend([]))
      return
    }
    const put = letters(site, 20).map((one, n) => ({
      ...one,
      properties: { kept: n, 'rollcall-replay': 'an older one' },
    }))
    await site.put(put)
    const originals = (await all(site.shelf)).toSorted(
      (a, b) => Number(a.properties['kept']) - Number(b.properties['kept']),
    )
    await site.shelf.resend(
      originals.map((original, n) => ({
        original,
        messageId: `replay-r1-${n}`,
        text: n === 7 ? '{"edited":true}' : original.text,
        properties: { 'rollcall-replay': 'r1' },
      })),
    )
    const arrived = await site.arrived(20)
    const inOrder = arrived.toSorted((a, b) => Number(a.properties['kept']) - Number(b.properties['kept']))
    // Sessions keep their order, each for itself.
    if (!site.sessions && site.ordered) assert.deepEqual(arrived, inOrder)
    assert.deepEqual(
      inOrder,
      put.map(({ text }, n) => ({
        messageId: `replay-r1-${n}`,
        text: n === 7 ? '{"edited":true}' : text,
        contentType: 'application/json',
        sessionId: site.sessions ? `s${n % 3}` : null,
        properties: { kept: n, 'rollcall-replay': 'r1' },
      })),
    )
    if (site.deadLetters) assert.equal((await all(site.shelf)).length, originals.length)
  })

  void it('retiring takes the chosen from anywhere, and leaves every other in its place and its order', async (t) => {
    const site = await open(t)
    await site.put(letters(site, 120))
    const before = await all(site.shelf)
    const chosen = new Set(before.filter((_, n) => n % 17 === 5 || n === 119).map(({ sequence }) => sequence))
    assert.deepEqual(await site.shelf.remove(chosen, never), chosen)
    const others = before.filter(({ sequence }) => !chosen.has(sequence))
    assert.deepEqual(
      (await all(site.shelf)).map(({ sequence, text, reason }) => ({ sequence, text, reason })),
      others.map(({ sequence, text, reason }) => ({ sequence, text, reason })),
    )
    await site.shelf.close()
    await site.lapse()
    assert.deepEqual(await site.rest(others.length), texts(others))
  })

  void it('retiring goes on where it was, in any order of the chosen', async (t) => {
    const site = await open(t)
    await site.put(letters(site, 60))
    const before = (await all(site.shelf)).map(({ sequence }) => sequence)
    const parts = [before.slice(50), before.slice(10, 20), before.slice(0, 5), before.slice(20, 45)]
    for (const part of parts) assert.deepEqual(await site.shelf.remove(new Set(part), never), new Set(part))
    const gone = new Set(parts.flat())
    assert.deepEqual(
      (await all(site.shelf)).map(({ sequence }) => sequence),
      before.filter((sequence) => !gone.has(sequence)),
    )
  })

  void it('a message that another receiver took is gone too; one that another receiver holds is waited for', async (t) => {
    const site = await open(t)
    await site.put(letters(site, 10))
    const before = (await all(site.shelf)).map(({ sequence }) => sequence)
    const complete = await site.lockFirst(3)
    const chosen = new Set([before[0], before[2], before[5], String(BigInt(before[9] ?? 0) + 1n)].map(String))
    let answered = false
    const retiring = site.shelf.remove(chosen, never).then((gone) => ((answered = true), gone))
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
    assert.equal(answered, false)
    await complete()
    assert.deepEqual(await retiring, chosen)
    assert.deepEqual(
      (await all(site.shelf)).map(({ sequence }) => sequence),
      [3, 4, 6, 7, 8, 9].map((n) => before[n]),
    )
  })

  void it('retiring ends early when it is aborted, and answers what is gone by then', async (t) => {
    const site = await open(t)
    await site.put(letters(site, 10))
    const before = (await all(site.shelf)).map(({ sequence }) => sequence)
    await site.lockFirst(1)
    const stopping = new AbortController()
    const retiring = site.shelf.remove(new Set([before[0], before[4]].map(String)), stopping.signal)
    while ((await all(site.shelf)).length === 10) await new Promise(setImmediate)
    stopping.abort()
    const gone = await retiring
    assert.ok(!gone.has(String(before[0])))
    assert.equal((await all(site.shelf)).length, 9)
  })
}
