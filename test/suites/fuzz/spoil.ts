import type { Chance } from '../../fakes/plain-event.ts'

/** Values and names with which programs of others have come to harm. */
const HOSTILE: readonly [unknown, ...unknown[]] = [
  null,
  '',
  0,
  -1,
  1e308,
  true,
  [],
  {},
  [[[[]]]],
  '\u0000',
  '\ud800',
  '__proto__',
  'constructor',
  '12345678901234567890',
  '2026-02-31',
  '9999-12-31T23:59:60Z',
  'a'.repeat(2_000),
  '${x}',
  '$eval("1")',
  "'; DROP TABLE events; --",
]
const KEYS = ['__proto__', 'constructor', 'toString', 'length', 'active', 'worker', 'id', ''] as const

/** A JSON value with some of its parts exchanged, removed, repeated or renamed. */
export function spoilValue(value: unknown, chance: Chance): unknown {
  if (chance.oneIn(6)) return chance.pick(HOSTILE)
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => (chance.oneIn(2) ? spoilValue(item, chance) : item))
    if (chance.oneIn(4)) items.push(...items)
    return items
  }
  if (typeof value !== 'object' || value === null) return value
  // Own keys only, `__proto__` among them, as JSON.parse makes them.
  const entries = Object.entries(value).flatMap(([key, item]): (readonly [string, unknown])[] => {
    if (chance.oneIn(12)) return []
    const named = chance.oneIn(12) ? chance.pick(KEYS) : key
    return [[named, chance.oneIn(3) ? spoilValue(item, chance) : item]]
  })
  if (chance.oneIn(8)) entries.push([chance.pick(KEYS), chance.pick(HOSTILE)])
  return Object.fromEntries(entries)
}

const PIECES = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  '\\',
  '\u0000',
  '\ufeff',
  'é',
  '😀',
  '-',
  'e',
  '1',
  'null',
  ' ',
] as const

/** A text with some of its characters exchanged, removed, repeated or inserted. */
export function spoilText(text: string, chance: Chance): string {
  let spoilt = text
  for (let times = chance.below(4); times > 0; times--) {
    const at = chance.below(spoilt.length + 1)
    const length = chance.below(chance.oneIn(3) ? 40 : 3)
    const between = chance.oneIn(4)
      ? spoilt.slice(at, at + length).repeat(2)
      : chance.oneIn(3)
        ? ''
        : chance.pick(PIECES)
    spoilt = spoilt.slice(0, at) + between + spoilt.slice(at + length)
  }
  return chance.oneIn(40) ? '['.repeat(5_000) + spoilt : spoilt
}

/** Bytes with some of them changed, removed or inserted. */
export function spoilBytes(bytes: Buffer, chance: Chance): Buffer {
  const spoilt = Buffer.from(bytes)
  for (let times = chance.below(6); times > 0 && spoilt.length > 0; times--)
    spoilt[chance.below(spoilt.length)] = chance.below(256)
  const cut = chance.oneIn(4) ? spoilt.subarray(0, chance.below(spoilt.length + 1)) : spoilt
  return chance.oneIn(4) ? Buffer.concat([Buffer.from([chance.below(256), chance.below(256)]), cut]) : cut
}
