import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { readConfig } from '../../../src/compose/config.ts'
import { HEADERS } from '../../../src/http/access/headers.ts'
import { ROUTES } from '../../../src/http/access/routes.ts'
import { EmergencyFileSettings, emergencyRules } from '../../../src/core/emergency/settings.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'
import { leaver, type World } from '../../suites/conformance/ledger/world.ts'
import { anOffice, contextOf, type Door, doorTo, HOSTILE } from './office.ts'

const stack = new AsyncDisposableStack()
let world: World
let door: Door

before(async () => {
  world = await anOffice(stack)
  door = doorTo(contextOf(stack, { ledger: world.ledger, now: () => world.now }))
})
after(() => stack.disposeAsync())

const evil = `evil ${HOSTILE}`
const PAGES = [
  '/',
  '/leavers',
  '/failures',
  '/audit',
  '/held',
  '/dead-letters',
  '/dead-letters?store=bus',
  '/dead-letters?code=AzureActiveDirectoryDuplicateUserPrincipalName',
  '/dead-letter?id=dl-5',
  '/findings?which=all',
  '/leavers/closed',
  '/held?cause=incomplete',
  '/held?cause=blocks',
  '/held?cause=future',
  '/replays',
  '/replays/run?run=1',
  '/configuration',
  '/job',
  '/stage?stage=received',
  '/stage?stage=waiting',
  '/search?q=nothing',
  '/employee?id=20011',
  `/employee?${new URLSearchParams({ id: evil }).toString()}`,
]
/** A file and a stream: no browser reads them as HTML. */
const NOT_PAGES: readonly string[] = ['/audit/export', '/replays/events']
const textOf = async (path: string): Promise<string> => (await door.get(path)).text()

void describe('the console on loopback', () => {
  void test('Now shows each part with a reason, the stages with their oldest age, and what needs a person with what to do', async () => {
    const text = await textOf('/')
    assert.match(text, /Connector<\/strong> <span>1 instance runs</)
    assert.match(
      text,
      /class="light bad">.*Brake<\/strong> <span>holds 1 deactivation since 2 Nov 09:20 CET \(40 min ago\)/,
    )
    assert.match(
      text,
      /Waiting to be sent<\/span><span class="n">1 <small>operation<\/small><\/span><span class="age">oldest 40 min/,
    )
    assert.match(text, /> 2 leaver cases · <code>brake<\/code>/)
    assert.match(text, /What to do:<\/span> rollcall leavers list --cause brake\. Ask HR/)
    assert.match(text, /href="\/leavers\?cause=brake">Open leavers</)
    assert.match(text, /aria-label="3 of 2,000 calls used, 10 kept for leavers"/)
    assert.match(text, /All sent by<\/dt><dd><time datetime="2026-11-02T09:00:03.000Z"/)
  })

  void test('Now shows throughput and time to outcome over an hour, a day and a week, as bars and as a table', async () => {
    const { ledger } = world
    assert.match(await textOf('/?over=day'), /Nothing is known yet/)
    const note = (at: number) =>
      ledger.recordHistory({ now: at, intervalMs: 5 * 60_000, keptMs: 8 * DAY_MS, most: 1_000 })
    await note(world.now - DAY_MS)
    await note(world.now)
    const text = await (
      await doorTo(contextOf(stack, { ledger, now: () => world.now })).get('/?over=week')
    ).text()
    assert.match(text, /aria-current="true">last 7 days</)
    assert.match(text, /role="img" aria-label="Received: \d+ events in the last 7 days, a bar for each 6 h"/)
    assert.match(text, /<summary>The same as a table</)
    assert.match(text, /Time to outcome<\/p><p class="n"><small>no outcome</)
    assert.doesNotMatch(text, /NaN|-\d+ (events|outcomes)|undefined/)
    assert.equal((await door.get('/?over=year')).status, 400)
  })

  void test('Now shows what the emergency lane spent of its budget, where it is on', async () => {
    assert.doesNotMatch(await textOf('/'), /Emergency lane/)
    const context = contextOf(stack, { ledger: world.ledger, now: () => world.now })
    const rules = EmergencyFileSettings.parse({ usdPerDay: 1, usdPerMonth: 10 })
    const config = {
      ...context.config,
      rules: { ...context.config.rules, emergency: emergencyRules(rules) },
    }
    assert.match(
      await (await doorTo({ ...context, config }).get('/')).text(),
      /<dt>Emergency lane<\/dt><dd>USD 0 of 1 in the last 24 h, 0 of 10 in the last 31 days</,
    )
  })

  void test('each number of the stage strip leads to what waits there, the oldest first', async () => {
    assert.match(
      await textOf('/'),
      /<li><a href="\/stage\?stage=waiting"><span class="label">Waiting to be sent</,
    )
    assert.match(await textOf('/stage?stage=waiting'), /id=20011">20011<.*<code>op-\d+<.*<strong>40 min</s)
    assert.match(await textOf('/stage?stage=received'), /<code>left-20018<.*<strong>30 min</s)
    assert.match(await textOf('/stage?stage=due'), /id=20018">20018</)
    assert.match(await textOf('/stage?stage=unpublished'), /<code>hired-20011</)
    for (const stage of ['accepted', 'answered'])
      assert.match(await textOf(`/stage?stage=${stage}`), /Nothing waits here/)
    assert.match(await textOf('/stage?stage=waiting&at=0&after=999'), /No further one/)
    for (const query of ['', '?stage=x', '?stage=waiting&after=x', '?stage=due&at=x'])
      assert.equal((await door.get(`/stage${query}`)).status, 400, query)
  })

  void test('Leavers shows cause, age and next step; a filter is in the address, and one that is not known is refused', async () => {
    const all = await textOf('/leavers')
    assert.match(all, /href="\/employee\?id=00815">00815<.*not-in-directory/s)
    assert.match(all, /<strong>40 min<\/strong>/)
    assert.match(all, /leaves <time datetime="2026-12-02T/)
    assert.match(all, />Nothing: the employee is planned at that moment\.</)
    const braked = await textOf('/leavers?cause=brake')
    assert.match(braked, /id=20012/)
    assert.doesNotMatch(braked, /id=00815/)
    assert.match(braked, /href="\/leavers\?cause=brake" aria-current="true"/)
    assert.match(await textOf('/leavers?cause=failed'), /No case has this cause now/)
    assert.match(await textOf('/leavers?after=7'), /No further case/)
    for (const query of ['cause=nonsense', 'after=x', 'cause=__proto__'])
      assert.equal((await door.get(`/leavers?${query}`)).status, 400, query)
  })

  void test('Failures groups dead letters of ledger and bus by code, the largest first, with cause, owner and what to do', async () => {
    const text = await textOf('/failures')
    const codes = [...text.matchAll(/data-label="Code"><a class="id" href="[^"]*">([^<]*)</g)].map(
      ([, code]) => code,
    )
    assert.deepEqual(codes, [
      '&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;\\u{1b}[2J\\u{202e}&amp;amp;',
      'AzureActiveDirectoryDuplicateUserPrincipalName',
    ])
    assert.match(text, /<strong>7 messages<\/strong> on the bus/)
    assert.match(text, /<strong>1 event<\/strong> in the ledger<br><span class="quiet">oldest 40 min/)
    assert.match(text, /Owner: HR data\. Waiting does not help\./)
    assert.match(text, /There are more than could be counted/)
    assert.match(
      text,
      /href="\/dead-letters\?store=ledger&amp;code=AzureActiveDirectoryDuplicateUserPrincipalName">/,
    )
    assert.match(text, /Failures <span class="count">8</)
    assert.match(
      await textOf('/'),
      /href="\/dead-letters\?store=ledger&amp;code=Azure[A-Za-z]+">Open dead letters</,
    )
  })

  void test('Dead letters are listed by store, code, attribute and age, with cause, fix, owner, replays and the same command; one has a page of its own without its values', async () => {
    const code = 'AzureActiveDirectoryDuplicateUserPrincipalName'
    const text = await textOf(`/dead-letters?code=${code}`)
    assert.match(
      text,
      /What to do:<\/span> Find the other object.*Owner<\/dt><dd>HR data; waiting does not help/s,
    )
    assert.match(text, /1 dead letter, the oldest since <time/)
    assert.match(text, /Replays<\/dt><dd>none was replayed before/)
    assert.match(text, /rollcall replay --store ledger --code Azure[A-Za-z]+ --dry-run/)
    const [, href = ''] = /class="id" href="(\/dead-letter\?id=dl-\d+)"/.exec(text) ?? []
    const older = await textOf(`/dead-letters?code=${code}&age=older`)
    assert.match(older, /No dead letter fits.*those on the bus/s)
    assert.match(older, /--code Azure[A-Za-z]+ --until 7d/)
    assert.match(await textOf(`/dead-letters?code=${code}&attribute=title`), /No dead letter fits/)
    assert.match(await textOf('/dead-letters?store=bus'), /The bus could not be read: SERVICEBUS_FQDN/)
    const one = await textOf(href)
    assert.match(one, /<h2 id="verdict">Another directory object.*employee\?id=20014">20014</s)
    assert.match(one, /action="\/dead-letters\/discard"[^]*name="id" value="dl-\d+"/)
    assert.doesNotMatch(one, /@example\.com|Another object has/)
    assert.equal((await door.get('/dead-letter?id=dl-99')).status, 404)
    for (const path of [
      '/dead-letters?store=x',
      '/dead-letters?age=x',
      '/dead-letters?at=x',
      '/dead-letters?store=bus&after=hr-events',
      '/dead-letters?store=bus&after=dl-1',
      '/dead-letter?id=x',
    ])
      assert.equal((await door.get(path)).status, 400, path)
  })

  void test('Findings shows what a person should look at, with what to do; settled and acknowledged ones behind a filter', async () => {
    assert.match(await textOf('/findings'), /AccessContradiction.*20017.*Ask HR whether.*Acknowledging it:/s)
    const [finding] = (
      await world.ledger.listFindings({ open: true, code: null, employeeId: null, next: null, limit: 1 })
    ).findings
    await world.ledger.acknowledgeFinding(
      { seq: finding?.seq ?? 0, actor: 'ann', justification: HOSTILE },
      world.now,
    )
    assert.match(await textOf('/findings'), /No finding is open/)
    assert.match(await textOf('/findings?which=all'), /acknowledged<.*by ann: &lt;script&gt;/s)
    assert.match(await textOf('/findings?which=all&code=AttributeUnmapped'), /No finding fits/)
    for (const query of ['code=x', 'which=x', 'next=x'])
      assert.equal((await door.get(`/findings?${query}`)).status, 400, query)
  })

  void test('closed leaver cases are listed, the last first, with the time to proof', async () => {
    const text = await textOf('/leavers/closed')
    assert.match(text, /1 case ended with proof.*half within <strong>20 min<\/strong>/s)
    assert.match(text, /id=20018">20018<.*proven disabled.*Time to proof">20 min</s)
    assert.match(await textOf('/leavers/closed?at=1&next=1'), /No further case/)
    assert.equal((await door.get('/leavers/closed?at=x')).status, 400)
  })

  void test('Held shows by cause how much is held, what releases it and how, and the employees; what waits for a person comes first', async () => {
    const brake = await textOf('/held')
    assert.match(brake, /href="\/held\?cause=brake" aria-current="true">Brake <span class="count">1</)
    assert.match(brake, /Released by<\/dt><dd>A person: released ones are deactivated/)
    assert.match(brake, /Limit<\/dt><dd>500, or 5 % of the active above 50</)
    assert.match(brake, /id=20012">20012<.*<strong>40 min<\/strong>.*left <time/s)
    const incomplete = await textOf('/held?cause=incomplete')
    assert.match(incomplete, /id=20015">20015<.*<code>userName<\/code>.*<code>hired-20015<\/code>/s)
    assert.doesNotMatch(incomplete, /Engineer/)
    const future = await textOf('/held?cause=future')
    assert.match(
      future,
      /worker\.updated <code>moved &lt;script&gt;.*id=20013/s,
      'what comes next stands first',
    )
    assert.match(await textOf('/held?cause=blocks'), /id=20016">20016<.*a person lifts it/s)
    assert.match(await textOf('/held?cause=refused'), /No deactivation is refused/)
    assert.match(
      brake,
      /Held <span class="count">2</,
      'the navigation counts the brake and what is incomplete',
    )
    for (const query of ['cause=nonsense', 'cause=__proto__', 'at=x'])
      assert.equal((await door.get(`/held?${query}`)).status, 400, query)
  })

  void test('Audit shows who did what and why, newest first, filtered by the address, and keeps the filter on the next page', async () => {
    const text = await textOf('/audit?actor=ann')
    assert.match(text, /data-label="Actor">ann<.*<code>show-values<.*data-label="About">20011<.*ticket 7/s)
    assert.doesNotMatch(text, /of another/)
    assert.match(text, /name="actor" value="ann"/)
    assert.match(await textOf('/audit?action=brake'), /No entry fits/)
    assert.match(await textOf('/audit?employee=20012'), /of another &lt;script&gt;/)
    const next = /rel="next" href="([^"]+)"/.exec(await textOf('/audit?employee=20013'))?.[1] ?? ''
    assert.match(next, /^\/audit\?days=7&amp;employee=20013&amp;next=\d+$/)
    assert.match(await textOf(next.replaceAll('&amp;', '&')), /data-label="About">20013</)
    for (const query of ['days=2', 'next=x']) assert.equal((await door.get(`/audit?${query}`)).status, 400)
  })

  void test('Audit is exported with the same filter, and no cell of the table begins like a formula', async () => {
    await world.ledger.recordDisclosure(
      { actor: '=HYPERLINK("http://x")', justification: ' @SUM(A1)', employees: ['20019'] },
      world.now,
    )
    const csv = await door.get('/audit/export?format=csv&employee=20019')
    assert.equal(csv.headers.get('content-type'), 'text/csv; charset=utf-8')
    assert.equal(csv.headers.get('content-disposition'), 'attachment; filename="rollcall-audit.csv"')
    assert.deepEqual((await csv.text()).split('\n'), [
      '"at","actor","action","about","count","justification"',
      `"2026-11-02T09:00:03.000Z","'=HYPERLINK(""http://x"")","show-values","20019","1","' @SUM(A1)"`,
      '',
    ])
    const lines = (await textOf('/audit/export?format=ndjson&actor=bob')).trimEnd().split('\n')
    assert.equal(lines.length, 51)
    assert.deepEqual(JSON.parse(lines[0] ?? ''), {
      at: '2026-11-02T09:00:03.000Z',
      actor: 'bob',
      action: 'show-values',
      about: '20013',
      count: 1,
      justification: 'ticket 7',
    })
    assert.equal((await door.get('/audit/export')).status, 400)
  })

  void test('Replays shows each run with its progress, who began it and why, newest first', async () => {
    assert.match(await textOf('/replays'), /No dead letter was replayed/)
    const order = { name: 'r-1', selection: `--code ${HOSTILE}`, actor: 'ann', justification: HOSTILE }
    const target = { store: 'ledger', seq: 5, revision: 1 } as const
    const run = await world.ledger.freezeReplay({ ...order, targets: [target] }, world.now)
    const text = await textOf('/replays')
    assert.match(text, /href="\/replays\/run\?run=1">run 1<.*not ended.*0 of 1 dead letter replayed, 1 left/s)
    await world.ledger.cancelReplay({ run, actor: 'ann', justification: 'ticket 8' }, world.now)
    assert.match(await textOf('/replays'), /<span class="state done">ended</)
    assert.match(await textOf('/replays?next=1'), /No further run/)
    assert.equal((await door.get('/replays?next=x')).status, 400)
  })

  void test('Configuration shows settings masked, the mapping on a sample, checks, instances and versions', async () => {
    const text = await textOf('/configuration')
    assert.match(text, /rollcall-0 &lt;script&gt;.*<span class="state done">alive</s)
    assert.match(text, /<code>emails\[0\]\.value<\/code>.*anna\.example@example\.com/s)
    assert.match(text, /mapping<.*<span class="state done">ok</s)
    assert.match(text, /Schema of the ledger<\/dt><dd><strong>version 1</)
    assert.match(text, /<code>settings:\n  /)
    const secret = contextOf(stack, { ledger: world.ledger, now: () => world.now })
    const door2 = doorTo({ ...secret, config: readConfig({ HTTP_TOKEN: 'a'.repeat(40) }) })
    assert.doesNotMatch(await (await door2.get('/configuration')).text(), /a{40}/)
  })

  void test('a search leads to the employee by id, user name, event or operation, also in spaces, and says what to do when nothing is found', async () => {
    for (const text of ['20011', ' 20011 ', '20011@example.com', 'left-20011', 'op-1']) {
      const response = await door.get(`/search?${new URLSearchParams({ q: text }).toString()}`)
      assert.deepEqual([response.status, response.headers.get('location')], [303, '/employee?id=20011'], text)
    }
    const missing = await door.get('/search?q=815')
    assert.equal(missing.status, 404)
    assert.match(await missing.text(), /Nothing in the ledger is called that.*nearly match.*00815/s)
    assert.match(await textOf('/search?q='), /Type an employee id/)
    assert.match(await textOf('/search?q=batch-1'), /4 employees found/)
  })

  void test('the page of an employee begins with the answer, shows three sides, and what happened with its waits, and no value', async () => {
    const text = await textOf('/employee?id=20011')
    assert.match(
      text,
      /class="verdict bad".*<h2 id="verdict">20011 can sign in<\/h2>\n<p>HR says left since/s,
    )
    assert.match(text, /The directory holds<\/h2><p class="big">Enabled</)
    assert.match(text, /HR says<\/h2><p class="big">Left</)
    assert.match(text, /Planned as <code>op-7<\/code>/)
    assert.match(text, /<code>title<\/code><\/td><td>added<\/td><td><\/td><td><ins>\(hidden\)<\/ins>/)
    assert.match(text, /<del>true<\/del><\/td><td><ins>false<\/ins>/)
    assert.doesNotMatch(text, /Engineer|@example\.com/)
    const failed = await textOf('/employee?id=20014')
    assert.match(failed, /class="verdict warn"/)
    assert.match(failed, /What to do:<\/span> Find the other object/)
    assert.doesNotMatch(failed, /Another object has/, 'messages of the service quote values')
    const unknown = await door.get('/employee?id=nobody')
    assert.equal(unknown.status, 404)
    assert.match(await unknown.text(), /The ledger does not know this id/)
    for (const query of ['', '?id=20011&next=x'])
      assert.equal((await door.get(`/employee${query}`)).status, 400)
  })

  void test('nothing that an event, a reason or an instance carries becomes markup or a control character, on any page of the table of routes', async () => {
    const shown = new Set(PAGES.map((path) => path.split('?')[0] ?? ''))
    for (const [path, { methods, permission }] of Object.entries(ROUTES))
      if (methods.some((one) => one === 'GET') && permission === 'read' && !NOT_PAGES.includes(path))
        assert.ok(shown.has(path), `${path} is in the table of routes, and not looked at`)
    for (const path of PAGES) {
      const text = await textOf(path)
      assert.doesNotMatch(text, /<script>|alert\("x"\)/, path)
      // oxlint-disable-next-line no-control-regex
      assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f\u202a-\u202e]/, path)
      assert.doesNotMatch(text, / style=| on[a-z]+=/, path)
    }
    const text = await textOf(`/employee?${new URLSearchParams({ id: evil }).toString()}`)
    assert.match(text, /evil &lt;script&gt;.*\\u\{1b\}\[2J\\u\{202e\}&amp;amp;/)
    assert.match(
      await textOf(`/search?${new URLSearchParams({ q: `"><b>${HOSTILE}` }).toString()}`),
      /value="&quot;&gt;&lt;b&gt;/,
    )
  })

  void test('every answer has every careful header, errors and files included, and no page sets a cookie', async () => {
    const paths = [
      ...PAGES,
      ...Object.keys(ROUTES),
      '/nothing',
      '/leavers?cause=x',
      `/search?q=${'x'.repeat(3_000)}`,
    ]
    for (const path of paths)
      for (const method of ['GET', 'PUT']) {
        const { headers } = await door.get(path, { method })
        for (const [name, value] of Object.entries(HEADERS)) {
          const isFile = path.startsWith('/assets/') && method === 'GET' && name === 'cache-control'
          assert.equal(headers.get(name), isFile ? 'no-cache' : value, `${method} ${path} ${name}`)
        }
        assert.equal(headers.has('set-cookie'), false, path)
      }
  })

  void test('what is not in the table of routes is 404, another method is 405, and a long address is 414', async () => {
    const outside = [
      '/nothing',
      '/assets/',
      '/assets/../app.ts',
      '/assets/%2e%2e/%2e%2e/probes.ts',
      '/assets/..%2fapp.ts',
      '//',
      '/__proto__',
      '/constructor',
      '/leavers/',
    ]
    for (const path of outside) assert.equal((await door.get(path)).status, 404, path)
    for (const [path, { methods }] of Object.entries(ROUTES)) {
      const response = await door.get(path, { method: 'DELETE' })
      assert.deepEqual([response.status, response.headers.get('allow')], [405, methods.join(', ')], path)
    }
    assert.equal((await door.get(`/search?q=${'x'.repeat(3_000)}`)).status, 414)
    assert.equal((await door.get('/leavers', { method: 'HEAD' })).status, 200)
  })

  void test('a page under another name than that of this machine is refused: a site could point its name here', async () => {
    const { get } = doorTo(
      contextOf(stack, { ledger: world.ledger, now: () => world.now }),
      'http://attacker.example:9464',
    )
    const response = await get('/employee?id=20011')
    assert.equal(response.status, 421)
    assert.doesNotMatch(await response.text(), /20011/)
  })

  void test('an unchanged page is 304, and pages of one snapshot ask the ledger once', async () => {
    let asked = 0
    const ledger = {
      ...world.ledger,
      readSubmissionStatus: (now: number) => {
        asked += 1
        return world.ledger.readSubmissionStatus(now)
      },
    }
    const { get } = doorTo(contextOf(stack, { ledger, now: () => world.now }))
    const etag = (await get('/')).headers.get('etag') ?? ''
    const again = await get('/', { headers: { 'if-none-match': etag } })
    assert.deepEqual([again.status, await again.text(), asked], [304, '', 1])
    assert.equal((await get('/', { headers: { 'if-none-match': '"x"' } })).status, 200)
  })

  void test('while the ledger does not answer, every page says so and what to do', async () => {
    const { get } = doorTo(contextOf(stack, { ledger: null, now: () => world.now }))
    for (const path of ['/', '/leavers', '/failures', '/search?q=1', '/employee?id=1']) {
      const response = await get(path)
      assert.equal(response.status, 503)
      assert.match(await response.text(), /The ledger does not answer.*readyz/s)
    }
  })

  void test('a page that fails says no more than where to look in the log', async () => {
    const failing = { ...world.ledger, readAccess: () => Promise.reject(new Error('the password of HR')) }
    const { get } = doorTo(contextOf(stack, { ledger: failing, now: () => world.now }))
    const response = await get('/employee?id=20011')
    assert.equal(response.status, 500)
    const text = await response.text()
    assert.doesNotMatch(text, /password/)
    assert.match(text, /<code>[\da-f-]{36}<\/code>/)
  })

  void test('a list is paged, and the pages together show each case once', async () => {
    await world.record(...Array.from({ length: 60 }, (_, n) => leaver(`out-${n}`, `many-${n}`)))
    await world.tend()
    const ids = (text: string): readonly string[] =>
      [...text.matchAll(/\/employee\?id=([\w-]+)"/g)].map(([, id = '']) => id)
    const first = await textOf('/leavers')
    const next = /rel="next" href="([^"]+)"/.exec(first)?.[1] ?? ''
    const second = await textOf(next.replaceAll('&amp;', '&'))
    assert.equal(ids(first).length, 50)
    assert.equal(new Set([...ids(first), ...ids(second)]).size, 65)
    assert.doesNotMatch(second, /rel="next"/)
  })
})
