import type { ServiceBusReceivedMessage } from '@azure/service-bus'
import { readFileSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import { dirname } from 'node:path'

const require = createRequire(import.meta.url)

/** A message of rhea, decoded. */
interface RheaMessage {
  readonly body?: unknown
}
type Received = new (
  message: RheaMessage,
  delivery: { readonly tag: Buffer; readonly id: number },
  shouldReorderLockToken: boolean,
  receiveMode: 'peekLock',
  skipParsingBodyAsJson: boolean,
  skipConvertingDate: boolean,
) => ServiceBusReceivedMessage
interface Compiled {
  readonly exports: { readonly ServiceBusMessageImpl: Received }
  filename: string
  paths: readonly string[]
  _compile(source: string, path: string): void
}
const Loader = Module as unknown as (new (path: string) => Compiled) & {
  _nodeModulePaths(path: string): readonly string[]
}

/**
 * The client's own class for what it has received, which it does not export: the library is
 * compiled once more, with one export more. `test/suites/fuzz` would need a bus for every case
 * otherwise.
 */
function classOfTheClient(): Received {
  const path = require.resolve('@azure/service-bus')
  const compiled = new Loader(path)
  compiled.filename = path
  compiled.paths = Loader._nodeModulePaths(dirname(path))
  compiled._compile(
    `${readFileSync(path, 'utf8')}\nexports.ServiceBusMessageImpl = ServiceBusMessageImpl\n`,
    path,
  )
  return compiled.exports.ServiceBusMessageImpl
}

const { message } = require('rhea') as { readonly message: { decode(bytes: Buffer): RheaMessage } }
let known: Received | null = null

/** Bytes of the wire as the client hands them over. Throws for what the client cannot read. */
export function receivedMessage(bytes: Buffer): ServiceBusReceivedMessage {
  known ??= classOfTheClient()
  const delivery = { tag: Buffer.alloc(16, 7), id: 1 }
  // rhea prints a line for each section that it does not know.
  const { warn } = console
  console.warn = () => {}
  try {
    // As `src/adapters/service-bus/address.ts` opens receivers.
    return new known(message.decode(bytes), delivery, true, 'peekLock', true, false)
  } finally {
    console.warn = warn
  }
}
