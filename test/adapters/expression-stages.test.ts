import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { expressionProcess } from '../../src/adapters/expression-process/client.ts'
import { httpReader } from '../../src/adapters/hr-reader/http-reader.ts'
import { HrSystemSettings } from '../../src/core/intake/hydrate/settings.ts'
import { sha256 } from '../../src/adapters/system.ts'
import { compileShape } from '../../src/core/intake/shape.ts'
import { compileMapping, DEFAULT_REQUIRED, DEFAULT_RULES } from '../../src/core/plan/mapping/mapping.ts'
import type { Decision } from '../../src/core/ledger/decision.ts'
import { planEmployee } from '../../src/core/plan/decide/plan.ts'
import { day, ledgerEvent } from '../fakes/events.ts'

const LOOP = '($f := function($n) { $f($n + 1) }; $f(1))'

void describe('an expression that does not end', () => {
  const evaluator = expressionProcess({ limitMs: 150 })
  let base = ''
  const server = createServer((request, response) =>
    response.end(JSON.stringify({ title: request.url?.includes('loop') ? 'loop' : 'Engineer' })),
  )
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    base = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  })
  after(async () => {
    server.close()
    await evaluator.close()
  })

  void test('in a mapping dead-letters the one event that brought its value, and the other employees are planned', async () => {
    const mapping = compileMapping(
      [
        ...DEFAULT_RULES.filter(({ to }) => to !== 'title'),
        { to: 'title', from: { jsonata: `title = 'loop' ? ${LOOP} : title` } },
      ],
      DEFAULT_REQUIRED,
      evaluator,
    )
    const plan = async (employeeId: string, title: string): Promise<Decision> => {
      const hired = {
        ...ledgerEvent(1, { employeeId, worker: { userName: employeeId, active: true } }),
        state: 'received' as const,
        reason: null,
      }
      const titled = {
        ...ledgerEvent(2, { employeeId, worker: { title } }),
        state: 'received' as const,
        reason: null,
      }
      const employee = {
        employeeId,
        revision: 1,
        events: [hired, titled],
        acceptedHash: null,
        known: false,
        unanswered: [],
      }
      return planEmployee(employee, day(30), { mapping, digest: sha256 })
    }
    const decisions = await Promise.all(
      Array.from({ length: 50 }, (_, index) => plan(`e-${index}`, index === 20 ? 'loop' : 'Lead')),
    )
    for (const [index, decision] of decisions.entries()) {
      assert(decision.kind === 'decided')
      const [first, second] = decision.events.toSorted((a, b) => a.seq - b.seq)
      assert.equal(first?.state, 'planned')
      if (index !== 20) assert.equal(second?.state, 'planned')
      else {
        assert.deepEqual([second?.state, second?.reason], ['dead-lettered', 'MappingFailed'])
        assert.match(second?.detail ?? '', /^title: it takes too long/)
      }
    }
  })

  void test('in a shape refuses the one message', async () => {
    const shape = compileShape(
      'vendor',
      { event: `kind = 'loop' ? ${LOOP} : { 'type': 'worker.updated', 'id': kind }` },
      sha256,
      evaluator,
    )
    const results = await Promise.all(['a', 'loop', 'b'].map((kind) => shape.apply({ kind }, '/hr/vendor')))
    assert.deepEqual(
      results.map(({ kind }) => kind),
      ['envelopes', 'rejected', 'envelopes'],
    )
    const [, refused] = results
    assert(refused?.kind === 'rejected')
    assert.equal(refused.code, 'ShapeFailed')
    assert.match(refused.description, /^shape vendor: it takes too long/)
  })

  void test('in a reading from HR fails the one notice', async () => {
    const reader = httpReader(
      HrSystemSettings.parse({
        url: `${base}/{employee}`,
        allowHttp: true,
        worker: `title = 'loop' ? ${LOOP} : { 'title': title }`,
      }),
      { evaluator, source: {}, uses: () => true },
    )
    const read = (employeeId: string): ReturnType<typeof reader.read> =>
      reader.read(
        {
          seq: 1,
          source: '/hr',
          id: '1',
          type: 'worker.updated',
          employeeId,
          recordedAt: 0,
          effectiveAt: 0,
          attempts: 0,
        },
        new AbortController().signal,
      )
    const [first, looping, last] = await Promise.all([read('1'), read('loop'), read('2')])
    for (const answer of [first, last])
      assert.deepEqual(answer, { kind: 'record', worker: { title: 'Engineer' }, at: null })
    assert(looping?.kind === 'unusable')
    assert.equal(looping.code, 'ExpressionFailed')
    assert.match(looping.why ?? '', /^worker: it takes too long/)
  })
})
