import { amqp, type Typed } from '../../../src/local/service-bus/amqp/rhea-types.ts'
import { cloudEvent } from '../../fakes/messages.ts'
import type { Chance } from '../../fakes/plain-event.ts'
import { spoilBytes } from './spoil.ts'

/** By the name of rhea's function for the type. */
function wrap(name: `wrap${string}`, value: unknown): Typed {
  const made = Reflect.get(amqp, name) as (value: unknown) => Typed
  return made(value)
}

/** A whole number beyond 2^53. */
const BIG = Buffer.from([0xff, 2, 3, 4, 5, 6, 7, 8])
const NUMBERS = [0, -1, 1, 127, 2 ** 31, 2 ** 53, 1e308, Number.NaN, Number.POSITIVE_INFINITY] as const
const TEXTS = ['', '1', 'hr', '__proto__', '\ud800', 'application/cloudevents+json', 'gzip'] as const
/** As .NET writes a TimeSpan, a Uri and a DateTimeOffset; and one that is not known. */
const DESCRIPTORS = ['timespan', 'uri', 'datetime-offset', 'made-up'] as const
const NAMES = [
  'cloudEvents:id',
  'cloudEvents:type',
  'cloudEvents_source',
  'content-encoding',
  'Diagnostic-Id',
  ...TEXTS,
] as const

type Make = (chance: Chance, depth: number) => Typed
const SIMPLE: readonly [Make, ...Make[]] = [
  () => wrap('wrap', null),
  (chance) => wrap('wrap_boolean', chance.oneIn(2)),
  (chance) => wrap('wrap_ubyte', chance.below(256)),
  (chance) => wrap('wrap_ushort', chance.below(65_536)),
  (chance) => wrap('wrap_byte', chance.below(128) - 64),
  (chance) => wrap('wrap_short', chance.below(1_000)),
  (chance) => wrap('wrap_int', -chance.below(2 ** 31)),
  (chance) => wrap('wrap_uint', chance.below(2 ** 31)),
  (chance) => wrap('wrap_ulong', chance.oneIn(2) ? BIG : chance.below(1_000)),
  (chance) => wrap('wrap_long', chance.oneIn(2) ? BIG : -chance.below(1_000)),
  (chance) => wrap('wrap_float', chance.pick(NUMBERS)),
  (chance) => wrap('wrap_double', chance.pick(NUMBERS)),
  (chance) => wrap('wrap_timestamp', chance.pick([0, -1, Date.UTC(2026, 0, 1), 8.64e15 + 2])),
  (chance) => wrap('wrap_char', chance.pick([65, 0, 0xd800, 0x1f600])),
  (chance) => wrap('wrap_uuid', Buffer.alloc(16, chance.below(256))),
  (chance) => wrap('wrap_binary', Buffer.alloc(chance.below(20), chance.below(256))),
  (chance) => wrap('wrap_symbol', chance.pick(TEXTS)),
  (chance) => wrap('wrap_string', chance.pick(TEXTS)),
  () => wrap('wrap_string', JSON.stringify(cloudEvent)),
]
const COMPOUND: readonly [Make, ...Make[]] = [
  (chance, depth) => amqp.wrap_list(some(chance, 4, () => anyValue(chance, depth - 1))),
  (chance, depth) => anyMap(chance, depth - 1),
  () => amqp.wrap_array([1, 2], 0x54),
  (chance) => amqp.wrap_array([chance.pick(TEXTS), chance.pick(TEXTS)], 0xb1),
  (chance, depth) => {
    const descriptor = wrap('wrap_symbol', `com.microsoft:${chance.pick(DESCRIPTORS)}`)
    return amqp.described(descriptor, anyValue(chance, depth - 1))
  },
]

function some<T>(chance: Chance, most: number, make: () => T): T[] {
  return Array.from({ length: chance.below(most) }, make)
}
/** A value of any AMQP type. */
function anyValue(chance: Chance, depth: number): Typed {
  return chance.pick(depth > 0 && chance.oneIn(3) ? COMPOUND : SIMPLE)(chance, depth)
}
function anyMap(chance: Chance, depth = 2): Typed {
  const key = (): Typed => (chance.oneIn(10) ? anyValue(chance, 0) : wrap('wrap_string', chance.pick(NAMES)))
  const entries = some(chance, 5, () => [key(), anyValue(chance, depth)] as const)
  return wrap('wrap_map_as_map', new Map(entries))
}

/** A message as it is on the wire, with a value of any type in every place. */
export function anyMessage(chance: Chance): Buffer {
  const writer = new amqp.Writer()
  const section = (code: number, value: Typed): void =>
    writer.write(amqp.described(wrap('wrap_ulong', code), value))
  if (chance.oneIn(4)) section(0x70, amqp.wrap_list(some(chance, 5, () => anyValue(chance, 0))))
  if (chance.oneIn(3)) section(0x72, anyMap(chance))
  if (!chance.oneIn(4)) section(0x73, amqp.wrap_list(some(chance, 14, () => anyValue(chance, 1))))
  if (!chance.oneIn(4)) section(0x74, anyMap(chance))
  const kind = chance.below(3)
  for (let part = chance.oneIn(6) ? chance.below(4) : 1; part > 0; part--) {
    const bytes = spoilBytes(Buffer.from(JSON.stringify(cloudEvent)), chance)
    if (kind === 0) section(0x75, wrap('wrap_binary', bytes))
    else if (kind === 1) section(0x76, amqp.wrap_list(some(chance, 4, () => anyValue(chance, 3))))
    else section(0x77, anyValue(chance, 3))
  }
  return chance.oneIn(10) ? spoilBytes(writer.toBuffer(), chance) : writer.toBuffer()
}
