import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { command } from '../../fakes/cli.ts'

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0

/** The words that bash offers for the last of these words. */
async function offered(...line: readonly (readonly string[])[]): Promise<readonly (readonly string[])[]> {
  const { code, stdout } = await command(['completion', 'bash'])
  assert.equal(code, 0)
  const asked = line.map((words) => {
    const all = ['rollcall', ...words].map((word) => `'${word}'`).join(' ')
    return `COMP_WORDS=(${all}); COMP_CWORD=${words.length}; _rollcall; echo "=\${COMPREPLY[*]}"`
  })
  const ran = spawnSync('bash', ['--norc', '-c', [stdout, ...asked].join('\n')], {
    encoding: 'utf8',
  })
  assert.equal(ran.stderr, '')
  return ran.stdout
    .trimEnd()
    .split('\n')
    .map((words) => words.slice(1).split(' '))
}

void describe('completion', () => {
  void test('bash completes commands, options, choices and files', { skip: !has('bash') }, async () => {
    const [top, sub, option, ofDefault, choice, joined, shells, free] = await offered(
      ['stat'],
      ['dead-letters', 'ex'],
      ['audit', '--s'],
      ['leavers', '--su'],
      ['audit', '--output', 'nd'],
      ['replay', '--store', ''],
      ['completion', 'f'],
      ['audit', '--since', ''],
    )
    assert.deepEqual(top, ['status'])
    assert.deepEqual(sub, ['export'])
    assert.ok(option?.includes('--since'), option?.join(' '))
    assert.deepEqual(ofDefault, ['--summary'])
    assert.deepEqual(choice, ['ndjson'])
    assert.deepEqual(joined, ['bus', 'ledger'])
    assert.deepEqual(shells, ['fish'])
    assert.deepEqual(free, [''])
  })

  for (const shell of ['bash', 'zsh', 'fish'])
    void test(`${shell} can read its script`, { skip: !has(shell) }, async () => {
      const { stdout } = await command(['completion', shell])
      using folder = mkdtempDisposableSync(join(tmpdir(), 'rollcall-'))
      const file = join(folder.path, shell)
      writeFileSync(file, stdout)
      const { stderr, status } = spawnSync(shell, ['-n', file], { encoding: 'utf8' })
      assert.equal(stderr, '')
      assert.equal(status, 0)
    })

  void test('zsh and fish know every command and option of bash', async () => {
    const bash = (await command(['completion', 'bash'])).stdout
    const zsh = (await command(['completion', 'zsh'])).stdout
    const fish = (await command(['completion', 'fish'])).stdout
    const options = new Set([...bash.matchAll(/(?<=[ '])--[a-z][a-z-]*/g)].map(([option]) => option))
    assert.ok(options.size > 40, String(options.size))
    for (const option of options) {
      assert.ok(zsh.includes(`'${option}:`), `zsh: ${option}`)
      assert.ok(fish.includes(`-l ${option.slice(2)} `), `fish: ${option}`)
    }
  })
})
