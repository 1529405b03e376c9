import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { faultRuleSchema } from '../../../src/local/entra/fault-settings.ts'
import { settingsSchema } from '../../../src/local/entra/settings.ts'

const page = readFileSync(new URL('../../../docs/reference/doubles-entra.md', import.meta.url), 'utf8')
const firstCells = (heading: string): readonly string[] => {
  const section = page.slice(page.indexOf(`\n## ${heading}\n`) + 1)
  const end = section.indexOf('\n## ', 1)
  return [...section.slice(0, end).matchAll(/^\| (`[^|]+) \|/gmu)].flatMap(([, cell]) =>
    [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ''),
  )
}

void test('the page names every setting, and no other', () => {
  assert.deepEqual([...firstCells('Settings')].sort(), Object.keys(settingsSchema.shape).sort())
})

void test('the page names every kind of fault, and no other', () => {
  const kinds = faultRuleSchema.options.map((option) => option.shape.kind.value)
  assert.deepEqual([...firstCells('Faults')].sort(), [...kinds].sort())
})
