/** An example: a command line without `rollcall`, and what it does. */
export type Example = readonly [line: string, does: string]

/**
 * Examples of every command, by its name under `rollcall`. The help and docs/reference/commands.md
 * show them, and a test reads each with the real parser. A command without one fails that test.
 */
export const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  demo: [
    ['demo --fast --exit', 'sample events through both doubles, in seconds'],
    ['demo --events events.jsonl --ledger try.db', 'your own events, and a ledger to look at afterwards'],
    [
      'demo --events webhooks.jsonl --queue vendors',
      'payloads for the source on that queue in rollcall.yaml',
    ],
  ],
  run: [
    ['run', 'the whole connector'],
    ['run --loops intake', 'only intake, beside instances that run the rest'],
  ],
  health: [['health --live', 'for a liveness check: is the process alive?']],
  status: [
    ['status', 'counts, holds, forecast, and whether the books balance'],
    ['status --allow-stopped --output json', 'for a script that reads counts, also while no connector runs'],
    ['status --strict --leaver-limit 24h', 'for a watch: exit 9 when something needs a person'],
  ],
  instances: [['instances', 'what runs, since when, and how it differs from the configuration here']],
  trace: [
    ['trace 20011', 'everything from event to Entra object for one employee'],
    ['trace 20011 --since 7d --limit 50', 'what was sent and answered in the last week'],
    ['trace op-17 --output json', 'one operation, for a script'],
    ['trace 20011 --connection', 'also which account the provisioning job has for the employee'],
    [
      'trace batch-9 --show-values --actor ada --justification "ticket 4711"',
      'a batch with the values of its records, which is audited',
    ],
  ],
  explain: [
    ['explain 20011', 'why does the employee have access, and what to do next'],
    ['explain ada@contoso.com', 'the same, found by user name or mail address'],
    [
      'explain 20011 --show-values --actor ada --justification "ticket 4711"',
      'with the values of personal attributes, which is audited',
    ],
  ],
  plan: [
    ['plan', 'what would be sent now'],
    ['plan --own-config', 'what the rules here would change, where the connector runs with others'],
    ['plan --employee 20011 --as-of 2026-12-31', 'what one employee would be sent on a day'],
    ['plan --events new.jsonl --alone', 'what a file of events would do without the ledger'],
  ],
  evidence: [
    [
      'evidence --from 2026-07-01 --to 2026-10-01 --format html --out quarter.html',
      'a quarter as a page to print',
    ],
    ['evidence --from 90d --out evidence.json --key evidence-key.pem', 'signed, for an auditor'],
  ],
  'evidence verify': [
    [
      'evidence verify evidence.json --public-key evidence-key.pub',
      'signature, totals, and rows against the ledger',
    ],
  ],
  'employee export': [
    [
      'employee export 20011 --actor ada --justification "access request 12"',
      'everything that the ledger holds about one employee, which is audited',
    ],
  ],
  'employee provision': [
    [
      'employee provision 20011 --actor ada --justification "starts today"',
      'plan and send without waiting for more events',
    ],
  ],
  'employee resend': [
    [
      'employee resend 20011 --actor ada --justification "account was edited by hand"',
      'the same record once more, also if the directory has it',
    ],
  ],
  events: [
    ['events --since 1h', 'received in the last hour'],
    ['events --state incomplete --sort employee --limit 20', 'the first 20 that wait for data'],
  ],
  diff: [
    ['diff', 'what the directory really holds, with a finding for each difference'],
    ['diff --dry-run --output ndjson', 'only look, for a script'],
    [
      'diff --repair --actor ada --justification "ticket 4711"',
      'and send the records of accounts that differ once more',
    ],
  ],
  audit: [
    ['audit --since 7d', 'what was done in the last week, one line for a mass action'],
    ['audit --sort -at --limit 20', 'the 20 latest actions'],
    ['audit --employee 20011 --ungrouped', 'every action about one employee'],
    ['audit --since 2026-01-01 --until 2026-04-01 --output ndjson', 'a quarter for an auditor'],
  ],
  'dead-letters list': [
    ['dead-letters list --since 1d', 'failed in the last day'],
    [
      'dead-letters list --employee ada@contoso.com',
      'those of one employee, found by user name or mail address',
    ],
    ['dead-letters list --code InvalidDomain --output ndjson', 'one cause, for a script'],
  ],
  'dead-letters show': [
    ['dead-letters show dl-17', 'one, with its cause and what to do'],
    [
      'dead-letters show dl-17 --show-values --actor ada --justification "ticket 4711"',
      'with its body, which is audited',
    ],
  ],
  'dead-letters groups': [['dead-letters groups --sort -count', 'causes, the most frequent first']],
  'dead-letters names': [
    [
      'dead-letters names --out free-names.csv --actor ada --justification "ticket 4711"',
      'free user names for employees whose own is taken, as a table for replay --patch',
    ],
  ],
  'dead-letters export': [
    [
      'dead-letters export dead.jsonl --show-values --actor ada --justification "ticket 4711"',
      'with bodies, for an analysis elsewhere; audited',
    ],
  ],
  'dead-letters discard': [
    ['dead-letters discard dl-17 --actor ada --justification "test data"', 'asks, then gives one up'],
    [
      'dead-letters discard --code UnknownType --actor ada --justification "not ours" --yes',
      'all of one cause, without asking',
    ],
  ],
  'dead-letters archive': [
    [
      'dead-letters archive --code InvalidDomain --actor ada --justification "known" --yes',
      'hides one cause',
    ],
  ],
  alerts: [
    ['alerts', 'what needs a person now, and what helps'],
    ['alerts --all --output json', 'also those resolved within a day, for a script'],
    ['alerts --since 1h --sort -count', 'opened in the last hour, the most frequent first'],
  ],
  'notifications list': [['notifications', 'the channels, and what waits for them']],
  'notifications test': [['notifications test teams', 'one message to the channel called teams']],
  replay: [
    ['replay --code InvalidDomain --dry-run', 'what a replay would do'],
    ['replay --code EntryConflict --patch names.csv --dry-run', 'what a table of new values would change'],
    [
      'replay --code InvalidDomain --actor ada --justification "domain was added" --rate 200',
      'asks, then replays at most 200 a second',
    ],
  ],
  'replays list': [
    ['replays', 'all runs'],
    ['replays list --since 7d --output ndjson', 'those of a week, for a script'],
  ],
  'replays show': [
    ['replays show 3', 'each dead letter of run 3 and its outcome'],
    ['replays show 3 --sort afterwards', 'those with the same result together'],
  ],
  'replays resume': [
    ['replays resume 3 --actor ada --justification "the machine is back"', 'goes on where run 3 stopped'],
  ],
  'replays pause': [
    ['replays pause 3 --actor ada --justification "too fast"', 'stops run 3, also one of the console'],
  ],
  'replays cancel': [
    ['replays cancel 3 --actor ada --justification "wrong domain"', 'asks, then gives up the rest of run 3'],
  ],
  'findings list': [
    ['findings', 'the open ones'],
    ['findings list --all --code DisabledElsewhere --since 30d', 'a month of one kind'],
  ],
  'findings show': [['findings show finding-12', 'one, with its cause and what to do']],
  'findings acknowledge': [
    ['findings acknowledge finding-12 --actor ada --justification "agreed with HR"', 'closes one'],
    [
      'findings acknowledge finding-12 finding-13 --actor ada --justification "agreed with HR" --yes',
      'closes two, without asking',
    ],
  ],
  'leavers list': [
    ['leavers', 'the open cases'],
    ['leavers --cause brake --sort -age --limit 20', 'the 20 oldest that the brake holds'],
    ['leavers --summary --since 7d', 'how long closed cases took'],
  ],
  'leavers acknowledge': [
    ['leavers acknowledge 20011 --actor ada --justification "disabled by hand"', 'closes the case of one'],
    [
      'leavers acknowledge --cause not-in-directory --actor ada --justification "never had accounts"',
      'asks, then closes all of one cause',
    ],
  ],
  'leavers resend': [
    ['leavers resend 20011 --actor ada --justification "attribute was fixed"', 'sends all attributes again'],
  ],
  block: [
    ['block 20011 --until 30d --actor ada --justification "ticket 4711"', 'keeps one disabled for 30 days'],
  ],
  unblock: [['unblock 20011 --actor ada --justification "ticket 4711 closed"', 'lifts the block']],
  'blocks list': [['blocks --employee 20011', 'the block of one employee']],
  'blocks import': [
    ['blocks import blocks.csv --actor ada --justification "list of security"', 'blocks all or none'],
  ],
  check: [['check', 'tests everything that run needs']],
  'emergency status': [
    ['emergency', 'what the lane spent, of which budget, and who waits'],
    ['emergency --output json', 'the same, for a script that watches the money'],
  ],
  'emergency calls': [['emergency calls --since 7d', 'the calls of a week, each with its answer and cost']],
  'brake status': [['brake status', 'how many are held, and the limit']],
  'brake release': [
    ['brake release --actor ada --justification "site closure, HR confirms"', 'asks, then all who are held'],
    [
      'brake release 20011 20012 --actor ada --justification "HR confirms these two"',
      'two of them, and leaves the others held',
    ],
  ],
  'brake refuse': [
    ['brake refuse 20011 --actor ada --justification "HR: a mistake"', 'keeps the account of one as it is'],
    [
      'brake refuse --all --actor ada --justification "wrong export" --yes',
      'all who are held, without asking',
    ],
  ],
  import: [
    ['import people.csv --as-of 2026-11-20T18:00:00Z', 'a baseline before the first event'],
    ['import people.csv --as-of 2026-11-20 --delimiter semicolon', 'cells with semicolons'],
  ],
  erase: [['erase 20011 --actor ada --justification "requested, ticket 4711"', 'asks, then erases']],
  'ledger migrate': [
    ['ledger migrate', 'creates or migrates the tables'],
    ['ledger migrate --grant-to rollcall_run', 'and gives the role of rollcall run its rights'],
  ],
  'ledger move': [['ledger move --from rollcall.db --to postgres://rollcall@db/rollcall', 'to PostgreSQL']],
  'ledger backup': [
    ['ledger backup --to backup.db', 'while rollcall run goes on'],
    ['ledger backup --to nightly.db --output json', 'with what the copy holds, for a script'],
  ],
  'ledger verify': [
    ['ledger verify', 'the ledger of LEDGER'],
    ['ledger verify backup.db', 'a backup'],
  ],
  'ledger restored': [
    ['ledger restored --since 2d --actor ada --justification "disk failed"', 'asks, then goes on'],
  ],
  'ledger rotate-key': [
    ['ledger rotate-key', 'after a new key was put first in LEDGER_KEYS'],
    ['ledger rotate-key --output json', 'with the keys that nothing needs any more, for a script'],
  ],
  init: [
    ['init', 'a commented rollcall.yaml for canonical events'],
    [
      'init --shape hibob --topic vendors --subscription bob --zone Asia/Jerusalem',
      'one for webhooks of HiBob',
    ],
  ],
  'config schema': [['config schema', 'for an editor']],
  'config check': [['config check rollcall.yaml', 'every error and its place, and what run still needs']],
  'config print': [['config print', 'what is in force, with secrets masked']],
  'shape test': [
    ['shape test samples/hire.json --mapping', 'the events and the record that a sample makes'],
    ['shape test samples/hire.json --expect golden', 'exit 1 when it is not what it was'],
  ],
  local: [
    ['local --fast', 'both doubles until Ctrl+C'],
    ['local --fast --destinations north,south', 'an Entra double for each of two destinations'],
  ],
  'local bus': [['local bus --port 5672', 'the Service Bus double alone']],
  'local feed': [
    ['local feed events.jsonl', 'sends a file of events to the queue'],
    ['local feed events.jsonl --queue vendors --session p1', 'to another queue, all in one session'],
  ],
  completion: [
    ['completion bash', 'source <(rollcall completion bash)'],
    ['completion zsh', 'source <(rollcall completion zsh)'],
    ['completion fish', 'rollcall completion fish | source'],
  ],
}
