import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type DestinationRules, routingOf } from '../../../src/core/destinations/routing.ts'
import type { Attribute } from '../../../src/core/model.ts'
import { compileMapping } from '../../../src/core/plan/mapping/mapping.ts'

const shared = compileMapping()
const own = compileMapping([
  { to: 'active', from: 'active' },
  { to: 'nickName', from: 'nickName' },
])
const rules = (name: string, where: DestinationRules['where'], mapping = shared): DestinationRules => ({
  name,
  where,
  mapping,
})
const NORTH = rules('north', { organization: 'North', site: ['1', '2'] })
const SOUTH = rules('south', { organization: ['South', 'North'] }, own)
const OTHERS = rules('others', null)
const worker = (values: Readonly<Record<string, string | number | boolean | null>>) =>
  new Map(Object.entries(values).map(([path, value]): [string, Attribute] => [path, { value, by: 1 }]))

void describe('an employee belongs to', () => {
  const routing = routingOf(NORTH, [SOUTH, OTHERS])
  const home = (values: Parameters<typeof worker>[0]) => routing.routeOf(worker(values))

  void it('the first destination of which every attribute fits', () => {
    assert.equal(home({ organization: 'North', site: '2' }), 'north')
    assert.equal(home({ organization: 'North', site: 2 }), 'north')
    assert.equal(home({ organization: 'North', site: '3' }), 'south')
    assert.equal(home({ organization: 'South', site: '1' }), 'south')
  })

  void it('the one without a rule, when no other fits: comparisons are exact, and a missing attribute never fits', () => {
    assert.equal(home({ organization: 'north', site: '1' }), 'others')
    assert.equal(home({ organization: ' North', site: '1' }), 'others')
    assert.equal(home({ organization: null, site: '1' }), 'others')
    assert.equal(home({}), 'others')
  })

  void it('none, when no rule fits and every destination has one', () => {
    const { routeOf, fallback, paths } = routingOf(NORTH, [SOUTH])
    assert.equal(routeOf(worker({ organization: 'West' })), null)
    assert.deepEqual([fallback, paths], ['north', ['organization', 'site']])
    assert.equal(routingOf(NORTH, [OTHERS, rules('last', null)]).fallback, 'others')
  })
})

void describe('the rules as text', () => {
  const text = (first: DestinationRules, ...others: readonly DestinationRules[]): string =>
    routingOf(first, others).text

  void it('are the same when an employee belongs to the same destination, and differ otherwise', () => {
    const same = rules('north', { site: ['2', '1'], organization: ['North'] })
    assert.equal(text(NORTH, OTHERS), text(same, OTHERS))
    const different: readonly (readonly [DestinationRules, ...DestinationRules[]])[] = [
      [OTHERS],
      [NORTH, SOUTH],
      [SOUTH, NORTH],
      [rules('north', { organization: 'North', site: '1' }), OTHERS],
      [rules('nord', NORTH.where), OTHERS],
      [NORTH, rules('others', { site: '9' })],
    ]
    for (const other of different)
      assert.notEqual(text(...other), text(NORTH, OTHERS), JSON.stringify(other.map(({ name }) => name)))
  })
})

void it('a destination has its own mapping, one that is not known that of the first, and each uses what the rules read', () => {
  const { mappingOf } = routingOf(SOUTH, [NORTH, OTHERS])
  const used = (name: string) =>
    ['nickName', 'title', 'site', 'colour'].filter((path) => mappingOf(name).uses(path))
  assert.deepEqual(used('south'), ['nickName', 'site'])
  assert.deepEqual(used('others'), ['nickName', 'title', 'site'])
  assert.deepEqual(used('gone'), ['nickName', 'site'])
})
