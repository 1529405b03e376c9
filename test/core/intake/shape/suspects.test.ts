import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sha256 } from '../../../../src/adapters/system.ts'
import { evaluateHere } from '../../../../src/core/expression/evaluate.ts'
import type { Envelope } from '../../../../src/core/intake/decode.ts'
import { compileShape, type ShapeRules } from '../../../../src/core/intake/shape.ts'
import type { Json } from '../../../../src/core/model.ts'

const ACCESS = { from: 'status', active: ['Active'], inactive: ['Left'] }

/** The envelopes, with the data of each only once. */
async function suspects(rules: ShapeRules, body: Json): Promise<readonly Envelope[]> {
  const found = await compileShape('own', rules, sha256, evaluateHere()).suspects(body, '/hr/own')
  return found.map(({ attributes: { data: _data, ...attributes }, data }) => ({ attributes, data }))
}

void describe('what a refused payload in the shape of its source seems to say', () => {
  void test('is each event of each item, without any check', async () => {
    const rules: ShapeRules = {
      items: 'people',
      fields: { who: 'id' },
      id: 'key',
      event: `["a text", { "type": "worker.updated", "subject": $string(who), "data": about }]`,
    }
    assert.deepEqual(
      await suspects(rules, {
        people: [
          { who: 7, key: 'k-1' },
          { who: null, about: { n: 1 } },
        ],
      }),
      [
        { attributes: { source: '/hr/own', id: 'k-1', type: 'worker.updated', subject: '7' }, data: {} },
        { attributes: { source: '/hr/own', id: '', type: 'worker.updated' }, data: { n: 1 } },
      ],
    )
    assert.deepEqual(await suspects({ event: '{ "type": kind }' }, { kind: 'left' }), [
      { attributes: { source: '/hr/own', type: 'left' }, data: {} },
    ])
  })

  void test('is the end of access where the status is not known, whatever the shape makes of it', async () => {
    const uses = `{ "type": $active = false ? "worker.terminated" : "worker.hired" }`
    const ignores = `{ "data": { "worker": { "title": title, "active": true } } }`
    for (const [event, status, expected] of [
      [uses, 'Left', { attributes: { source: '/hr/own', type: 'worker.terminated' }, data: {} }],
      [uses, 'Active', { attributes: { source: '/hr/own', type: 'worker.hired' }, data: {} }],
      [
        uses,
        'Unwell',
        {
          attributes: { source: '/hr/own', type: 'worker.terminated' },
          data: { worker: { active: false } },
        },
      ],
      [
        ignores,
        'Unwell',
        { attributes: { source: '/hr/own' }, data: { worker: { title: 'A', active: false } } },
      ],
    ] as const)
      assert.deepEqual(await suspects({ access: ACCESS, event }, { status, title: 'A' }), [expected])
  })

  void test('is nothing where the shape cannot be applied', async () => {
    assert.deepEqual(await suspects({ items: '$number(n)', event: '{}' }, { n: 'x' }), [])
    assert.deepEqual(await suspects({ event: '{ "n": $number(n) }' }, { n: 'x' }), [])
  })
})
