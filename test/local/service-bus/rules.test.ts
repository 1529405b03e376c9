import assert from 'node:assert/strict'
import { it } from 'node:test'
import { matches, type Scalar } from '../../../src/local/service-bus/rules/evaluate.ts'
import { SqlSyntaxError } from '../../../src/local/service-bus/rules/lex.ts'
import { parseAction, parseFilter } from '../../../src/local/service-bus/rules/parse.ts'

const user: Readonly<Record<string, Scalar>> = {
  color: 'red',
  n: 3,
  price: 2.5,
  on: true,
  "it's": 'yes',
  'two words': 1,
}
const system: Readonly<Record<string, Scalar>> = { label: 'hired' }

function evaluates(filter: string): boolean {
  return matches(
    parseFilter(filter),
    ({ scope, name }) => (scope === 'sys' ? system : user)[name.toLowerCase()],
  )
}

const truths: readonly (readonly [string, boolean])[] = [
  ['1=1', true],
  ['1=0', false],
  ["color = 'red'", true],
  ["user.color <> 'blue' AND n >= 3", true],
  ["sys.Label = 'hired'", true],
  ["color IN ('blue', 'red')", true],
  ["color NOT IN ('blue', 'red')", false],
  ["color LIKE 'r%'", true],
  ["color LIKE '_e_'", true],
  ["color LIKE 'r!%' ESCAPE '!'", false],
  ["color NOT LIKE 'b%'", true],
  ['missing IS NULL', true],
  ['color IS NOT NULL', true],
  ['EXISTS(color) AND NOT EXISTS(missing)', true],
  // Unknown is not true, and neither is its negation.
  ["missing = 'x'", false],
  ["NOT (missing = 'x')", false],
  ["missing = 'x' OR n = 3", true],
  ["n = '3'", false],
  ['n + 1 * 2 = 5', true],
  ['(n + 1) * 2 = 8', true],
  ['-n < 0', true],
  ['n % 2 = 1', true],
  ['n / 0 = 1', false],
  ['price > 2.4 AND price < 2.6e0', true],
  ['on', true],
  ['on = TRUE AND NOT on = FALSE', true],
  ['[two words] = 1', true],
  ['"two words" = 1', true],
  ["\"it's\" = 'yes'", true],
  ["color = 'it''s'", false],
  ["n = 3 OR n = 4 AND color = 'blue'", true],
  ["property('n') = 3", true],
]

for (const [filter, expected] of truths) {
  void it(`${filter} is ${expected}`, () => assert.equal(evaluates(filter), expected))
}

for (const filter of [
  '',
  'color =',
  "color = 'red",
  'color == 1',
  'n IN ()',
  'a b',
  "LIKE 'x'",
  'n NOT 3',
  'other.n = 1',
  'n = 1 )',
  '?',
]) {
  void it(`'${filter}' is not a filter`, () => assert.throws(() => parseFilter(filter), SqlSyntaxError))
}

void it('an action is a list of steps', () => {
  assert.deepEqual(
    parseAction("SET a = 'x'; SET sys.Label = a + 'y' REMOVE user.b;").map(({ kind, property }) => [
      kind,
      property.scope,
      property.name,
    ]),
    [
      ['set', 'user', 'a'],
      ['set', 'sys', 'Label'],
      ['remove', 'user', 'b'],
    ],
  )
  assert.throws(() => parseAction('DROP TABLE x'), SqlSyntaxError)
})
