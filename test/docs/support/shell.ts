import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { command } from '../../fakes/cli.ts'
import { COMPILE_CACHE } from '../../fakes/compile-cache.ts'

const ROOT = join(import.meta.dirname, '../../..')
/**
 * What the pages read of the repository, and what the test runner preloads in threads. What they
 * write is beside it.
 */
const LINKED = [
  'package.json',
  'src',
  'node_modules',
  'test',
  'scripts',
  'docker-compose.yml',
  'CHANGELOG.md',
]

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** Each `rollcall` and each stand-in of the script, and how it ended. */
  readonly commands: readonly { readonly line: string; readonly code: number }[]
}

/** How a program that the pages type ended. */
export interface Said {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface ShellOptions {
  /** Programs that stand in for others: they are function calls, too. */
  readonly tools?: readonly string[]
  readonly tool?: (words: readonly string[], folder: string) => Promise<Said>
  /** Types what `rollcall` asks for; without it there is no terminal to ask on. */
  readonly typesWhatIsAsked?: boolean
}

export interface Shell extends AsyncDisposable {
  readonly folder: string
  /** Runs a script to its end. It sees what earlier ones of the same terminal exported. */
  run(script: string, terminal?: string): Promise<Ended>
  /**
   * Runs a script whose last command lasts until Ctrl-C, which the shell presses at the latest when
   * it is disposed of. What it returns says what was printed so far.
   */
  serve(script: string, terminal: string): () => string
  /** Presses Ctrl-C in every terminal where something lasts. */
  interrupt(): Promise<void>
}

/**
 * A shell in a copy of the repository, with `rollcall` and `npm` as the pages use them. Bash reads
 * the scripts. Every `rollcall` is a function call in this process, except those that last until a
 * signal.
 */
export async function openShell({ tools = [], ...options }: ShellOptions = {}): Promise<Shell> {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-as-written-'))
  for (const name of LINKED) symlinkSync(join(ROOT, name), join(folder, name))
  for (const name of ['examples', 'deploy']) cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  const bin = join(folder, '.bin')
  mkdirSync(bin)
  let commands: { line: string; code: number }[] = []
  const server = createServer((socket) => void answer(socket, bin, options, (ran) => commands.push(ran)))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  writeTools(bin, (server.address() as AddressInfo).port, tools)
  const before = process.cwd()
  process.chdir(folder)
  const start = (script: string, terminal: string) => {
    const exported = join(bin, `${terminal}.exported`)
    const whole = `touch ${exported}; . ${exported}\n${script}\ncode=$?; export -p >${exported}; exit $code`
    const env = { PATH: `${bin}:${process.env['PATH']}`, HOME: folder, TERM: 'dumb' }
    return spawn('bash', ['-c', whole], {
      cwd: folder,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }
  const serving: ReturnType<typeof start>[] = []
  const interrupt = async (): Promise<void> => {
    for (const child of serving.toReversed()) {
      if (child.exitCode !== null || child.pid === undefined) continue
      const ended = once(child, 'exit')
      process.kill(-child.pid, 'SIGINT')
      await ended
    }
  }
  return {
    folder,
    run: async (script, terminal = 'first') => {
      commands = []
      const child = start(script, terminal)
      const [stdout, stderr, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'exit') as Promise<[number | null]>,
      ])
      return { code, stdout, stderr, commands }
    },
    serve: (script, terminal) => {
      const child = start(script, terminal)
      serving.push(child)
      let printed = ''
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (part: string) => {
          printed += part
        })
      return () => printed
    },
    interrupt,
    [Symbol.asyncDispose]: async () => {
      await interrupt()
      server.close()
      process.chdir(before)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Reads the words and the environment of one program, runs it, and says where its output is. */
async function answer(
  socket: Socket,
  bin: string,
  { tool, typesWhatIsAsked = false }: ShellOptions,
  onRan: (ran: { readonly line: string; readonly code: number }) => void,
): Promise<void> {
  const asked = await new Promise<string>((resolve) => {
    let read = ''
    socket.setEncoding('utf8').on('data', (part: string) => {
      read += part
      if (read.endsWith('\0\0')) resolve(read)
    })
  })
  const [count = '', ...rest] = asked.split('\0')
  const [program = '', ...argv] = rest.slice(0, Number(count) + 1)
  const environment = Object.fromEntries(
    rest.slice(Number(count) + 1).flatMap((one): (readonly [string, string])[] => {
      const at = one.indexOf('=')
      return at > 0 ? [[one.slice(0, at), one.slice(at + 1)]] : []
    }),
  )
  const folder = environment['PWD'] ?? '.'
  const { code, stdout, stderr } =
    program === 'rollcall' || tool === undefined
      ? await command(argv, environment, typesWhatIsAsked ? { types: 'what is asked' } : {})
      : await tool([program, ...argv], folder)
  onRan({ line: (program === 'rollcall' ? argv : [program, ...argv]).join(' '), code })
  writeFileSync(join(bin, 'out'), stdout)
  writeFileSync(join(bin, 'err'), stderr)
  socket.end(`${code}\n`)
}

function writeTools(bin: string, port: number, tools: readonly string[]): void {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<'start' | 'rollcall', string>>
  }
  const main = join(ROOT, 'src/main.ts')
  const write = (name: string, lines: readonly string[]): void =>
    writeFileSync(join(bin, name), ['#!/usr/bin/env bash', ...lines, ''].join('\n'), { mode: 0o755 })
  const asks = (name: string): readonly string[] => [
    `exec 3<>/dev/tcp/127.0.0.1/${port}`,
    `{ printf '%s\\0' "$#" ${name} "$@"; env -0; printf '\\0'; } >&3`,
    'read -r code <&3',
    `cat '${bin}/out'; cat '${bin}/err' >&2; exit "$code"`,
  ]
  for (const name of tools) write(name, asks(name))
  write('rollcall', [
    'case "$1 ${2-}" in',
    '  "local feed") ;;',
    `  run* | local*) NODE_COMPILE_CACHE='${COMPILE_CACHE}' exec '${process.execPath}' '${main}' "$@" ;;`,
    'esac',
    ...asks('rollcall'),
  ])
  const plain = (script: string): string => script.replace(/node (?:--\S+ )*src\/rollcall\.mjs/, 'rollcall')
  write('npm', [
    'words=("$@"); set --',
    'for word in "${words[@]}"; do [ "$word" = -- ] || [ "$word" = --silent ] || set -- "$@" "$word"; done',
    'case "$1 ${2-}" in',
    // The gate begins with the one and is the other.
    '  ci* | test*) exit 0 ;;',
    `  start*) shift; npm_lifecycle_event=start exec ${plain(scripts.start)} "$@" ;;`,
    `  "run rollcall") shift 2; exec ${plain(scripts.rollcall)} "$@" ;;`,
    'esac',
    'echo "npm $1 is not on the pages" >&2; exit 64',
  ])
}
