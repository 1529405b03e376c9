import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { looksLike } from '../../../../src/core/intake/body/looks-like.ts'

const bytes = (...parts: readonly (string | readonly number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))))

/** Where the first byte that is not UTF-8 is said to be, counted from 1. */
function place(body: Buffer): number {
  const [, position] = /the first at position (\d+)/.exec(looksLike(body)) ?? []
  return Number(position)
}

void describe('a body that is not UTF-8', () => {
  void it('has its first wrong byte named behind characters of every length', () => {
    // The first and the last character of two, three and four bytes.
    for (const before of [
      'a',
      '\u0080',
      '\u07FF',
      '\u0800',
      '\u0FFF',
      '\u1000',
      '\uD7FF',
      '\uE000',
      '\uFFFF',
      '\u{10000}',
      '\u{3FFFF}',
      '\u{40000}',
      '\u{10FFFF}',
    ]) {
      const length = Buffer.byteLength(before)
      assert.equal(place(bytes('text ', before, [0xff], ' and more')), 5 + length + 1, before)
    }
  })

  void it('has bytes that no character begins with, and bytes that continue none', () => {
    for (const wrong of [
      [0x80],
      [0xc1, 0xbf],
      [0xf5, 0x80, 0x80, 0x80],
      [0xc3, 0x28],
      [0xc3, 0xc0],
      [0xe2, 0x82, 0x28],
      [0xf0, 0x9f, 0xa6, 0x28],
      // Too long for its character, half of a pair without its end, and beyond the last one.
      [0xe0, 0x9f, 0xbf],
      [0xed, 0xa0, 0x28],
      [0xf0, 0x8f, 0xbf, 0xbf],
      [0xf4, 0x90, 0x80, 0x80],
    ])
      for (const before of ['text ', ''])
        assert.equal(place(bytes(before, wrong, ' and more text')), before.length + 1, String(wrong))
  })

  void it('is CESU-8 where halves of pairs are written, and no other charset is proposed for it', () => {
    for (const half of [
      [0xed, 0xa0, 0x80],
      [0xed, 0xbf, 0xbf],
    ]) {
      const said = looksLike(bytes('text ', half, ' and more text'))
      assert.match(said, /^has a half of a surrogate pair at position 6: it looks like CESU-8.*; send UTF-8$/)
    }
    for (const other of [
      [0xed, 0xa0, 0x20],
      [0xed, 0xc0, 0x80],
      [0xec, 0xa0, 0x20],
    ])
      assert.doesNotMatch(looksLike(bytes('text ', other, ' and more text')), /CESU-8/)
  })

  void it('was cut off when it ends within a character, wherever that is cut', () => {
    for (const character of ['é', '€', '🦊'])
      for (let length = 1; length < Buffer.byteLength(character); length++)
        assert.match(
          looksLike(bytes('text ', [...Buffer.from(character).subarray(0, length)])),
          /was cut off/,
          `${length} of ${character}`,
        )
    for (const wrong of [[0xff], [0xe2, 0x28], [0xc3, 0x28], [0xed, 0xa0, 0xbd]])
      assert.doesNotMatch(looksLike(bytes('text ', wrong)), /was cut off/, String(wrong))
  })

  void it('looks like Windows-1252 where it has a character that Latin-1 lacks', () => {
    for (const character of [0x80, 0x9f])
      assert.match(looksLike(bytes('text ', [character], ' text')), /looks like Windows-1252/)
    assert.match(looksLike(bytes('text ', [0xa0], ' text')), /looks like Latin-1/)
  })

  void it('is binary when too little of it is text; blanks and line ends are text', () => {
    const share = (filler: number, count = 7): string =>
      looksLike(Buffer.from([...Array<number>(count).fill(filler), ...Array<number>(10 - count).fill(0xff)]))
    for (const text of [0x20, 0x7e, 0x09, 0x0a, 0x0d]) assert.match(share(text), /looks like Latin-1/)
    assert.match(share(0x20, 6), /is binary/)
    for (const other of [0x08, 0x0e, 0x1f, 0x7f]) assert.match(share(other), /is binary/)
  })

  void it('is no file because one of its bytes is that of a file', () => {
    for (const text of ['Pä', '{K', 'Oä', '%ä'])
      assert.match(looksLike(Buffer.from(text, 'latin1')), /^has bytes|^ends/)
  })
})
