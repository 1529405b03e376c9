import { createSecretKey, randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { keyCipher, type LedgerKeys } from '../../src/adapters/ledger-sql/sealing/keys.ts'
import type { IntakeMessage } from '../../src/core/ledger/port/intake.ts'
import { openMemoryLedger } from '../adapters/support/memory-ledger.ts'
import { hrEvent, messageOf, World } from '../suites/conformance/ledger/world.ts'
import { summarize } from './support/figures.ts'
import { confirmAll } from './support/large-ledger.ts'

/**
 * What encrypted values cost: processor time of the ledger for each event from intake to its
 * outcome, with a key and without one, in turns in one process; and what a key for each employee
 * would add to that.
 *
 *     node test/bench/encryption.ts --events 4000 --rounds 8
 */
const { values } = parseArgs({
  options: { events: { type: 'string', default: '4000' }, rounds: { type: 'string', default: '8' } },
})
const events = Number(values.events)
const rounds = Number(values.rounds)
/** Ten events of an employee come one after the other, as in a year. */
const EVENTS_OF_EMPLOYEE = 10

const worldWith = async (keys: LedgerKeys | null): Promise<World> =>
  new World((await openMemoryLedger([], keys)).ledger)

/** A message of usual size. */
function message(round: number, number: number): IntakeMessage {
  const employee = `p${round}-${Math.floor(number / EVENTS_OF_EMPLOYEE)}`
  const worker = {
    userName: `${employee}@example.com`,
    active: true,
    name: { givenName: 'Given', familyName: `Family ${number}` },
    title: `Title ${number}`,
    department: 'Department',
    costCenter: String(number % 97),
  }
  const event = hrEvent(`e${round}-${number}`, employee, worker, { order: number })
  const original = {
    messageId: event.id,
    sessionId: null,
    contentType: 'application/json',
    properties: {},
    body: JSON.stringify({
      specversion: '1.0',
      id: event.id,
      source: event.source,
      data: { worker },
      pad: 'x'.repeat(300),
    }),
  }
  return { ...messageOf(`${round}-${number}`, event), original }
}

/** Processor time in microseconds for an event. */
async function timed(world: World, round: number): Promise<number> {
  const messages = Array.from({ length: events }, (_, number) => message(round, number))
  const before = process.cpuUsage()
  for (let from = 0; from < events; from += 400) await world.intake(messages.slice(from, from + 400))
  await confirmAll(world)
  await world.publishAll()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / events
}

const key = createSecretKey(randomBytes(32))
const plain = { world: await worldWith(null), took: [] as number[] }
const sealed = { world: await worldWith([key]), took: [] as number[] }
for (let round = 0; round < rounds; round++)
  for (const arm of round % 2 === 0 ? [plain, sealed] : [sealed, plain])
    arm.took.push(await timed(arm.world, round))
// The first round compiles.
const without = summarize(plain.took.slice(1)).median
const withKey = summarize(sealed.took.slice(1)).median
console.log(`an event without a key  ${without.toFixed(0)} µs of processor time`)
console.log(
  `an event with a key     ${withKey.toFixed(0)} µs, ${(withKey - without).toFixed(0)} µs or ${((withKey / without - 1) * 100).toFixed(0)} % more`,
)
console.log(
  `a key of an employee    ${unwrapped().toFixed(1)} µs to unwrap, each time the employee is loaded`,
)

function unwrapped(): number {
  const main = keyCipher(key)
  const wrapped = main.seal(randomBytes(32).toString('base64'), 'employee p1')
  const times = 20_000
  const before = process.cpuUsage()
  for (let at = 0; at < times; at++) createSecretKey(Buffer.from(main.open(wrapped, 'employee p1'), 'base64'))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / times
}
