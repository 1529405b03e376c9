import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { once } from 'node:events'
import { OPTIONS } from '../fakes/rollcall.ts'
import { readRound, type Round, summarize, type Summary } from './support/figures.ts'
import { type Benchmark, BENCHMARKS, type Goal } from './support/list.ts'
import { machine } from './support/machine.ts'

/**
 * Measures how fast Rollcall is, and prints the median and the spread of each figure:
 *
 *     npm run bench                                   everything, five rounds each
 *     npm run bench -- --list                         what there is
 *     npm run bench -- --only intake --rounds 9       one of them; --only may be given again
 *     npm run bench -- --smoke                        whether each still runs; its figures mean nothing
 *
 * A round is a process of its own, with the options of Node that Rollcall is started with, and begins with a warm-up. A round whose end state is wrong does
 * not count, and the exit code is then 1. The figures of all rounds are kept in a JSON file. The
 * machine should be idle.
 */
const { values } = parseArgs({
  options: {
    list: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '5' },
    smoke: { type: 'boolean', default: false },
    json: { type: 'string', default: `bench-results/${new Date().toISOString().replaceAll(':', '-')}.json` },
  },
})

const unknown = values.only.filter((name) => !BENCHMARKS.some((one) => one.name === name))
if (unknown.length > 0) {
  process.stderr.write(`there is no benchmark ${unknown.join(', ')}; --list shows those there are\n`)
  process.exit(2)
}
const chosen = BENCHMARKS.filter(({ name }) => values.only.length === 0 || values.only.includes(name))
if (values.list) {
  for (const { name, what } of chosen) process.stdout.write(`${name.padEnd(16)} ${what}\n`)
  process.exit(0)
}

const results: Record<string, readonly Round[]> = {}
for (const benchmark of chosen) {
  const rounds: Round[] = []
  for (let round = 1; round <= (values.smoke ? 1 : Number(values.rounds)); round++) {
    const found = await roundOf(benchmark)
    if (found) rounds.push(found)
    else process.exitCode = 1
  }
  results[benchmark.name] = rounds
  print(benchmark, rounds)
}
await mkdir(dirname(values.json), { recursive: true })
await writeFile(values.json, `${JSON.stringify({ machine: machine(), results }, null, 2)}\n`)
process.stdout.write(`\nall rounds: ${values.json}\n`)

/** `null` for a round that does not count. */
async function roundOf(benchmark: Benchmark): Promise<Round | null> {
  const script = fileURLToPath(new URL(benchmark.script, import.meta.url))
  const given = values.smoke ? benchmark.smoke : benchmark.arguments
  const child = spawn(process.execPath, [...OPTIONS, script, ...given], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  const round = readRound(output)
  if (code === 0 && round) return round
  const why = round && round.wrong.length > 0 ? round.wrong.join('; ') : errors.trim().slice(-2_000)
  process.stderr.write(`${benchmark.name}: a round does not count: ${why}\n`)
  return null
}

function print({ name, what, goals }: Benchmark, rounds: readonly Round[]): void {
  process.stdout.write(`\n${name}: ${what}\n`)
  const [first] = rounds
  if (!first) return void process.stdout.write('  no round counts\n')
  const settings = Object.entries(first.settings).map(([setting, value]) => `${setting} ${value}`)
  process.stdout.write(`  ${settings.join(', ')}; rounds: ${rounds.length}\n`)
  for (const figure of Object.keys(first.figures)) {
    const summary = summarize(rounds.flatMap(({ figures }) => figures[figure] ?? []))
    const goal = values.smoke ? undefined : goals[figure]
    process.stdout.write(
      `  ${figure.padEnd(44)} ${shown(summary).padEnd(36)}${goal ? verdict(summary, goal) : ''}\n`.replace(
        / +\n$/,
        '\n',
      ),
    )
  }
}

function shown({ median, least, most }: Summary): string {
  const number = (value: number): string => value.toLocaleString('en', { maximumSignificantDigits: 4 })
  return `${number(median)} (${number(least)} to ${number(most)})`
}

function verdict({ median }: Summary, { atLeast, atMost }: Goal): string {
  const isMet = atLeast === undefined ? median <= atMost : median >= atLeast
  return `goal ${atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`}: ${isMet ? 'met' : 'missed'}`
}
