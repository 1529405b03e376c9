import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { productionPackages } from '../../scripts/docs/licences.ts'
import { at, entries, files, list, read, root } from '../deploy/support.ts'

/** Licences that allow what the MIT licence allows, with the notice kept. */
const PERMISSIVE = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'MIT-0',
]

const WORKFLOWS = files('.github/workflows/*.yml')

void describe('the workflows of the code host', () => {
  for (const file of WORKFLOWS) {
    const text = read(file)
    const workflow: unknown = parse(text)
    const jobs = entries(at(workflow, 'jobs')).map(([, job]) => job)
    const steps = jobs.flatMap((job) => list(at(job, 'steps')))

    void test(`${file}: every action is pinned by its commit, with its version beside it`, () => {
      const used = text.match(/uses: .*/g) ?? []
      assert.ok(used.length >= 2)
      for (const line of used) assert.match(line, /^uses: [\w-]+\/[\w-]+@[\da-f]{40} # v\d+\.\d+\.\d+$/)
    })

    void test(`${file}: only a job that says so is granted more than reading; no secret and no host is named`, () => {
      assert.deepEqual(at(workflow, 'permissions'), { contents: 'read' })
      assert.doesNotMatch(text, /secrets\.|https?:\/\/|\b[\w-]+\.(?:io|com|org|dev)\b/)
      for (const job of jobs) assert.equal(typeof at(job, 'timeout-minutes'), 'number')
    })

    void test(`${file}: keeps no credentials, and puts no text of others into a script`, () => {
      const runs = steps.map((step) => at(step, 'run')).filter((run) => typeof run === 'string')
      assert.ok(runs.length > 0)
      for (const run of runs) assert.doesNotMatch(run, /\$\{\{/)
      const checkout = steps.find((step) => String(at(step, 'uses')).startsWith('actions/checkout@'))
      assert.equal(at(checkout, 'with', 'persist-credentials'), false)
    })
  }

  void test('every change and every release passes the gate', () => {
    assert.ok(existsSync(join(root, '.ci/run')))
    for (const name of ['ci', 'release'])
      assert.match(read(`.github/workflows/${name}.yml`), /^\s+- run: \.ci\/run$/m)
  })

  void test('each night runs all that is too long for the gate, and what fails does not keep the rest from running', () => {
    const text = read('.github/workflows/nightly.yml')
    const { scripts } = JSON.parse(read('package.json')) as {
      readonly scripts: Readonly<Record<string, string>>
    }
    const used = new Set([...text.matchAll(/run: npm run ([\w:]+)/g)].map(([, script = '']) => script))
    assert.deepEqual([...used], ['simulate', 'simulate:prove', 'crash', 'fuzz', 'mutants'])
    for (const script of used) assert.ok(script in scripts, script)
    const [, ...others] = text.split(/^\s+- run: npm run/m)[1]?.split('run: npm run') ?? []
    assert.equal(text.match(/if: \$\{\{ !cancelled\(\) \}\}\n/g)?.length, others.length)
  })

  void test('the release attests and publishes what the release script makes', () => {
    const text = read('.github/workflows/release.yml')
    assert.match(text, /node scripts\/release\.ts assets "\$TAG" --to release/)
    for (const file of ['rollcall.cdx.json', 'NOTES.md', 'LICENCES.md', 'SHA256SUMS'])
      assert.ok(text.includes(`release/${file}`), file)
    assert.match(text, /if: vars\.PUBLISH == 'npm'\n\s+run: npm publish .*--provenance/)
  })

  void test('the forms for issues have a title, a text, and fields with ids of their own', () => {
    const forms = files('.github/ISSUE_TEMPLATE/*.yml').filter((file) => !file.endsWith('config.yml'))
    assert.ok(forms.length >= 3)
    for (const file of forms) {
      const form: unknown = parse(read(file))
      for (const key of ['name', 'description']) assert.equal(typeof at(form, key), 'string', file)
      const fields = list(at(form, 'body')).filter((field) => at(field, 'type') !== 'markdown')
      const ids = fields.map((field) => at(field, 'id'))
      assert.equal(new Set(ids).size, fields.length, file)
      for (const field of fields) assert.equal(typeof at(field, 'attributes', 'label'), 'string', file)
    }
  })

  void test('every production dependency has a permissive licence', () => {
    const others = productionPackages().filter(({ licence }) => !PERMISSIVE.includes(licence))
    assert.deepEqual(others, [])
  })
})
