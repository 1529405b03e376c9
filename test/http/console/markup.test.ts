import assert from 'node:assert/strict'
import { test } from 'node:test'
import { markup, verbatim } from '../../../src/http/console/markup.ts'
import { HOSTILE } from './office.ts'

void test('a text on a page is written out, and in a field it is what it was, without a character that hides anything', async () => {
  const text = `a\r\nb ${HOSTILE}`
  const shown = String(await markup`<p>${text}</p>`)
  const field = String(await markup`<input value="${verbatim(text)}">`)
  assert.match(shown, /a\\r\\nb &lt;script&gt;alert\(&quot;x&quot;\).*\\u\{1b\}\[2J\\u\{202e\}&amp;amp;/)
  assert.match(field, /a&#xd;&#xa;b &lt;script&gt;alert\(&quot;x&quot;\).*&#x1b;\[2J&#x202e;&amp;amp;/)
})
