import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { readConfig } from '../../src/compose/config.ts'
import { evaluateHere } from '../../src/core/expression/evaluate.ts'
import { SHIPPED_SHAPES } from '../../src/core/intake/shapes/shipped.ts'
import { read } from '../deploy/support.ts'

const folder = mkdtempSync(join(tmpdir(), 'rollcall-shapes-'))
after(() => rmSync(folder, { recursive: true }))

/** The sections of the page, by their headings. */
const sections = read('docs/reference/shapes.md').split(/^## /m).slice(1)

void describe('the page of shipped shapes', () => {
  void test('has every shape, each with where its form is from and an example', () => {
    const described = sections.flatMap((section) => {
      const [, names = ''] = section.split('\n\n')
      assert.match(section, /\]\(https:\/\//, section)
      return [...(names.split('Form:')[0] ?? '').matchAll(/`([a-z-]+)`/g)].map(([, name]) => name)
    })
    assert.deepEqual(new Set(described), new Set(Object.keys(SHIPPED_SHAPES)))
  })

  for (const [index, section] of sections.entries())
    void test(`shows a configuration that can be used: ${section.split('\n')[0]}`, () => {
      const [, yaml] = /```yaml\n([\s\S]*?)```/.exec(section) ?? []
      assert(yaml)
      const path = join(folder, `${index}.yaml`)
      writeFileSync(path, yaml)
      const [source] = readConfig({ ROLLCALL_CONFIG: path }, evaluateHere()).rules.sources
      assert.ok(source?.shape && section.includes(`\`${source.shape.name}\``))
    })
})
