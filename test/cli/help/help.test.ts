import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Command } from 'commander'
import { EXAMPLES } from '../../../src/cli/help/examples.ts'
import { callableCommands } from '../../../src/cli/help/tree.ts'
import { wholeProgram } from '../../../src/cli/program.ts'
import { command } from '../../fakes/cli.ts'
import { commandOf, wordsOf } from '../../fakes/command-line.ts'

const tree = (await wholeProgram()) as Command

void describe('help', () => {
  void test('every command has an example, and every example is of a command', () => {
    assert.deepEqual(new Set(Object.keys(EXAMPLES)), new Set(callableCommands(tree).map(({ name }) => name)))
    for (const [name, examples] of Object.entries(EXAMPLES)) assert.ok(examples.length > 0, name)
  })

  void test('the parser takes every example, and runs the command that it is an example of', async () => {
    for (const [name, examples] of Object.entries(EXAMPLES))
      for (const [line] of examples) assert.equal(await commandOf(wordsOf(line)), name, line)
  })

  void test('--help of a command shows its examples', async () => {
    const { code, stdout } = await command(['audit', '--help'])
    assert.equal(code, 0)
    assert.match(stdout, /Examples:\n {2}rollcall audit --since 7d\n/)
  })

  void test('--version names the release and Node', async () => {
    const { code, stdout } = await command(['--version'])
    assert.equal(code, 0)
    assert.match(stdout, /^rollcall \d+\.\d+\.\d+ \(node v\d+/)
  })

  for (const [argv, nearest] of [
    [['statsu'], /Did you mean status\?/],
    [['audit', '--sinse', '1h'], /Did you mean --since\?/],
    [['findings', 'shwo', 'finding-1'], /Did you mean rollcall findings show\?/],
    [['leavers', 'acknowlege', '20011'], /Did you mean rollcall leavers acknowledge\?/],
  ] as const)
    void test(`${argv.join(' ')}: a mistyped word is answered with the nearest`, async () => {
      const { code, stderr } = await command(argv)
      assert.equal(code, 2)
      assert.match(stderr, nearest)
    })
})
