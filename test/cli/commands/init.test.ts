import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { jsonSchema } from '../../../src/config/schema.ts'
import { SHIPPED_SHAPES } from '../../../src/core/intake/shapes/shipped.ts'
import { command } from '../../fakes/cli.ts'

let folder = ''
let files = 0
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-init-'))
})
after(() => rm(folder, { recursive: true, force: true }))

/** Writes a configuration with these options, and checks it; with every option of it on as well. */
async function initiated(...options: readonly string[]) {
  const file = join(folder, `rollcall-${(files += 1)}.yaml`)
  const { code, stderr } = await command(['init', file, ...options])
  assert.equal(code, 0, stderr)
  const text = await readFile(file, 'utf8')
  const checked = await command(['config', 'check', file])
  assert.equal(checked.code, 0, checked.stderr)
  const allOn = join(folder, `all-on-${files}.yaml`)
  await writeFile(allOn, text.replaceAll(/^#(?=[ \w]*\w+:)(?! \w)/gm, ''))
  const withAll = await command(['config', 'check', allOn])
  assert.equal(withAll.code, 0, withAll.stderr)
  return { text, checked, withAll }
}

void describe('init', () => {
  void test('writes a configuration that config check accepts, as it is and with every option on', async () => {
    const { text, checked, withAll } = await initiated()
    assert.match(checked.stdout, /1 source\(s\) on hr-events;/)
    assert.match(text, /^# yaml-language-server: \$schema=\.\/rollcall\.schema\.json$/m)
    assert.doesNotMatch(withAll.stdout, /SERVICEBUS_FQDN:/)
  })

  void test('says what to type next, as it is typed in a checkout and where it is installed', async () => {
    for (const [script, typed] of [
      ['', 'rollcall'],
      ['rollcall', 'npm run --silent rollcall --'],
    ] as const) {
      const file = join(folder, `next-${(files += 1)}.yaml`)
      const { stderr } = await command(['init', file], { npm_lifecycle_event: script })
      assert.match(stderr, new RegExp(`\nnext: ${typed} config check ${file}\n`))
    }
  })

  void test('for every shape there is, and for rules of your own', async () => {
    for (const shape of ['own', ...Object.keys(SHIPPED_SHAPES)]) {
      const { text } = await initiated('--shape', shape)
      assert.match(text, new RegExp(`^    shape: "?${shape}"?$`, 'm'))
    }
  })

  void test('takes a subscription, sessions, a zone and a name with any characters', async () => {
    const { checked, text } = await initiated(
      '--topic',
      'vendors',
      '--subscription',
      'bob',
      '--sessions',
      '--zone',
      'Asia/Jerusalem',
      '--name',
      'a: "b" #c',
    )
    assert.match(checked.stdout, /on vendors\/Subscriptions\/bob \(sessions\)/)
    assert.match(text, /zone: Asia\/Jerusalem/)
  })

  void test('writes the schema beside it, and overwrites neither', async () => {
    const file = join(folder, 'rollcall-1.yaml')
    assert.deepEqual(JSON.parse(await readFile(join(folder, 'rollcall.schema.json'), 'utf8')), jsonSchema())
    const before = await readFile(file, 'utf8')
    await writeFile(join(folder, 'rollcall.schema.json'), 'mine')
    const { code, stderr } = await command(['init', file, '--shape', 'hibob'])
    assert.equal(code, 1)
    assert.match(stderr, /exists already/)
    assert.equal(await readFile(file, 'utf8'), before)
    assert.match((await command(['init', join(folder, 'other.yaml')])).stderr, /was there already/)
    assert.equal(await readFile(join(folder, 'rollcall.schema.json'), 'utf8'), 'mine')
  })

  void test('refuses options that do not fit, and writes nothing', async () => {
    const file = join(folder, 'none.yaml')
    for (const options of [
      ['--shape', 'nowhere'],
      ['--zone', 'Berlin-ish'],
      ['--topic', 'a'],
      ['--queue', 'q', '--topic', 'a', '--subscription', 'b'],
    ])
      assert.equal((await command(['init', file, ...options])).code, 2, options.join(' '))
    await assert.rejects(readFile(file))
    assert.equal((await command(['init', join(folder, 'no', 'such', 'folder.yaml')])).code, 2)
  })
})
