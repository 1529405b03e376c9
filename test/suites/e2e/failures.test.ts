import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { command } from '../../fakes/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'rollcall-failures-'))
after(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)
const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}\n`
mkdirSync(at('folder'))
mkdirSync(at('folder.csv'))
for (const [name, content] of Object.entries({
  'deep.jsonl': deep,
  'deep.json': deep,
  'deep.yaml': `a: ${'['.repeat(20_000)}`,
  'bad.yaml': 'a: [',
  'bad.json': 'no c4nary',
  'bad.jsonl': 'no c4nary\n',
  'empty.csv': '',
  'other.csv': 'a,b\n1,2\n',
  'there.jsonl': '',
}))
  writeFileSync(at(name), content)

type Environment = Readonly<Record<string, string>>
interface Case {
  readonly argv: readonly string[]
  readonly environment?: Environment
  /** Exit code, as the page of the command line has it. */
  readonly code: number
  /** What, where and what to do. */
  readonly says: RegExp
}

const LEDGER = at('ledger.db')
const NO_FILE = /does not exist; check the path \[FileUnreadable\]/
const FOLDER = /is a folder; give a file \[File(?:Unread|Unwrit)able\]/
const NO_FOLDER = /is in a folder that does not exist; make .* first \[FileUnwritable\]/
const AS_OF = ['--as-of', '2026-01-01'] as const
const importing = (file: string, ...more: readonly string[]): readonly string[] => [
  'import',
  at(file),
  ...AS_OF,
  ...more,
]
const bus = (text: string): Environment => ({ SERVICEBUS_CONNECTION_STRING: text, LEDGER: at('none.db') })
const UNREACHABLE = bus(
  'Endpoint=sb://localhost:1;SharedAccessKeyName=a;SharedAccessKey=c4nary;UseDevelopmentEmulator=true',
)
const TENANT = {
  PROVISIONING_ENDPOINT: 'http://127.0.0.1:1/v1.0/servicePrincipals/a/synchronization/jobs/b/bulkUpload',
  PROVISIONING_ALLOW_HTTP: 'true',
  AUTH_MODE: 'local',
} as const
const MALFORMED = [
  'c4nary',
  '=;=',
  'Endpoint=http://c4nary',
  'Endpoint=sb://h;SharedAccessKey=c4nary',
  'Endpoint=sb://h/;SharedAccessSignature=c4nary',
  'Endpoint=sb://localhost:99999999;SharedAccessKeyName=a;SharedAccessKey=c4nary;UseDevelopmentEmulator=true',
]
const READING = [
  ['status'],
  ['events'],
  ['audit'],
  ['replays'],
  ['brake', 'status'],
  ['trace', 'x'],
  ['explain', 'x'],
  ['plan'],
  ['dead-letters', 'list', '--store', 'ledger'],
  ['dead-letters', 'groups', '--store', 'ledger'],
  ['dead-letters', 'show', 'dl-1'],
  ['dead-letters', 'export', at('new.jsonl'), '--store', 'ledger'],
  ['dead-letters', 'discard', 'dl-1', '--dry-run', '--actor', 'a', '--justification', 'b'],
  ['replay', '--dry-run', '--store', 'ledger'],
  ['erase', 'x', '--actor', 'a', '--justification', 'b', '--yes'],
  ['blocks'],
  ['block', 'x', '--actor', 'a', '--justification', 'b'],
  ['unblock', 'x', '--actor', 'a', '--justification', 'b'],
  ['brake', 'release', '--actor', 'a', '--justification', 'b'],
] as const

const CASES: readonly Case[] = [
  // Files of the caller.
  { argv: importing('none.csv'), code: 2, says: NO_FILE },
  {
    argv: ['blocks', 'import', at('none.csv'), '--actor', 'a', '--justification', 'b'],
    code: 2,
    says: NO_FILE,
  },
  { argv: importing('folder.csv'), code: 2, says: FOLDER },
  { argv: importing('folder'), code: 2, says: /is a folder/ },
  { argv: importing('bad.json'), code: 2, says: /is not a \.csv, \.tsv or \.jsonl file/ },
  { argv: importing('empty.csv'), environment: { LEDGER }, code: 1, says: /is empty; its first line names/ },
  {
    argv: importing('other.csv'),
    environment: { LEDGER },
    code: 1,
    says: /no column names the employee; name one/,
  },
  {
    argv: importing('deep.jsonl'),
    environment: { LEDGER },
    code: 1,
    says: /the rejected rows and the reasons: /,
  },
  {
    argv: importing('bad.jsonl'),
    environment: { LEDGER },
    code: 1,
    says: /the rejected rows and the reasons: /,
  },
  { argv: importing('bad.jsonl', '--rejected', at('folder')), code: 2, says: FOLDER },
  { argv: importing('bad.jsonl', '--rejected', at('none/x')), code: 2, says: NO_FOLDER },
  {
    argv: ['import', at('bad.jsonl'), '--as-of', '+99:99'],
    code: 2,
    says: /--as-of is neither an instant such as/,
  },
  { argv: ['plan', '--alone', '--events', at('none')], code: 2, says: NO_FILE },
  { argv: ['plan', '--alone', '--events', at('folder')], code: 2, says: FOLDER },
  {
    argv: ['plan', '--alone', '--events', at('deep.jsonl')],
    code: 7,
    says: /line 1 would be refused: BodyTooDeep/,
  },
  { argv: ['plan', '--mapping', at('none')], code: 2, says: /cannot be read; ROLLCALL_CONFIG/ },
  {
    argv: ['plan', '--as-of', '2026-01-01T00:00:00+99:99'],
    code: 2,
    says: /--as-of must be a date such as/,
  },
  { argv: ['demo', '--events', at('none')], code: 2, says: NO_FILE },
  { argv: ['demo', '--events', at('folder')], code: 2, says: FOLDER },
  { argv: ['demo', '--directory', at('none/x')], code: 2, says: NO_FOLDER },
  { argv: ['demo', '--ledger', at('folder'), '--fresh'], code: 2, says: FOLDER },
  { argv: ['local', 'feed', at('none')], environment: UNREACHABLE, code: 2, says: NO_FILE },
  { argv: ['local', 'feed', at('folder')], environment: UNREACHABLE, code: 2, says: FOLDER },
  { argv: ['local', '--entra-settings', at('none')], code: 2, says: NO_FILE },
  {
    argv: ['local', '--entra-settings', at('bad.json')],
    code: 1,
    says: /does not hold settings of the Entra double: it is not JSON/,
  },
  {
    argv: ['local', '--entra-settings', at('deep.json')],
    code: 1,
    says: /does not hold settings of the Entra double: .*Unrecognized/,
  },
  { argv: ['local', 'bus', '--config', at('folder')], code: 2, says: FOLDER },
  {
    argv: ['local', 'bus', '--config', at('bad.json')],
    code: 1,
    says: /not a Config\.json of the official emulator: it is not JSON/,
  },
  {
    argv: ['local', 'bus', '--config', at('deep.json')],
    code: 1,
    says: /not a Config\.json of the official emulator: /,
  },
  { argv: ['local', 'bus', '--file', at('none/x')], code: 2, says: NO_FOLDER },
  {
    argv: ['local', 'bus', '--port', '1', '--host', '192.0.2.1'],
    code: 1,
    says: /192\.0\.2\.1:1 is not an address of this machine/,
  },
  { argv: ['dead-letters', 'export', at('none/x'), '--store', 'ledger'], code: 2, says: NO_FOLDER },
  {
    argv: ['ledger', 'move', '--from', at('none'), '--to', 'postgres://h/d'],
    code: 1,
    says: /no ledger at/,
  },
  {
    argv: ['ledger', 'move', '--from', at('folder'), '--to', 'postgres://h/d'],
    code: 1,
    says: /does not contain a ledger/,
  },
  {
    argv: ['ledger', 'move', '--from', at('none'), '--to', 'c4nary'],
    code: 2,
    says: /must be postgres:\/\/user@host\/database/,
  },
  // The ledger.
  ...READING.flatMap((argv): Case[] => [
    { argv, environment: { LEDGER: at('folder') }, code: 2, says: FOLDER },
    {
      argv,
      environment: { LEDGER: at('none.db') },
      code: 1,
      says: /no ledger at .*none\.db; name another/,
    },
  ]),
  { argv: importing('bad.jsonl'), environment: { LEDGER: at('folder') }, code: 2, says: FOLDER },
  { argv: importing('bad.jsonl'), environment: { LEDGER: at('none/l.db') }, code: 2, says: NO_FOLDER },
  { argv: ['run'], environment: { ...TENANT, ...UNREACHABLE, LEDGER: at('folder') }, code: 2, says: FOLDER },
  {
    argv: ['status'],
    environment: { LEDGER: 'postgres://me:c4nary@127.0.0.1:1/db' },
    code: 1,
    says: /database db at 127\.0\.0\.1:1 cannot be reached/,
  },
  {
    argv: ['status'],
    environment: { LEDGER: 'postgress://me:c4nary@h/db' },
    code: 1,
    says: /no ledger at postgress:\/\/\*{8}@h\/db/,
  },
  {
    argv: ['status'],
    environment: { LEDGER: 'postgres://[::' },
    code: 2,
    says: /LEDGER is not a URL; it takes postgres:\/\/user@host/,
  },
  // The bus.
  ...MALFORMED.flatMap((text): Case[] =>
    [['local', 'feed', at('bad.jsonl')], ['dead-letters', 'list', '--store', 'bus'], ['run']].map((argv) => ({
      argv,
      environment: { ...TENANT, ...bus(text), LEDGER },
      code: 2,
      says: /SERVICEBUS_CONNECTION_STRING cannot be used; it takes Endpoint=sb:.*SharedAccessKey=…/,
    })),
  ),
  {
    argv: ['local', 'feed', at('bad.jsonl')],
    environment: UNREACHABLE,
    code: 1,
    says: /Service Bus did not carry .*; see rollcall check/,
  },
  {
    argv: ['dead-letters', 'list', '--store', 'bus'],
    environment: UNREACHABLE,
    code: 1,
    says: /cannot be read .*; see rollcall check/,
  },
  {
    argv: ['dead-letters', 'list'],
    environment: {},
    code: 2,
    says: /SERVICEBUS_FQDN .* is not set; set it, or add --store ledger/,
  },
  // Configuration.
  { argv: ['config', 'check', at('none')], code: 2, says: /cannot be read; ROLLCALL_CONFIG names the file/ },
  {
    argv: ['config', 'check', at('folder')],
    code: 2,
    says: /cannot be read; ROLLCALL_CONFIG names the file/,
  },
  { argv: ['config', 'check', at('bad.yaml')], code: 2, says: /bad\.yaml:\d+:\d+: is not YAML/ },
  { argv: ['config', 'check', at('deep.yaml')], code: 2, says: /deep\.yaml:\d+:\d+: is not YAML/ },
  {
    argv: ['config', 'print'],
    environment: { ROLLCALL_CONFIG: at('folder') },
    code: 2,
    says: /cannot be read/,
  },
  { argv: ['run'], code: 2, says: /PROVISIONING_ENDPOINT is not set; set it to/ },
  {
    argv: ['run'],
    environment: { ...TENANT, LEDGER },
    code: 2,
    says: /SERVICEBUS_FQDN is not set; set it to/,
  },
  {
    argv: ['run'],
    environment: {
      ...TENANT,
      LEDGER,
      AUTH_MODE: 'client-certificate',
      AZURE_TENANT_ID: 't',
      AZURE_CLIENT_ID: 'c',
      AZURE_CLIENT_CERTIFICATE_PATH: at('none'),
    },
    code: 2,
    says: /AZURE_CLIENT_CERTIFICATE_PATH: .* does not exist/,
  },
  { argv: ['health'], code: 2, says: /HTTP_ADDRESS is not set; set it to/ },
  { argv: ['health'], environment: { HTTP_ADDRESS: '1' }, code: 1, says: /HTTP_ADDRESS/ },
  // Flags.
  { argv: ['status', '--outptu', 'json'], code: 2, says: /unknown option '--outptu'/ },
  { argv: ['status', '--output', 'xml'], code: 2, says: /Allowed choices are table, json/ },
  { argv: ['trace'], code: 2, says: /missing required argument 'reference'/ },
  { argv: ['run', '--loops', 'x'], code: 2, says: /give loops separated by commas: / },
  { argv: ['local', 'bus', '--port', '99999'], code: 2, says: /it must be a port: a whole number/ },
  {
    argv: ['dead-letters', 'list', '--since', '2026-02-31'],
    code: 2,
    says: /--since must be a day, an instant or a duration/,
  },
  { argv: ['events', '--state', 'x'], code: 2, says: /--state takes one of/ },
  { argv: ['dead-letters', 'show', 'x'], code: 2, says: /dl-<number>/ },
  {
    argv: ['replay', '--dry-run', '--patch', `@${at('none')}`],
    environment: { LEDGER: at('l.db') },
    code: 1,
    says: /no ledger at/,
  },
]

void describe('a failure says in one sentence what failed, where, and what to do', () => {
  for (const { argv, environment = {}, code, says } of CASES) {
    const set = Object.values(environment).at(-1) ?? ''
    void test(`${argv.join(' ')} [${set}]`.replaceAll(folder, '').slice(0, 120), async () => {
      const ended = await command(argv, environment)
      assert.equal(ended.code, code, ended.stderr)
      assert.match(ended.stderr, says)
      assert.doesNotMatch(ended.stderr + ended.stdout, /c4nary/)
      assert.doesNotMatch(ended.stderr, /\n\s+at |Unforeseen|node:|\.ts:\d/)
      // Commander adds where help is.
      const lines = ended.stderr
        .trimEnd()
        .split('\n')
        .filter((line) => !line.startsWith('('))
      assert.equal(lines.length, 1, ended.stderr)
    })
  }

  void test('a patch is checked before it is used', async () => {
    const { code } = await command(importing('there.jsonl'), { LEDGER: at('l.db') })
    assert.equal(code, 0)
    for (const [patch, says] of [
      [`@${at('none')}`, NO_FILE],
      [`@${at('folder')}`, FOLDER],
      [`@${at('deep.json')}`, /--patch is nested deeper than 32 levels/],
      ['{', /--patch needs a JSON Merge Patch/],
    ] as const) {
      const argv = ['replay', '--dry-run', '--store', 'ledger', '--patch', patch]
      const ended = await command(argv, { LEDGER: at('l.db') })
      assert.equal(ended.code, 2, ended.stderr)
      assert.match(ended.stderr, says)
    }
  })
})
