import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { askAbout, sayingRefusals } from '../../../src/core/connections/ask.ts'
import type { ConnectionAnswer, Link } from '../../../src/core/connections/connection.ts'
import { answerInWords, linkInWords } from '../../../src/core/connections/words.ts'

const found = (sourceAnchor: string, targetAnchor = `object of ${sourceAnchor}`): ConnectionAnswer => ({
  kind: 'found',
  connection: { sourceAnchor, targetAnchor, objectTypeName: 'User', displayName: 'Ada Example' },
})
const NONE: ConnectionAnswer = { kind: 'none' }

/** Asks about these, of a service with these answers. A missing one is 404. */
async function ask(
  employeeIds: readonly string[],
  answers: Readonly<Record<string, ConnectionAnswer>>,
  control: string | null = null,
): Promise<{ readonly links: Readonly<Record<string, Link>>; readonly asked: readonly string[] }> {
  const asked: string[] = []
  const links = await askAbout(employeeIds, {
    connections: {
      find: async (id) => {
        asked.push(id)
        return answers[id] ?? NONE
      },
    },
    control: async () => control,
    pause: async () => {},
    signal: new AbortController().signal,
  })
  return { links: Object.fromEntries(links), asked }
}

void describe('no connection', () => {
  void it('proves nothing where no employee of the job is found by the employee id: it may offer none', async () => {
    assert.deepEqual((await ask(['p1'], {})).links, { p1: 'unknown' })
    assert.deepEqual(await ask(['p1'], {}, 'p9'), { links: { p1: 'unknown' }, asked: ['p1', 'p9'] })
  })

  void it('proves nothing where the employee who must have one is found by the account only', async () => {
    const { links } = await ask(['p1'], { p9: found('a hash', 'p9') }, 'p9')
    assert.deepEqual(links, { p1: 'unknown' })
  })

  void it('counts once an employee who must have one was found by the employee id', async () => {
    assert.deepEqual((await ask(['p1', 'p2'], { p9: found('p9') }, 'p9')).links, {
      p1: 'unlinked',
      p2: 'unlinked',
    })
  })

  void it('counts beside one that was found by the account only, which asks about no other by itself', async () => {
    const answers = { p2: found('a hash', 'p2'), p9: found('p9') }
    assert.deepEqual((await ask(['p1', 'p2'], answers, 'p9')).links, { p1: 'unlinked', p2: 'unknown' })
    assert.deepEqual(await ask(['p2'], answers, 'p9'), { links: { p2: 'unknown' }, asked: ['p2'] })
  })

  void it('counts beside one that was found, without another request', async () => {
    assert.deepEqual(await ask(['p1', 'p2'], { p2: found('p2') }, 'p9'), {
      links: { p1: 'unlinked', p2: 'linked' },
      asked: ['p1', 'p2'],
    })
  })
})

void describe('a refusal', () => {
  for (const refusal of [
    { kind: 'forbidden' },
    { kind: 'throttled', retryAfterMs: null },
    { kind: 'unavailable', status: 503 },
  ] as const)
    void it(`(${refusal.kind}) proves nothing and ends the round`, async () => {
      const { links, asked } = await ask(['p1', 'p2', 'p3'], { p1: found('p1'), p2: refusal })
      assert.deepEqual([links, asked], [{ p1: 'linked', p2: 'unknown' }, ['p1', 'p2']])
      const absent = await ask(['p1', 'p2', 'p3'], { p2: refusal, p9: found('p9') }, 'p9')
      assert.deepEqual(absent, { links: { p1: 'unknown', p2: 'unknown' }, asked: ['p1', 'p2'] })
    })

  void it('is logged once, and so is its end', async () => {
    const forbidden: ConnectionAnswer = { kind: 'forbidden' }
    const answers = [NONE, forbidden, forbidden, NONE, found('p1')]
    let asking = 0
    const lines: string[] = []
    const note = (event: string): void => void lines.push(`${asking}: ${event}`)
    const asked = sayingRefusals(
      { find: async () => answers[asking] ?? NONE },
      { info: note, warn: note, error: note },
    )
    for (; asking < answers.length; asking += 1) await asked.find('p1', new AbortController().signal)
    assert.deepEqual(lines, ['1: connections.refused', '3: connections.answered'])
  })
})

void it('each answer is put in words that name the account or what to do, and never a name', () => {
  const employee = { id: 'p1', objectId: 'object of p1' }
  const words = (answer: ConnectionAnswer): string => answerInWords(answer, employee)
  assert.match(
    words(found('p1')),
    /links the employee to Entra object object of p1 \(User\); it does not say/,
  )
  assert.match(words(found('p1', 'other')), /object other \(User\), but the log named object object of p1/)
  assert.match(words(found('p7', 'p1')), /belongs to employee p7/)
  assert.match(words(NONE), /none \(404\)/)
  assert.match(words({ kind: 'forbidden' }), /403.*SynchronizationMetadata\.Read\.OwnedBy.*Read\.All/)
  assert.match(words({ kind: 'throttled', retryAfterMs: 7_000 }), /429.*in 7\.0 s/)
  assert.match(words({ kind: 'throttled', retryAfterMs: null }), /429.*later/)
  assert.match(words({ kind: 'unavailable', status: 500 }), /500.*preview/)
  assert.match(words({ kind: 'unavailable', status: null }), /rollcall check/)
  assert.doesNotMatch([found('p1'), found('p1', 'x'), found('p7')].map(words).join(), /Ada/)
})

void it('an employee whose account the log has not named yet has no second account', () => {
  assert.match(answerInWords(found('p1'), { id: 'p1', objectId: null }), /it does not say since when/)
})

void it('an event that ended without a log record says whether the job has an account, if that is known', () => {
  assert.deepEqual((['linked', 'unlinked', 'unknown'] as const).map(linkInWords), [
    'the job has an account for the employee',
    'the job has no account for the employee',
    null,
  ])
})
