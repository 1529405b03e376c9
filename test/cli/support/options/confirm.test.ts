import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { confirmed } from '../../../../src/cli/support/options/confirm.ts'
import { printTo } from '../../../../src/cli/support/output.ts'

const ASKED = { what: 'discard 412 dead letters', typed: 412, yes: false }

async function asked(types: string | null, yes = false): Promise<{ said: string; did: boolean }> {
  let said = ''
  using _ = printTo({
    out: () => true,
    err: (text) => ((said += text), true),
    answer: types === null ? undefined : () => Promise.resolve(types),
  })
  return { did: await confirmed({ ...ASKED, yes }), said }
}

void describe('before what cannot be undone', () => {
  void test('a terminal asks for the count', async () => {
    const { said, did } = await asked(' 412 ')
    assert.equal(said, 'This would discard 412 dead letters, and cannot be undone. Type 412 to go on: ')
    assert.ok(did)
  })

  for (const types of ['', 'y', 'yes', '411'])
    void test(`"${types}" is not the count, so nothing is done`, async () => {
      const { said, did } = await asked(types)
      assert.ok(!did)
      assert.match(said, /nothing was changed\n$/)
    })

  void test('--yes asks nothing', async () => {
    assert.deepEqual(await asked(null, true), { said: '', did: true })
    assert.deepEqual(await asked('', true), { said: '', did: true })
  })

  void test('without a terminal it is refused, and says what is missing', async () => {
    await assert.rejects(asked(null), {
      code: 'ArgumentInvalid',
      message:
        'this would discard 412 dead letters, which cannot be undone, and there is no terminal to ask on: add --yes to do it',
    })
  })
})
