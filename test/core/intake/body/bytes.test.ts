import assert from 'node:assert/strict'
import { brotliCompressSync, deflateRawSync, deflateSync, gunzipSync, gzipSync } from 'node:zlib'
import { describe, it } from 'node:test'
import { readDataContract } from '../../../../src/core/intake/body/data-contract.ts'
import { unpack } from '../../../../src/adapters/service-bus/bodies/unpack.ts'
import { arrivedBytes, readArrived } from '../../../../src/core/intake/body/arrived.ts'
import { MOST_UNPACKED_BYTES, readBytes, unpackText } from '../../../../src/core/intake/body/bytes.ts'

const JSON_TEXT = '{"name":"Zoë Müller"}'
const ASCII_TEXT = '{"name":"Zoe"}'

interface Said {
  readonly contentType?: string
  readonly encodings?: readonly string[]
  readonly agreed?: string
}

/** The text of the bytes, or what is wrong with them. */
async function read(bytes: Uint8Array, said: Said = {}) {
  const first = readBytes(bytes, { contentType: 'application/json', encodings: [], ...said })
  const all = first.kind === 'packed' ? await unpackText(bytes, first, unpack) : first
  return all.kind === 'text' ? all.text : `${all.code}: ${all.description}`
}
const charset = (name: string): Said => ({ contentType: `application/json; charset=${name}` })
const utf16 = (text: string, order: 'le' | 'be', mark = true): Buffer => {
  const bytes = Buffer.from((mark ? '\uFEFF' : '') + text, 'utf16le')
  return order === 'le' ? bytes : bytes.swap16()
}
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')

void describe('a charset is read where nothing can be misread', () => {
  void it('UTF-8 with a byte order mark loses the mark, whatever else is said', async () => {
    const bytes = Buffer.from(`\uFEFF${JSON_TEXT}`)
    for (const said of [{}, charset('utf-8'), charset('UTF8'), charset('us-ascii')])
      assert.equal(await read(bytes, said), JSON_TEXT)
  })

  void it('UTF-16 of either order is known by its mark, by its zero bytes, or by the content type', async () => {
    for (const order of ['le', 'be'] as const)
      for (const mark of [true, false])
        for (const said of [{}, charset('utf-16'), charset(`"UTF-16${order}"`), charset('utf-8')])
          assert.equal(await read(utf16(JSON_TEXT, order, mark), said), JSON_TEXT)
  })

  void it('a body that says UTF-16 and is UTF-8 is read as what it is', async () => {
    assert.equal(await read(Buffer.from(JSON_TEXT), charset('utf-16')), JSON_TEXT)
  })

  void it('Latin-1 and Windows-1252 are read where the content type names them', async () => {
    assert.equal(await read(latin1(JSON_TEXT), charset('iso-8859-1')), JSON_TEXT)
    assert.equal(await read(latin1(JSON_TEXT), charset('Latin1')), JSON_TEXT)
    const quoted = Buffer.concat([latin1('{"name":"O'), Buffer.from([0x92]), latin1('Neill Zoë"}')])
    assert.equal(await read(quoted, charset('windows-1252')), '{"name":"O’Neill Zoë"}')
    assert.equal(await read(Buffer.from([0x22, 0xa4, 0x22]), charset('iso-8859-15')), '"€"')
  })

  void it('a charset in the content encoding counts where the content type names none', async () => {
    assert.equal(await read(latin1(JSON_TEXT), { encodings: ['iso-8859-1'] }), JSON_TEXT)
    assert.equal(await read(Buffer.from(JSON_TEXT), { encodings: ['utf-8'] }), JSON_TEXT)
    assert.equal(await read(gzipSync(latin1(JSON_TEXT)), { encodings: ['iso-8859-1', 'gzip'] }), JSON_TEXT)
    const brotli = brotliCompressSync(latin1(JSON_TEXT))
    assert.equal(await read(brotli, { encodings: ['iso-8859-1', 'br'] }), JSON_TEXT)
  })

  void it('a charset of the content encoding is no way to pack a body, known here or not', async () => {
    assert.equal(await read(utf16(JSON_TEXT, 'le'), { encodings: ['utf16'] }), JSON_TEXT)
    assert.equal(await read(Buffer.from(ASCII_TEXT), { encodings: ['utf-32'] }), ASCII_TEXT)
  })

  void it('the charset that is agreed for a source counts where nothing else names one', async () => {
    const agreed = 'windows-1252'
    assert.equal(await read(latin1(JSON_TEXT), { agreed }), JSON_TEXT)
    assert.equal(await read(Buffer.from(JSON_TEXT), { agreed }), JSON_TEXT)
    assert.match(await read(latin1(JSON_TEXT), { ...charset('utf-8'), agreed }), /^BodyNotText/)
    assert.match(
      await read(latin1('{"name":"Zoë'), { agreed: 'klingon' }),
      /names a charset that is not known/,
    )
  })

  void it('a letter of Latin-1 at the start is not taken for half of a UTF-16 character', async () => {
    for (const text of ['Ä"x"', 'Ä x ', 'Ä\u0000\u0000{', 'Äÿx', 'Äþx', 'þx"', 'ÿx"', 'Ä"xÿ', 'Ä"þÿ'])
      assert.match(await read(latin1(text)), /^BodyNotText: the body (?!is UTF)/)
  })

  void it('letters of Latin-1 without a charset are refused, naming the place and what to set', async () => {
    assert.equal(
      await read(latin1('{"name":"Zoë"}')),
      'BodyNotText: the body has bytes above 0x7F that are not UTF-8, the first at position 12: it looks like Latin-1; send UTF-8, or set charset=iso-8859-1 in the content type, or under the source',
    )
    assert.match(
      await read(latin1('{"name":"Zoë"}'), charset('utf-8')),
      /^BodyNotText: the content type says UTF-8, but the body has bytes above 0x7F/,
    )
    assert.match(
      await read(Buffer.from([0x7b, 0x22, 0x4f, 0x92, 0x4e, 0x22, 0x3a, 0x31, 0x7d])),
      /looks like Windows-1252; send UTF-8, or set charset=windows-1252/,
    )
  })

  void it('UTF-8 that is declared as Latin-1 is refused, because either could be meant', async () => {
    assert.match(
      await read(Buffer.from(JSON_TEXT), charset('iso-8859-1')),
      /^BodyNotText: the content type says charset=windows-1252 and the body is UTF-8; set charset=utf-8$/,
    )
    assert.equal(await read(Buffer.from(ASCII_TEXT), charset('iso-8859-1')), ASCII_TEXT)
  })

  void it('a charset that is not known is refused unless the body is ASCII', async () => {
    assert.match(await read(Buffer.from(JSON_TEXT), charset('klingon')), /names a charset that is not known/)
    assert.equal(await read(Buffer.from(ASCII_TEXT), charset('klingon')), ASCII_TEXT)
  })

  void it('what is damaged, UTF-32 or not text says so', async () => {
    assert.match(await read(Buffer.from('{"name":"Zoë').subarray(0, -1)), /^BodyNotText: .*it was cut off/)
    for (const order of ['le', 'be'] as const)
      assert.match(
        await read(utf16('{"a"', order).subarray(0, -1)),
        new RegExp(`UTF-16${order} and damaged or cut off`, 'i'),
      )
    for (const bytes of [
      [0xff, 0xfe, 0, 0, 0x7b, 0, 0, 0],
      [0, 0, 0xfe, 0xff, 0, 0, 0, 0x7b],
      [0x7b, 0, 0, 0, 0x7d, 0, 0, 0],
      [0, 0, 0, 0x7b, 0, 0, 0, 0x7d],
    ])
      assert.match(await read(Buffer.from(bytes)), /^BodyNotText: the body is UTF-32/)
    assert.match(await read(Buffer.from([0x22, 0x81, 0x22]), charset('shift_jis')), /Shift_JIS|shift_jis/i)
    assert.match(await read(Buffer.from([0x00, 0xff, 0x01, 0x9f, 0x00, 0x80])), /is binary/)
    assert.match(await read(Buffer.from([0x50, 0x4b, 0x03, 0x04, 0xff, 0xff])), /is a ZIP file/)
  })
})

void describe('a packed body is unpacked within its limit', () => {
  const packed: readonly (readonly [string, Buffer])[] = [
    ['gzip', gzipSync(JSON_TEXT)],
    ['x-gzip', gzipSync(JSON_TEXT)],
    ['deflate', deflateSync(JSON_TEXT)],
    ['deflate', deflateRawSync(JSON_TEXT)],
    ['br', brotliCompressSync(JSON_TEXT)],
  ]

  void it('gzip, deflate in both its forms, and br', async () => {
    for (const [encoding, bytes] of packed)
      assert.equal(await read(bytes, { encodings: [encoding] }), JSON_TEXT)
  })

  void it('gzip and deflate with a header are known without a content encoding', async () => {
    assert.equal(await read(gzipSync(JSON_TEXT)), JSON_TEXT)
    assert.equal(await read(deflateSync(JSON_TEXT)), JSON_TEXT)
    assert.equal(await read(gzipSync(utf16(JSON_TEXT, 'le'))), JSON_TEXT)
  })

  void it('a body that something on the way unpacked is read although the property stayed', async () => {
    for (const encoding of ['gzip', 'deflate', 'br'])
      for (const text of [JSON_TEXT, ` \n\r\t[${JSON_TEXT}]`, JSON.stringify(JSON_TEXT)])
        assert.equal(await read(Buffer.from(text), { encodings: [encoding] }), text)
  })

  void it('gzip and deflate without a content encoding are not seen in a text', async () => {
    // Each shares something with the header of deflate, or of gzip, and is neither.
    for (const text of ['x', 'x y', 'xM', 'xml', 'Ä‹']) assert.equal(await read(Buffer.from(text)), text)
    const quoted = Buffer.from([0x22, 0x8b, 0x61, 0x9b, 0x22])
    assert.equal(await read(quoted, charset('windows-1252')), '"‹a›"')
  })

  void it('no content encoding has several names', async () => {
    for (const name of ['identity', 'none', '']) {
      assert.equal(await read(Buffer.from(JSON_TEXT), { encodings: [name] }), JSON_TEXT)
      assert.equal(await read(gzipSync(JSON_TEXT), { encodings: ['gzip', name] }), JSON_TEXT)
    }
  })

  void it('deflate that begins like JSON by chance is unpacked all the same', async () => {
    const bytes = deflateRawSync(`\uFEFF${ASCII_TEXT}`)
    assert.equal(bytes[0], '{'.codePointAt(0))
    assert.equal(await read(bytes, { encodings: ['deflate'] }), ASCII_TEXT)
  })

  void it('bytes can be read later, on another thread, unless they are packed', () => {
    const declared = { contentType: 'application/json', encodings: ['identity'] }
    const arrived = arrivedBytes(Buffer.from(JSON_TEXT), declared)
    assert(arrived)
    assert.deepEqual(readArrived(arrived), { kind: 'text', text: JSON_TEXT })
    assert.deepEqual(readArrived({ kind: 'text', text: 'read' }), { kind: 'text', text: 'read' })
    assert.equal(arrivedBytes(gzipSync(JSON_TEXT), declared), null)
    assert.equal(
      arrivedBytes(deflateRawSync(JSON_TEXT), { ...declared, encodings: ['deflate', 'none'] }),
      null,
    )
    assert.throws(() => readArrived({ kind: 'bytes', bytes: gzipSync(JSON_TEXT), declared }), TypeError)
  })

  void it('packed twice is unpacked twice, packed three times is refused', async () => {
    const twice = gzipSync(gzipSync(JSON_TEXT))
    assert.equal(await read(twice, { encodings: ['gzip'] }), JSON_TEXT)
    assert.equal(await read(gzipSync(deflateSync(JSON_TEXT)), { encodings: ['deflate', 'gzip'] }), JSON_TEXT)
    assert.match(await read(gzipSync(twice)), /^BodyNotUnpacked: .*more than twice/)
  })

  void it('what is damaged, or packed in a way that is not known, says so', async () => {
    for (const [encoding, bytes] of packed)
      assert.match(
        await read(bytes.subarray(0, -6), { encodings: [encoding] }),
        /^BodyNotUnpacked: the body is compressed \((gzip|deflate|br)\) and damaged or cut off/,
      )
    assert.match(await read(Buffer.from(JSON_TEXT), { encodings: ['lzma'] }), /^BodyNotUnpacked: .*not known/)
  })

  void it('what grows beyond the limit is refused, naming the limit', async () => {
    const most = Buffer.alloc(MOST_UNPACKED_BYTES, ' ')
    assert.equal((await read(gzipSync(most))).length, MOST_UNPACKED_BYTES)
    const bomb = Buffer.alloc(3 * MOST_UNPACKED_BYTES, ' ')
    for (const bytes of [gzipSync(bomb), deflateSync(bomb)])
      assert.match(await read(bytes), /^BodyTooLarge: .*larger than 1,048,576 bytes when unpacked/)
    assert.match(await read(brotliCompressSync(bomb), { encodings: ['br'] }), /^BodyTooLarge: .*\(br\)/)
  })
})

void describe('unpacking', () => {
  void it('takes next to no time of the thread that asks for it, however large the body grows', async (t) => {
    const bomb = gzipSync(Buffer.alloc(32 * MOST_UNPACKED_BYTES, ' '))
    const cost = async (work: () => unknown): Promise<number> => {
      await work()
      const before = process.threadCpuUsage()
      for (let n = 0; n < 10; n++) await work()
      const { user, system } = process.threadCpuUsage(before)
      return (user + system) / 10_000
    }
    const asked = await cost(async () => assert.equal((await unpack(bomb, 'gzip')).kind, 'too large'))
    const here = await cost(() => gunzipSync(bomb))
    t.diagnostic(`${asked.toFixed(2)} ms each, ${here.toFixed(2)} ms when this thread unpacks all of it`)
    assert(asked < here / 4, `${asked} ms of ${here} ms`)
  })
})

void describe('the binary XML of a .NET BrokeredMessage is opened', () => {
  const NAMESPACE = 'http://schemas.microsoft.com/2003/10/Serialization/'
  const elementOf = (namespace: string, name: string, ...content: readonly Uint8Array[]): Buffer =>
    Buffer.concat([
      Buffer.from([0x40, name.length]),
      Buffer.from(name),
      Buffer.from([0x08, namespace.length]),
      Buffer.from(namespace),
      ...content,
    ])
  const element = (name: string, ...content: readonly Uint8Array[]): Buffer =>
    elementOf(NAMESPACE, name, ...content)
  const sized = (type: number, size: 1 | 2 | 4, content: Uint8Array): Buffer => {
    const head = Buffer.alloc(1 + size, type)
    head.writeUIntLE(content.length, 1, size)
    return Buffer.concat([head, content])
  }
  const utf8 = Buffer.from(JSON_TEXT)

  void it('a text of each length, in one part or in several, in UTF-8 or UTF-16', async () => {
    const long = Buffer.from(JSON.stringify({ note: 'n'.repeat(70_000) }))
    for (const bytes of [
      element('string', sized(0x99, 1, utf8)),
      element('string', sized(0x9b, 2, utf8)),
      element('string', sized(0x9a, 2, utf8.subarray(0, 5)), sized(0x98, 1, utf8.subarray(5)), Buffer.of(1)),
      element('string', sized(0xb7, 1, utf16(JSON_TEXT, 'le', false))),
    ])
      assert.equal(await read(bytes), JSON_TEXT)
    assert.equal(await read(element('string', sized(0x9d, 4, long))), long.toString())
  })

  void it('a message that was cut off anywhere in its text is damaged, never a shorter text', () => {
    const whole = element('string', sized(0x98, 1, utf8), Buffer.of(1))
    assert.deepEqual(readDataContract(whole), { kind: 'text', text: JSON_TEXT })
    for (let length = element('string').length; length < whole.length; length++)
      assert.equal(readDataContract(whole.subarray(0, length)).kind, 'damaged', `${length} bytes`)
  })

  void it('bytes that were given to it as a list of bytes', async () => {
    assert.equal(await read(element('base64Binary', sized(0x9f, 1, utf8))), JSON_TEXT)
    const [first, second] = [sized(0x9e, 1, utf8.subarray(0, 5)), sized(0xa1, 2, utf8.subarray(5))]
    assert.equal(await read(element('base64Binary', first, second)), JSON_TEXT)
  })

  void it('a text that is empty', async () => {
    assert.equal(await read(element('string', Buffer.of(0xa9))), '')
    assert.equal(await read(element('string', Buffer.of(0xa8, 0x01))), '')
    assert.match(await read(element('string', Buffer.of(0xab))), /damaged or cut off/)
  })

  void it('an element of another namespace is an object of a class, whatever its name is', async () => {
    for (const namespace of ['http://schemas.acme.example/hr', 'http://www.w3.org/2001/XMLSchema'])
      assert.match(
        await read(elementOf(namespace, 'string', sized(0x99, 1, utf8))),
        /object of a \.NET class/,
      )
  })

  void it('JSON that names a schema is not binary XML', async () => {
    const text = '{"$schema":"http://schemas.acme.example/hr"}'
    assert.equal(await read(Buffer.from(text)), text)
  })

  void it('an object of a class, and a text that was cut off, are refused as what they are', async () => {
    assert.match(
      await read(element('Employee', sized(0x99, 1, utf8))),
      /object of a \.NET class in binary XML/,
    )
    const whole = element('string', sized(0x99, 1, utf8))
    assert.match(await read(whole.subarray(0, -4)), /\.NET text in binary XML .* cut off/)
  })
})
