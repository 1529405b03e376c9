import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { HOLDS } from '../../src/core/ledger/port/submit.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

/** First cell of each row of the page → name of the test that makes it happen. */
const TEST_OF_ROW: Readonly<Record<string, string>> = {
  '400, 413: the request is invalid or too large':
    'is halved until one offender stands alone, for no more than 11 extra calls, wherever the offender stands',
  '400 for several employees of one batch': 'with offenders at 3, 4, 5 loses them and no other employee',
  '401: the token is refused':
    '401 leads to one fresh token, then stops submission until a token is accepted',
  'the identity gives no token':
    'a token the identity refuses stops submission, and one that does not come counts as no answer',
  '403: a permission is missing':
    '403 stops submission for everybody, shows, and ends with one try once it works',
  '404: no such job': '404 stops submission for everybody, shows, and ends with one try once it works',
  '403 or 404 for days':
    'a refusal that lasts is tried less and less often, so that it does not spend the day',
  'an undocumented answer, or a redirect': 'an undocumented answer stops submission and is reported',
  '429 with `Retry-After`, whole or fractional':
    '429 with a fraction in Retry-After holds everybody back that long and costs no attempt',
  '429 with a date': '429 with a date in Retry-After waits until then',
  '429 without `Retry-After`':
    '429 with nothing in Retry-After holds everybody back that long and costs no attempt',
  '500 because the bucket is full': '500 for a full bucket pauses submission for minutes',
  '500, 502, 503, 504, 408': '503 is tried again, later each time, with the same operations',
  'an absurdly long `Retry-After`':
    'a Retry-After beyond all reason does not put a batch off for longer than ten minutes',
  'five failures in a row':
    'after five failures in a row the circuit opens, one call tries it, and an answer closes it',
  'the connection is refused': 'a refused connection is a failure of the network',
  'the connection is reset before the request is read':
    'a connection that is reset before the request is read is a failure of the network, and the same request goes again',
  'the connection is reset after the request was processed':
    'a connection that is reset after the request was processed is a failure of the network, and the same request goes again',
  'the answer does not come in time': 'an answer that does not come in time is a failure of the network',
  'the answer is lost and an employee in the batch has since left':
    'an answer that got lost is asked for again with the same bulkIds, less what was overtaken',
  'an answer breaks off': '202 is done although its body breaks off: the service has said all that counts',
  'an answer has the wrong content type': '202 of the wrong content type is done',
  'a proxy answers with a page':
    'a page of a proxy is what its status says, and its words are not taken for the service’s',
  'a redirect to another host': 'a redirect is not followed: neither record nor token goes anywhere else',
  paused: 'Paused holds submission back, is shown, and lets it resume without a command',
  'in quarantine': 'Quarantine holds submission back, is shown, and lets it resume without a command',
  'it fails nearly often enough for quarantine':
    'says how much fails, and that is kept for status, console and alerts',
  'restarted after it had no room':
    'that had no room and was restarted is left alone for a while, and then gets what waits',
  'full, out of quota or in quarantine while employees leave':
    'disables an account within 3 seconds of the event while the bucket is full, and the job gets the termination when there is room',
  'what the calls of a direct destination may cost is spent':
    'stops at the budget of a day or of a month, says so, and goes on when a day has passed or it is raised',
  'the emergency lane itself is refused, or its budget is spent':
    'stops at the budget, and the case of each leaver who waits says so',
  'restarted: staged operations are lost':
    'when restarted, loses what was staged, and exactly the unanswered operations are resent',
  'paused or quarantined with accepted operations':
    'that stands still makes nothing overdue, and the time to wait begins when it runs again',
  'its state may not be read': 'that may not be looked at is said so once, and submission goes on',
  'the Log Analytics workspace may not be read, or answers in part':
    'is not read in part: an incomplete answer would hide the rest',
  'the object connections may not be read':
    'ends as without the question when the service refuses to say, and the log names the permission once',
  'the users of the directory may not be read':
    'without the right to read users the log says so once, and the loop tries again the next day',
  'it cannot be reached while paused':
    'that cannot be looked at any more does not hold submission back for ever',
  'killed between taking a call and its answer':
    'a process that dies between the slot and the answer has spent its call, and its successor sends the batch again',
  'an employee left while no process ran':
    'an operation that was overtaken while no instance ran is not sent again',
  'no connector runs, or a loop runs nowhere': 'exits 10 when the connector was lost, or ended in order',
  'the configuration was changed, but the connector was not restarted':
    'replay refuses when the cause was fixed in the file only, and says when the file was changed',
  'more work than calls':
    'spends its calls and never one more, keeps leavers under a minute, and leaves no batch lying about',
  'too many deactivations at once':
    'rollcall brake status shows who is held, and rollcall brake release lets them go',
  'the ledger is older than the directory':
    'a ledger restored from a copy makes no leaver active, finds out that it is older, and is whole again by the documented way',
}

/** Patterns of every test name; whatever a name takes from its case may be anything. */
const testNames = globSync('test/**/*.test.ts', { cwd: root.pathname }).flatMap((file) =>
  [...read(file).matchAll(/\b(?:test|it)\(\s*(?:'([^']+)'|`([^`]+)`)/g)].map(([, plain, template]) => {
    const parts = (plain ?? template ?? '')
      .split(/\$\{(?:[^{}]|\{[^}]*\})*\}/)
      .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    return new RegExp(`^${parts.join('.+')}$`)
  }),
)

const rows = read('docs/guides/failure-modes.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (?:what happens|---)/.test(line))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )

void describe('the page of failure modes', () => {
  void test('a row says what happens, what shows and what to do, and has a test that makes it happen', () => {
    for (const cells of rows) assert.ok(cells.length === 3 && cells.every((cell) => cell !== ''), cells[0])
    assert.deepEqual(
      rows.map(([what]) => what),
      Object.keys(TEST_OF_ROW),
    )
    for (const name of Object.values(TEST_OF_ROW))
      assert.ok(
        testNames.some((pattern) => pattern.test(name)),
        `no test is called: ${name}`,
      )
  })

  void test('every hold and every documented status has a row', () => {
    const all = rows.map(([what, see]) => `${what} ${see}`).join('\n')
    for (const hold of HOLDS) assert.match(all, new RegExp(`\\(${hold}`))
    for (const status of [400, 401, 403, 404, 413, 429, 500, 502, 503, 504])
      assert.match(all, new RegExp(`\\b${status}\\b`))
  })
})
