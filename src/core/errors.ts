/** How a process of the command line ends, by name. The commands say which of these they use. */
export const EXIT_CODES = {
  done: 0,
  failed: 1,
  /** The same call would fail again: an argument, a file or the configuration is wrong. */
  calledWrongly: 2,
  unbalanced: 3,
  notFound: 4,
  brakeHolds: 5,
  ledgerTooNew: 6,
  partial: 7,
  stopped: 8,
  /** `status --strict` or `alerts` found something that needs a person. */
  attention: 9,
  /** `status`: no connector runs, or no instance runs some of the loops. */
  notRunning: 10,
} as const
export type ExitName = keyof typeof EXIT_CODES

interface ErrorKind {
  readonly meaning: string
  readonly exit: ExitName
}

/**
 * The code of every error that Rollcall raises itself: what it means, and how a command ends with
 * it. Why an event ended as it did is another list: `report/outcomes/reason-catalogue.ts`.
 */
export const ERRORS = {
  AddressUnavailable: { meaning: 'The HTTP address cannot be listened on.', exit: 'failed' },
  ArgumentInvalid: { meaning: 'An argument or option of the command is wrong.', exit: 'calledWrongly' },
  AuthIncomplete: { meaning: 'The identity of `AUTH_MODE` lacks a setting.', exit: 'failed' },
  BodyNotText: {
    meaning: 'The body of a dead letter is not UTF-8 text, so it cannot be sent again.',
    exit: 'failed',
  },
  BusUnavailable: { meaning: 'Service Bus does not answer, or refuses the request.', exit: 'failed' },
  ConfigInvalid: { meaning: 'The environment or `rollcall.yaml` is wrong.', exit: 'calledWrongly' },
  CopyUnreadable: { meaning: 'An encrypted copy does not open with the configured key.', exit: 'failed' },
  DirectoryForbidden: { meaning: 'The right to read the users of the directory is missing.', exit: 'failed' },
  DirectoryThrottled: { meaning: 'The directory answered 429 to a read of its users.', exit: 'failed' },
  DirectoryUnavailable: { meaning: 'The users of the directory cannot be read.', exit: 'failed' },
  EditAborted: { meaning: 'The editor failed, or what was saved is not JSON.', exit: 'failed' },
  EmployeeAmbiguous: {
    meaning: 'Several employees have the user name, mail address or object id that was given.',
    exit: 'calledWrongly',
  },
  EndpointInvalid: { meaning: '`PROVISIONING_ENDPOINT` is not a `bulkUpload` URL.', exit: 'failed' },
  EndpointNotAllowed: {
    meaning: '`PROVISIONING_ENDPOINT` names a host that must not get a token.',
    exit: 'failed',
  },
  EntityUnknown: { meaning: 'A replay names a queue that is not configured any more.', exit: 'failed' },
  ExpressionInvalid: {
    meaning: 'A JSONata expression or a regular expression cannot be used.',
    exit: 'failed',
  },
  ExpressionsUnavailable: {
    meaning: 'The process that evaluates expressions cannot start, or is closed.',
    exit: 'failed',
  },
  FileExists: { meaning: 'The file to write exists already.', exit: 'failed' },
  FileInvalid: { meaning: 'The content of a file is not what the command expects.', exit: 'failed' },
  FileUnreadable: { meaning: 'A file cannot be read.', exit: 'calledWrongly' },
  FileUnwritable: { meaning: 'A file cannot be written.', exit: 'calledWrongly' },
  FindingNeedsMore: { meaning: 'Acknowledging is not enough to close this finding.', exit: 'failed' },
  JobUnavailable: { meaning: 'The state of the provisioning job cannot be read.', exit: 'failed' },
  LedgerAltered: { meaning: 'Another build made the tables of the ledger.', exit: 'failed' },
  LedgerBusy: { meaning: 'Another process held the lock of the ledger for too long.', exit: 'failed' },
  LedgerClosed: { meaning: 'The ledger is closed in this process.', exit: 'failed' },
  LedgerFailed: { meaning: 'The database or its disk failed, or refused a statement.', exit: 'failed' },
  LedgerFull: { meaning: 'The disk of the ledger is full.', exit: 'failed' },
  LedgerGone: { meaning: 'The thread of the ledger ended.', exit: 'failed' },
  LedgerInUse: { meaning: 'Another process runs on the ledger.', exit: 'failed' },
  LedgerKeyMissing: {
    meaning: 'The ledger is encrypted with a key that is not configured.',
    exit: 'calledWrongly',
  },
  LedgerLost: {
    meaning: 'The file of the ledger was replaced, or another process took it over.',
    exit: 'failed',
  },
  LedgerMissing: { meaning: 'There is no ledger at this place.', exit: 'failed' },
  LedgerNotEmpty: { meaning: 'The database to move a ledger to holds one already.', exit: 'failed' },
  LedgerNotReady: { meaning: 'The database does not hold a ledger of this release.', exit: 'failed' },
  LedgerOlder: {
    meaning:
      'The database lacks what this process committed to it: a copy that lagged behind took its place.',
    exit: 'failed',
  },
  LedgerRefused: { meaning: 'The user lacks a right on the ledger.', exit: 'failed' },
  LedgerTooNew: { meaning: 'A newer release made the ledger.', exit: 'ledgerTooNew' },
  LedgerUnavailable: { meaning: 'The database cannot be reached.', exit: 'failed' },
  LedgerUncertain: {
    meaning: 'The connection was lost during a commit, which may have happened.',
    exit: 'failed',
  },
  LedgerValueUnreadable: {
    meaning: 'An encrypted value of the ledger was changed, or moved to another row.',
    exit: 'failed',
  },
  LogThrottled: { meaning: 'The provisioning log answered 429.', exit: 'failed' },
  LogUnavailable: { meaning: 'The provisioning log cannot be read.', exit: 'failed' },
  MappingInvalid: { meaning: 'A rule of the mapping is wrong.', exit: 'failed' },
  MessageTooLarge: { meaning: 'A message is larger than its queue accepts.', exit: 'failed' },
  MoveFailed: { meaning: 'A ledger was not copied exactly, so nothing was moved.', exit: 'failed' },
  NoToken: { meaning: 'The identity does not give a token.', exit: 'failed' },
  OriginNotAllowed: { meaning: 'A request would have carried a token to another origin.', exit: 'failed' },
  QueueTakesNoCopies: { meaning: 'A copy sent here would also reach other subscriptions.', exit: 'failed' },
  RulesDiffer: {
    meaning: 'The running connector has other rules than the configuration of the command.',
    exit: 'calledWrongly',
  },
  SettingsInvalid: { meaning: 'The settings of a double are wrong.', exit: 'failed' },
  ShapeInvalid: { meaning: 'A shape is wrong.', exit: 'failed' },
  SignInRefused: {
    meaning: 'A sign-in to the console was refused, or its answer cannot be trusted.',
    exit: 'failed',
  },
  SignInUnavailable: { meaning: 'The service that signs in to the console does not answer.', exit: 'failed' },
  Unexpected: { meaning: 'A service answered something unexpected to `rollcall check`.', exit: 'failed' },
  Unforeseen: { meaning: 'An error that Rollcall does not know. Please report it.', exit: 'failed' },
  Unreachable: { meaning: 'A fault in Rollcall. Please report it.', exit: 'failed' },
  VaultUnavailable: { meaning: 'Key Vault does not answer, or refuses the request.', exit: 'failed' },
  WitnessUnreachable: { meaning: 'The control queue cannot be read.', exit: 'failed' },
  WitnessUnreadable: {
    meaning: 'The control queue holds something that is not from Rollcall.',
    exit: 'failed',
  },
} as const satisfies Readonly<Record<string, ErrorKind>>
export type ErrorCode = keyof typeof ERRORS

/** The exit code of a command that ends with this error. */
export function exitCodeOf(code: ErrorCode): number {
  return EXIT_CODES[ERRORS[code].exit]
}

/**
 * An error with a message of Rollcall's own: it says what is wrong, where, and what to do, and
 * quotes no personal value. `code` is for scripts and logs.
 */
export class RollcallError extends Error {
  override readonly name = 'RollcallError'
  readonly safe = true
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** For the branch of a switch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new RollcallError('Unreachable', `unexpected case ${String(value)}`)
}

/** How long the other side asks to wait; `null` when it does not say. */
export function requestedWait(error: unknown): number | null {
  const asked = error instanceof Error && 'retryAfterMs' in error ? error.retryAfterMs : null
  return typeof asked === 'number' ? asked : null
}
