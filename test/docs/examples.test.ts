import assert from 'node:assert/strict'
import { basename, dirname } from 'node:path'
import { describe, test } from 'node:test'
import { checkConfig } from '../../src/compose/config.ts'
import { files, read } from '../deploy/support.ts'

const EXAMPLES = files('examples/*/**/*.*')
const folderOf = (file: string): string => file.split('/').slice(0, 2).join('/')

/** Variables that an example takes from the environment, as its README exports them. */
const exportedIn = (readme: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...readme.matchAll(/^export (.*)$/gm)].flatMap(([, line = '']) =>
      [...line.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value] as const),
    ),
  )

void describe('the examples', () => {
  void test('a README names every file of its folder, and the page above every folder', () => {
    assert.ok(EXAMPLES.length > 20, `only ${EXAMPLES.length} files were found`)
    const overview = read('examples/README.md')
    for (const file of EXAMPLES) {
      const folder = folderOf(file)
      const inside = dirname(file).slice(folder.length + 1)
      assert.ok(overview.includes(`(${basename(folder)}/README.md)`), folder)
      if (basename(file) !== 'README.md')
        assert.ok(
          read(`${folder}/README.md`).includes(inside === 'golden' ? 'golden/' : basename(file)),
          file,
        )
    }
  })

  for (const file of EXAMPLES.filter((name) => name.endsWith('.yaml')))
    void test(`${file} has nothing to correct, and an editor knows its schema`, () => {
      const [first] = read(file).split('\n')
      assert.equal(first, '# yaml-language-server: $schema=../../rollcall.schema.json')
      const environment = { ...exportedIn(read(`${folderOf(file)}/README.md`)), ROLLCALL_CONFIG: file }
      assert.deepEqual(checkConfig(environment).problems, [])
    })

  for (const [folder, given, refused] of [
    ['own-source', ['samples'], ['AccessUnknown']],
    ['flat-records', ['samples'], ['FieldInvalid']],
    ['notices', ['samples', 'answers'], ['AnswerIncomplete', 'OtherEmployee']],
  ] as const)
    void test(`each sample of ${folder} has its expected result, and only ${refused.join(' and ')} refuse one`, () => {
      const samples = given.flatMap((name) => files(`examples/${folder}/${name}/*.json`))
      const results = files(`examples/${folder}/golden/*.json`)
      assert.deepEqual(
        results.map((file) => basename(file)).toSorted(),
        samples.map((file) => basename(file)).toSorted(),
      )
      const codes: readonly string[] = results.flatMap((file) => JSON.parse(read(file)).refused?.code ?? [])
      assert.deepEqual(codes.toSorted(), refused)
    })
})
