/**
 * Measures the Entra double: `node test/bench/entra.ts [people] [rounds]`, by default 100,000
 * people and 5 rounds, so 500,000 log records. Everything goes over HTTP. Prints one line a figure.
 */
import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { startEntra } from '../../src/local/entra/server.ts'

const employees = Number(process.argv[2] ?? 100_000)
const rounds = Number(process.argv[3] ?? 5)
const callers = 8
const agent = new Agent({ keepAlive: true, maxSockets: callers })
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

const entra = await startEntra({
  settings: {
    cycleMs: 3_600_000,
    logLagMs: { min: 0, max: 0 },
    limits: { enabled: false },
    bucketOperations: 10_000_000,
  },
})
const origin = `http://127.0.0.1:${entra.port}`

function send(url: string, body?: string): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: 'Bearer any', 'content-type': 'application/scim+json' }
    const outgoing = request(
      url,
      { agent, method: body === undefined ? 'GET' : 'POST', headers },
      (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() }),
        )
        response.on('error', reject)
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function operation(index: number, round: number): unknown {
  const externalId = String(100_000 + index)
  const data = {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', enterprise],
    externalId,
    userName: `user${externalId}@contoso.com`,
    displayName: `Family${index} Given${index}`,
    name: { familyName: `Family${index}`, givenName: `Given${index}` },
    title: `Title ${round}`,
    active: true,
    emails: [{ type: 'work', value: `user${externalId}@contoso.com`, primary: true }],
    phoneNumbers: [{ type: 'work', value: `555-${externalId}` }],
    addresses: [{ type: 'work', country: 'US', locality: 'Seattle', region: 'WA', postalCode: '98101' }],
    preferredLanguage: 'en-US',
    [enterprise]: {
      employeeNumber: externalId,
      department: `Department ${index % 100}`,
      costCenter: String(index % 50),
      manager: { value: String(100_000 + Math.floor(index / 8)) },
    },
  }
  return { method: 'POST', path: '/Users', bulkId: `${round}-${index}`, data }
}

function body(first: number, round: number): string {
  const operations = Array.from({ length: Math.min(50, employees - first) }, (_, offset) =>
    operation(first + offset, round),
  )
  return JSON.stringify({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
    Operations: operations,
    failOnErrors: null,
  })
}

async function upload(round: number): Promise<void> {
  let next = 0
  const caller = async (): Promise<void> => {
    while (next < employees) {
      const first = next
      next += 50
      assert.equal((await send(entra.endpoint, body(first, round))).status, 202)
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
}

const line = (what: string, value: string): void => console.log(`${what.padEnd(58)}${value}`)
const memory = (): string => {
  globalThis.gc?.()
  return `${Math.round(process.memoryUsage().rss / 1024 / 1024)} MB`
}

/** The median of some tries, in ms. */
async function median(tries: number, act: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let index = 0; index < tries; index += 1) {
    const began = performance.now()
    await act()
    times.push(performance.now() - began)
  }
  return times.sort((a, b) => a - b)[Math.floor(tries / 2)] ?? 0
}

let uploadMs = 0
let cycleMs = 0
let longestTurn = 0
for (let round = 1; round <= rounds; round += 1) {
  const began = performance.now()
  await upload(round)
  uploadMs += performance.now() - began
  let last = performance.now()
  const timer = setInterval(() => {
    longestTurn = Math.max(longestTurn, performance.now() - last)
    last = performance.now()
  }, 1)
  const cycleBegan = performance.now()
  await entra.runCycle()
  cycleMs += performance.now() - cycleBegan
  clearInterval(timer)
}
const operations = employees * rounds
const stats = await entra.stats()
line('users / records', `${stats.users} / ${stats.records}`)
line('bulkUpload, sender in the same process', `${Math.round(operations / (uploadMs / 1000))} operations/s`)
line(
  'cycles',
  `${Math.round(operations / (cycleMs / 1000))} operations/s, longest turn of the event loop ${Math.round(longestTurn)} ms`,
)
line('memory', memory())

const log = `${origin}/v1.0/auditLogs/provisioning`
const nextOf = (text: string): string | undefined => {
  const page: { readonly '@odata.nextLink'?: string } = JSON.parse(text)
  return page['@odata.nextLink']
}
line('first page of 100', `${(await median(21, () => send(log))).toFixed(1)} ms`)
const deep = (position: number): string =>
  `${log}?$skiptoken=${Buffer.from(`p${position}`).toString('base64url')}`
for (const share of [0.75, 0.5, 0.25, 0.001]) {
  const position = Math.floor(stats.records * share)
  line(`page of 100 at record ${position}`, `${(await median(21, () => send(deep(position)))).toFixed(1)} ms`)
}
const one = encodeURIComponent(`sourceIdentity/id eq '${100_000 + Math.floor(employees / 2)}'`)
line('the records of one person', `${(await median(101, () => send(`${log}?$filter=${one}`))).toFixed(2)} ms`)
const momentOf = (text: string): string => {
  const page: { readonly value: readonly { readonly activityDateTime: string }[] } = JSON.parse(text)
  return page.value[0]?.activityDateTime ?? ''
}
const moment = momentOf((await send(deep(Math.floor(stats.records / 2)))).text)
const before = encodeURIComponent(`activityDateTime lt ${moment}`)
line(
  'a page of the records before a moment in the middle',
  `${(await median(21, () => send(`${log}?$filter=${before}`))).toFixed(1)} ms`,
)
const rare = encodeURIComponent("contains(sourceIdentity/id, 'nobody')")
line(
  'a filter without an index that matches nothing',
  `${(await median(5, () => send(`${log}?$filter=${rare}`))).toFixed(0)} ms`,
)

let pages = 0
const began = performance.now()
for (let next: string | undefined = `${log}?$top=1000`; next !== undefined && pages < 100; pages += 1)
  next = nextOf((await send(next)).text)
line(`${pages} pages of 1000 in a row`, `${((performance.now() - began) / pages).toFixed(1)} ms a page`)
line('GET /directory', `${(await median(3, () => send(`${origin}/directory`))).toFixed(0)} ms`)
agent.destroy()
await entra.stop()
