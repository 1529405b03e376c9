import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ENTERPRISE, open, employee, provision } from './support.ts'

void test('the page shows users, finds them and escapes their names', async (t) => {
  const entra = await open(t)
  const report = employee('2', { displayName: 'Bo <b>', [ENTERPRISE]: { manager: { value: '1' } } })
  await provision(entra, employee('1', { displayName: 'Ann' }), report, employee('3', { active: false }))
  const origin = `http://127.0.0.1:${entra.port}`
  const page = await (await fetch(`${origin}/`)).text()
  assert.match(page, /Bo &lt;b&gt;/)
  assert.match(page, /3 of 3 users/)
  const browser = await fetch(`${origin}/directory?q=ann`, { headers: { accept: 'text/html,*/*' } })
  assert.match(browser.headers.get('content-type') ?? '', /^text\/html/)
  assert.match(await browser.text(), /1 of 3 users/)
  const data = await fetch(`${origin}/directory`, { headers: { accept: '*/*' } })
  assert.match(data.headers.get('content-type') ?? '', /^application\/json/)
})
