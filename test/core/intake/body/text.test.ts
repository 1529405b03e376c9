import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readText } from '../../../../src/core/intake/body/text.ts'

const EVENT = { id: 'e-1', data: { worker: { title: 'R&D "lead"' } } }
const WRITTEN = JSON.stringify(EVENT)
const JSON_TYPE = 'application/json'
const FORM = 'application/x-www-form-urlencoded; charset=utf-8'

function read(text: string, contentType: string | null = JSON_TYPE): unknown {
  const found = readText(text, contentType)
  return found.kind === 'body' ? found.body : `${found.code}: ${found.description}`
}

void describe('JSON is found behind what senders wrap around it', () => {
  void it('a text that holds an object or a list is unwrapped once or twice', () => {
    const once = JSON.stringify(WRITTEN)
    assert.deepEqual(read(WRITTEN), EVENT)
    assert.deepEqual(read(once), EVENT)
    assert.deepEqual(read(JSON.stringify(once)), EVENT)
    const thrice = JSON.stringify(once)
    assert.equal(read(JSON.stringify(thrice)), thrice)
    assert.deepEqual(read(JSON.stringify(`[${WRITTEN}]`)), [EVENT])
  })

  void it('each event of a list is unwrapped where it was serialised on its own', () => {
    assert.deepEqual(read(JSON.stringify([WRITTEN, EVENT, WRITTEN])), [EVENT, EVENT, EVENT])
  })

  void it('a text that holds no object stays a text', () => {
    for (const text of ['"hello"', '"17"', '"{not JSON}"', '"\\"17\\""', '["{x", "y"]', '17', 'null'])
      assert.deepEqual(read(text), JSON.parse(text))
  })

  void it('a byte order mark in front is left out', () => {
    assert.deepEqual(read(`\uFEFF${WRITTEN}`), EVENT)
  })

  void it('a form with one field of JSON is that field', () => {
    assert.deepEqual(read(new URLSearchParams({ payload: WRITTEN }).toString(), FORM), EVENT)
    assert.deepEqual(read(new URLSearchParams({ token: 'abc', event: WRITTEN }).toString(), FORM), EVENT)
    assert.deepEqual(read(WRITTEN, FORM), EVENT)
  })

  void it('a form without JSON, or with two fields of it, is refused as what it is', () => {
    assert.match(String(read('employeeId=1&status=left', FORM)), /^BodyNotJson: .*form without a field/)
    const two = new URLSearchParams({ a: WRITTEN, b: WRITTEN }).toString()
    assert.match(String(read(two, FORM)), /form with several fields that hold JSON/)
    assert.match(
      String(read(`payload=${encodeURIComponent(WRITTEN)}`)),
      /looks like a form; set the content type/,
    )
  })

  void it('the XML that .NET writes around a text is opened', () => {
    const escaped = WRITTEN.replaceAll('&', '&amp;')
      .replaceAll('"', '&quot;')
      .replace('lead', '&#108;e&#x61;d')
    const xml = `<?xml version="1.0"?>\n<string xmlns="http://schemas.microsoft.com/2003/10/Serialization/">${escaped}</string>`
    assert.deepEqual(read(xml), EVENT)
  })

  void it('a character reference of that XML is read if it names a character', () => {
    const titled = (title: string): unknown =>
      read(
        `<string xmlns="http://schemas.microsoft.com/2003/10/Serialization/">{"title":"${title}"}</string>`,
      )
    assert.deepEqual(titled('&#128512;&#x10FFFF;'), { title: '\u{1F600}\u{10FFFF}' })
    assert.deepEqual(titled('&#x110000;'), { title: '&#x110000;' })
  })
})

void describe('a body that is not JSON is refused with what it is, and quotes nothing of it', () => {
  const secret = 'Zoe.Secret'
  for (const [what, text, says] of [
    ['XML', `<employee><name>${secret}</name></employee>`, /is XML; convert it to JSON/],
    ['a page', `<!DOCTYPE html><p>${secret}</p>`, /is an HTML page/],
    ['nothing', '  \n', /is empty/],
    ['several texts', `{"a":"${secret}"}\n{"b":1}\n`, /several JSON texts one after another/],
    ['two texts without a line end', `{"a":"${secret}"}{"b":1}`, /several JSON texts one after another/],
    ['two texts with braces in them', `{"a":"${secret} } {"}\n\n{"b":1}`, /several JSON texts one after/],
    ['a list in base64', Buffer.from(` [{"a":"${secret}"}]`).toString('base64'), /is JSON in base64/],
    ['words that base64 is made of', 'eyes only', /the body is not JSON; send/],
    ['a word that base64 cannot be', 'eyesa', /the body is not JSON; send/],
    ['nothing in base64', btoa('null'), /the body is not JSON; send/],
    ['a number and prose', `17 ${secret}`, /the body is not JSON; send/],
    ['a wrong comma in lines', `{\n"a": "${secret}",\n}`, /trouble is at character 22/],
    ['a part of a list in lines', `[\n{"a":"${secret}"},\n{"b":1}`, /ends too early/],
    ['an object without its end', `{"a":"${secret}","b":1`, /ends too early/],
    ['a text in base64', Buffer.from(`{"a":"${secret}"}`).toString('base64'), /is JSON in base64/],
    ['single quotes', `{'a':'${secret}'}`, /in single quotes/],
    ['a part of a text', `{"a":"${secret}","b":[1,`, /ends too early: it was cut off/],
    ['a text cut within a text', `{"a":"${secret}`, /ends too early: it was cut off/],
    ['a wrong comma', `{"a":"${secret}",}`, /trouble is at character 19/],
    ['prose', `${secret} has left`, /is not JSON; send a CloudEvent as JSON/],
    ['parts', `--b1\r\nContent-Type: x\r\n\r\n${secret}`, /multipart/],
  ] as const)
    void it(what, () => {
      const found = String(read(text))
      assert.match(found, /^BodyNotJson: the body /)
      assert.match(found, says)
      assert.doesNotMatch(found, /Zoe|Secret/)
    })
})
