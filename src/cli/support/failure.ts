import { EXIT_CODES, exitCodeOf, RollcallError } from '../../core/errors.ts'

/** What a failed command prints, and its exit code. */
export interface Failure {
  /** A sentence a line: what failed, where, and what to do. */
  readonly lines: readonly string[]
  readonly exitCode: number
}

/**
 * Describes every failure in a sentence. Messages of libraries and of the system may quote values
 * and secrets, so only their codes are shown. Of an unforeseen error only the kind, the code and
 * the place are shown.
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof RollcallError) {
    const text = `rollcall: ${error.message} [${error.code}]`
    // `ConfigInvalid` has one problem per line. In any other message a line break belongs to a
    // name.
    const lines = error.code === 'ConfigInvalid' ? text.split('\n') : [text]
    return { lines, exitCode: exitCodeOf(error.code) }
  }
  const said = ofTheBus(error) ?? ofTheSystem(error) ?? unforeseen(error)
  return { lines: [`rollcall: ${said}`], exitCode: EXIT_CODES.failed }
}

/**
 * The failure of the Service Bus client. It is recognised by name, because not every command loads
 * that package.
 */
function ofTheBus(error: unknown): string | null {
  const last: unknown = error instanceof AggregateError ? error.errors.at(-1) : error
  if (!(last instanceof Error) || (last.name !== 'ServiceBusError' && last.name !== 'MessagingError'))
    return null
  return `Service Bus did not carry out the request (${codeOf(last) ?? last.name}); see rollcall check [BusUnavailable]`
}

const REMEDIES: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'does not exist; check the path'],
  ['EISDIR', 'is a folder where a file belongs'],
  ['ENOTDIR', 'leads through a file that is not a folder'],
  ['EACCES', 'is closed to this process; check its owner and permissions'],
  ['EPERM', 'is closed to this process; check its owner and permissions'],
  ['EROFS', 'is on a read-only file system'],
  ['ENOSPC', 'cannot be written: the disk is full'],
  ['EDQUOT', 'cannot be written: the quota is used up'],
  ['EMFILE', 'cannot be opened: this process has too many files open (ulimit -n)'],
  ['ENAMETOOLONG', 'has a name that is too long'],
  ['ELOOP', 'leads through a circle of links'],
  ['EADDRINUSE', 'is in use by another process; give another port'],
  ['EADDRNOTAVAIL', 'is not an address of this machine'],
  ['ECONNREFUSED', 'refuses the connection; check that it is running and the port'],
  ['ENOTFOUND', 'is not known; check the name of the host'],
  ['EAI_AGAIN', 'cannot be looked up now; check the name of the host, and DNS'],
  ['ETIMEDOUT', 'does not answer; check network and firewall'],
  ['EHOSTUNREACH', 'cannot be reached; check network and firewall'],
  ['ECONNRESET', 'ended the connection; try again'],
])

function ofTheSystem(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  const code = codeOf(error)
  const remedy = code === null ? undefined : REMEDIES.get(code)
  return remedy === undefined ? null : `${placeOf(error)} ${remedy} [${code}]`
}

/** The file, or the address, that a system call was about. */
function placeOf(error: Error): string {
  if ('path' in error && typeof error.path === 'string') return error.path
  const host = 'hostname' in error ? error.hostname : 'address' in error ? error.address : 'the other side'
  return 'port' in error && typeof error.port === 'number' ? `${String(host)}:${error.port}` : String(host)
}

const FRAME = /\/(src\/[\w./-]+\.ts:\d+)/

function unforeseen(error: unknown): string {
  const kind = error instanceof Error ? error.name : typeof error
  const code = error instanceof Error ? codeOf(error) : null
  const at =
    error instanceof Error ? FRAME.exec(error.stack?.replace(error.message, '') ?? '')?.[1] : undefined
  return `an unforeseen error (${[kind, code, at].filter(Boolean).join(', ')}); please report this line [Unforeseen]`
}

function codeOf(error: Error): string | null {
  return 'code' in error && typeof error.code === 'string' && /^\w{1,60}$/.test(error.code)
    ? error.code
    : null
}
