import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { XMLParser } from 'fast-xml-parser'
import { fromXml } from '../../../../src/core/intake/shape/xml-as-json.ts'
import type { Json } from '../../../../src/core/model.ts'

const XML = `<?xml version="1.0" encoding="UTF-8"?>
<!-- a comment -->
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <soap:Header/>
  <soap:Body>
    <n:Staff xmlns:n="urn:contoso:hr" n:version="2">
      <n:worker n:kind="new"><n:id>007</n:id><n:until xsi:nil="true"/></n:worker>
      <n:worker><n:id>8</n:id></n:worker>
    </n:Staff>
  </soap:Body>
</soap:Envelope>`

const STAFF = { Staff: { worker: [{ id: '007', until: null }, { id: '8' }] } }

void describe('XML that a converter wrote as JSON', () => {
  void test('loses envelope, prefixes and attributes, and keeps leading zeros and nil', () => {
    for (const attributeNamePrefix of ['@_', '@', '@xml:']) {
      const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix, parseTagValue: false })
      assert.deepEqual(plain(fromXml(parser.parse(XML) as Json)), STAFF)
    }
  })

  const text: Record<string, Json> = {
    'Newtonsoft.Json, Logic Apps, xmltodict': { 'n:a': { '@n:kind': 'x', '#text': 'v' } },
    'fast-xml-parser': { 'n:a': { '@_kind': 'x', '#text': 'v' } },
    xml2js: { 'n:a': [{ $: { kind: 'x' }, _: 'v' }] },
    'xml-js': { 'n:a': { _attributes: { kind: 'x' }, _text: 'v' } },
    BadgerFish: { 'n:a': { '@kind': 'x', $: 'v' } },
    'org.json': { 'n:a': { 'xmlns:n': 'urn:x', content: 'v' } },
    'names with their whole namespace': { '{urn:contoso:hr}a': 'v' },
    CDATA: { 'n:a': { '#cdata': 'v' } },
  }
  for (const [converter, value] of Object.entries(text))
    void test(`keeps the text of an element with attributes (${converter})`, () =>
      assert.deepEqual(plain(fromXml({ r: value })), { r: { a: 'v' } }))

  void test('drops attributes in each form, the declaration and comments', () => {
    for (const extra of [
      { '@kind': 'x' },
      { '@_kind': 'x' },
      { xmlns: 'urn:x' },
      { 'xmlns:n': 'urn:x' },
      { 'xsi:type': 'n:Worker' },
      { $: { kind: 'x' } },
      { $attributes: { kind: 'x' } },
      { _attributes: { kind: 'x' } },
      { '?xml': { '@version': '1.0' } },
      { _declaration: { _attributes: { version: '1.0' } } },
      { '#comment': 'c' },
      { _comment: 'c' },
    ] as const)
      assert.deepEqual(plain(fromXml({ r: { ...extra, id: '7', until: '1' } })), {
        r: { id: '7', until: '1' },
      })
  })
  void test('makes null of an element that is nil, whatever other attributes it has', () => {
    for (const nil of [
      { '@xsi:nil': 'true' },
      { '@_xsi:nil': true },
      { 'xsi:nil': 'true' },
      { '@kind': 'x', '@i:nil': 'true' },
      { $: { kind: 'x', 'xsi:nil': 'true' } },
      { _attributes: { kind: 'x', 'xsi:nil': 'true' } },
    ] as const)
      assert.deepEqual(plain(fromXml({ r: { until: nil } })), { r: { until: null } }, JSON.stringify(nil))
    assert.deepEqual(plain(fromXml({ r: { until: { '@xsi:nil': 'false', '#text': 'v' } } })), {
      r: { until: 'v' },
    })
    assert.deepEqual(plain(fromXml({ r: { a: { nil: 'true' }, b: { nil: true, x: 1 } } })), {
      r: { a: { nil: 'true' }, b: { nil: true, x: 1 } },
    })
  })
  void test('keeps an element of several elements, whatever their names are', () => {
    const several = { r: { content: { id: '7' }, '#text': 'v' } }
    assert.deepEqual(plain(fromXml(several)), several)
    assert.deepEqual(plain(fromXml({ r: { '@kind': 'x', content: { id: '7' } } })), {
      r: { content: { id: '7' } },
    })
  })
  void test('keeps a list of several elements, and takes the element out of a list of one', () => {
    assert.deepEqual(plain(fromXml({ r: { e: [['a'], ['b']], f: [{ g: ['c'] }], h: [] } })), {
      r: { e: ['a', 'b'], f: { g: 'c' }, h: [] },
    })
  })
  void test('keeps an element called content when no attributes stand beside it', () =>
    assert.deepEqual(plain(fromXml({ r: { content: 'v' } })), { r: { content: 'v' } }))
  void test('makes one list of elements that differ in their prefix only', () =>
    assert.deepEqual(plain(fromXml({ 'a:e': 1, 'b:e': [2, 3] })), { e: [1, 2, 3] }))
  void test('leaves JSON without XML as it is', () =>
    assert.deepEqual(plain(fromXml({ list: [1, 2], no: null, yes: true })), {
      list: [1, 2],
      no: null,
      yes: true,
    }))
  void test('takes a name that every object has as a plain name', () =>
    assert.deepEqual(Object.keys(fromXml(JSON.parse('{"x:__proto__": {"a": 1}}') as Json) as object), [
      '__proto__',
    ]))
})

/** With prototypes, so that it compares as equal. */
function plain(value: Json): Json {
  return JSON.parse(JSON.stringify(value)) as Json
}
