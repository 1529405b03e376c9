import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openFileLedger } from '../../adapters/support/file-ledger.ts'
import { joiner, leaver, World } from '../../suites/conformance/ledger/world.ts'
import { command } from '../../fakes/cli.ts'

let folder = ''
let LEDGER = ''
const BY = ['--actor', 'ann', '--justification', 'x'] as const
/** As it is copied from a sheet: blanks, a zero-width space, a byte order mark. */
const COPIED = '\uFEFF 00\u200B123\u00A0'
const run = (...args: readonly string[]) => command(args, { LEDGER })

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-ids-'))
  LEDGER = join(folder, 'ledger.db')
  const ledger = await openFileLedger(LEDGER)
  const world = new World(ledger)
  await world.record(joiner('e-1', '00123'), joiner('e-2', 'Jos\u00E9-7'), leaver('e-3', '00123'))
  await world.record(
    ...['n-1', 'n-2'].map((id) =>
      joiner(`hire-${id}`, id, { userName: `${id}@names.example`, emails: { work: 'Shared@names.example' } }),
    ),
  )
  await world.plan()
  await ledger.close()
})
after(() => rm(folder, { recursive: true }))

void describe('an employee id on the command line', () => {
  void test('is taken without blanks and invisible characters, and in NFC, by every command that reads', async () => {
    for (const args of [
      ['explain', COPIED],
      ['trace', COPIED],
      ['plan', '--employee', COPIED],
      ['trace', ' Jose\u0301-7\u200B'],
      ['explain', ' e-3 '],
    ]) {
      const { code, stderr } = await run(...args)
      assert.equal(code, 0, `${args.join(' ')}: ${stderr}`)
    }
  })

  void test('that is not known is answered with the known ids that nearly match', async () => {
    for (const args of [
      ['explain', '123'],
      ['trace', '0123'],
      ['plan', '--employee', '123'],
      ['erase', '123', '--yes', ...BY],
      ['leavers', 'acknowledge', '123', ...BY],
      ['leavers', 'resend', '123', ...BY],
      ['findings', '--employee', '123'],
      ['unblock', '123', ...BY],
      ['blocks', 'list', '--employee', '123'],
    ]) {
      const { code, stderr } = await run(...args)
      assert.equal(code, 4, args.join(' '))
      assert.match(stderr, /known ids that nearly match: 00123/, args.join(' '))
    }
    const listed = await run('dead-letters', 'list', '--store', 'ledger', '--employee', '123')
    assert.match(listed.stderr, /nearly match: 00123/)
    const discard = ['dead-letters', 'discard', '--store', 'ledger', '--employee', '123', '--yes']
    const discarded = await run(...discard, ...BY)
    assert.equal(discarded.code, 4)
    assert.match(discarded.stderr, /nearly match: 00123/)
    const other = await run('trace', 'x-1')
    assert.equal(other.code, 4)
    assert.doesNotMatch(other.stderr, /nearly match/)
  })

  void test('in which nothing is visible is refused', async () => {
    for (const args of [
      ['erase', '\u200B ', ...BY],
      ['findings', '--employee', ' '],
      ['dead-letters', 'list', '--store', 'ledger', '--employee', '\u2060'],
      ['leavers', 'resend', '', ...BY],
    ]) {
      const { code, stderr } = await run(...args)
      assert.equal(code, 2, args.join(' '))
      assert.match(stderr, /name the employee by the id that HR uses/)
    }
    assert.equal((await run('trace', ' ')).code, 4)
  })

  void test('is taken so by the commands that change something', async () => {
    assert.equal((await run('leavers', 'acknowledge', COPIED, ...BY)).code, 0)
    assert.equal((await run('block', COPIED, ...BY)).code, 0)
    assert.equal((await run('blocks', 'list', '--employee', COPIED)).code, 0)
    assert.equal((await run('unblock', COPIED, ...BY)).code, 0)
    assert.equal((await run('erase', COPIED, '--yes', ...BY)).code, 0)
    assert.equal((await run('trace', '00123')).code, 4)
  })
})

void describe('the user name or mail address of an employee on the command line', () => {
  void test('leads to the employee, whose id the command says', async () => {
    const traced = await run('trace', 'N-1@names.example', '--output', 'json')
    assert.equal(JSON.parse(traced.stdout).employee.id, 'n-1', traced.stderr)
    const blocked = await run('block', ' n-2@NAMES.example', ...BY)
    assert.deepEqual(
      [blocked.code, blocked.stderr.split('\n').slice(0, 2)],
      [0, ['employee n-2', 'n-2 is blocked until rollcall unblock']],
    )
  })

  void test('lists the ids of all employees that had it, ends with 2, and is not repeated', async () => {
    for (const args of [
      ['explain', 'shared@names.example'],
      ['block', 'shared@names.example', ...BY],
    ]) {
      const { code, stdout, stderr } = await run(...args)
      assert.deepEqual([code, stdout], [2, ''], args.join(' '))
      assert.match(stderr, /2 employees have this .*: n-1, n-2; /, args.join(' '))
      assert.doesNotMatch(stderr, /shared@/)
    }
  })

  void test('that no employee has is not repeated either', async () => {
    for (const args of [
      ['trace', 'left@names.example'],
      ['plan', '--employee', 'left@names.example'],
      ['unblock', 'left@names.example', ...BY],
    ]) {
      const { code, stderr } = await run(...args)
      assert.equal(code, 4, args.join(' '))
      assert.doesNotMatch(stderr, /left@/, args.join(' '))
    }
  })
})
