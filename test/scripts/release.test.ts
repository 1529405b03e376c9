import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { makeAssets } from '../../scripts/release/assets.ts'
import { released, sectionOf } from '../../scripts/release/changelog.ts'
import { prepare } from '../../scripts/release/prepare.ts'
import { release } from '../../scripts/release.ts'
import { files, read, root as ROOT, version } from '../deploy/support.ts'

let root = ''
before(() => {
  root = mkdtempSync(join(tmpdir(), 'rollcall-release-'))
  for (const path of [
    'package.json',
    'package-lock.json',
    'CHANGELOG.md',
    'README.md',
    'docker-compose.yml',
    'docs',
    'deploy',
  ])
    cpSync(join(ROOT, path), join(root, path), { recursive: true })
})
after(() => rmSync(root, { recursive: true }))

void describe('the release script', () => {
  void test('a dry run names the files that say the version, and writes none of them', () => {
    const was = files('{CHANGELOG.md,package.json,deploy/Dockerfile}').map((path) => read(path))
    const lines = release(['prepare', '9.8.7', '--dry-run'])
    for (const path of [
      'CHANGELOG.md',
      'package.json',
      'package-lock.json',
      'deploy/Dockerfile',
      'deploy/helm/rollcall/Chart.yaml',
    ])
      assert.ok(
        lines.some((line) => line.startsWith(`${path}: line `)),
        path,
      )
    assert.deepEqual(
      files('{CHANGELOG.md,package.json,deploy/Dockerfile}').map((path) => read(path)),
      was,
    )
  })

  void test('prepare leaves the old version nowhere, and dates what was unreleased', () => {
    for (const { path, text } of prepare(root, '9.8.7', '2026-12-01')) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    const now = (path: string): string => readFileSync(join(root, path), 'utf8')
    for (const path of [
      'package.json',
      'deploy/Dockerfile',
      'deploy/helm/rollcall/Chart.yaml',
      'docker-compose.yml',
    ]) {
      assert.ok(now(path).includes('9.8.7'), path)
      assert.ok(!now(path).includes(version), path)
    }
    const lock = JSON.parse(now('package-lock.json'))
    assert.deepEqual([lock.version, lock.packages[''].version], ['9.8.7', '9.8.7'])
    assert.equal(
      Object.keys(lock.packages).length,
      Object.keys(JSON.parse(read('package-lock.json')).packages).length,
    )
    assert.match(now('CHANGELOG.md'), /^## Unreleased\n\n## 9\.8\.7 – 2026-12-01\n\n/m)
    assert.throws(() => prepare(root, '9.8.8', '2026-12-02'), /nothing under Unreleased/)
  })

  void test('a lower version, no version, and a release without a section are refused', () => {
    assert.throws(() => prepare(root, '0.0.9', '2026-12-01'), /lower than/)
    assert.throws(() => prepare(root, 'v1', '2026-12-01'), /is not a version/)
    assert.throws(() => release([]), /usage/)
    assert.throws(() => release(['assets', 'v0.0.1']), /the tag is v0\.0\.1, and package\.json has/)
    assert.throws(
      () => released('## Unreleased\n\n- a\n\n## 1.0.0 – x\n- b\n', '1.0.0', 'x'),
      /a section 1\.0\.0 already/,
    )
  })

  void test('the section of a version ends where the next begins', () => {
    const changelog =
      '# C\n\n## Unreleased\n\n## 1.10.0 – 2026-01-02\n\n- ten\n\n### More\n\n## 1.1.0 – 2026-01-01\n\n- one\n'
    assert.equal(sectionOf(changelog, '1.1.0'), '- one')
    assert.equal(sectionOf(changelog, '1.10.0'), '- ten\n\n### More')
    assert.equal(sectionOf(changelog, '1.1'), null)
  })

  void test('the files of a release have their checksums, and the bill of materials knows no development dependencies', () => {
    const asked: string[] = []
    const to = join(root, 'release')
    const made = makeAssets({
      root,
      tag: 'v9.8.7',
      to,
      run: (program, args, folder) => {
        asked.push([program, ...args].join(' '))
        if (args[0] === 'pack') writeFileSync(join(to, 'rollcall-9.8.7.tgz'), 'package')
        return args[0] === 'sbom' ? readFileSync(join(folder, 'package-lock.json'), 'utf8') : ''
      },
    })
    assert.deepEqual(made, [
      'LICENCES.md',
      'NOTES.md',
      'rollcall-9.8.7.tgz',
      'rollcall.cdx.json',
      'SHA256SUMS',
    ])
    assert.equal(asked.length, 2)
    const { packages } = JSON.parse(readFileSync(join(to, 'rollcall.cdx.json'), 'utf8'))
    assert.equal(packages[''].devDependencies, undefined)
    assert.ok('node_modules/pino' in packages)
    assert.ok(!('node_modules/typescript' in packages))
    const sum = createHash('sha256').update('package').digest('hex')
    assert.ok(readFileSync(join(to, 'SHA256SUMS'), 'utf8').includes(`${sum}  rollcall-9.8.7.tgz\n`))
  })
})
