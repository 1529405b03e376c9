import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { EntraDouble, EntraOptions } from '../../../src/local/entra/server.ts'
import { entraCases, runEntraCase } from '../../suites/conformance/entra.ts'
import { openWith } from './setups.ts'

/**
 * The conformance suite is worth what it notices. Each mutant is the double with one thing changed in its source, and the suite must fail on
 * it. A text that is no longer found fails as well, so the list keeps up with the source.
 */
const mutants: readonly (readonly [what: string, file: string, from: string, to: string])[] = [
  [
    '202 without a Location',
    'http/upload-api.ts',
    'send(exchange, 202, undefined, { location })',
    'send(exchange, 202, undefined)',
  ],
  [
    '202 with a body',
    'http/upload-api.ts',
    'send(exchange, 202, undefined, { location })',
    "send(exchange, 202, '{}', { location })",
  ],
  [
    'the location of beta is that of v1.0',
    'http/upload-api.ts',
    '${exchange.origin}/${route.version}/',
    '${exchange.origin}/v1.0/',
  ],
  [
    'no client-request-id',
    'http/exchange.ts',
    "'client-request-id': clientRequestId, ...headers",
    '...headers',
  ],
  [
    'no token is needed',
    'http/tokens.ts',
    "if (token === undefined) return unauthenticated('Access token is empty.')",
    'if (token === undefined) return undefined',
  ],
  ['any content type passes', 'http/bulk-upload.ts', "!== 'application/scim+json'", "=== ''"],
  ['DELETE passes', 'http/bulk-upload.ts', "method.toUpperCase() !== 'POST'", "method === ''"],
  [
    '51 operations pass',
    'http/bulk-upload.ts',
    'operations.length > operationsPerCall',
    'operations.length > operationsPerCall + 1',
  ],
  [
    'lenient is strict',
    'http/bulk-upload.ts',
    "settings.validation === 'strict'",
    'settings.validation !== undefined',
  ],
  [
    'strict is lenient',
    'http/bulk-upload.ts',
    "settings.validation === 'strict'",
    'settings.validation === undefined',
  ],
  ['41 calls pass', 'http/limits.ts', 'times.length - head < limit', 'times.length - head <= limit'],
  ['no daily quota', 'http/upload-api.ts', 'daily.count(at) >= limits.callsPerDay', 'false'],
  ['any job is known', 'http/upload-api.ts', 'route.jobId !== settings.jobId || ', ''],
  [
    'the bucket is never full',
    'http/upload-api.ts',
    'if (staging.size + operations.length > settings.bucketOperations) return full',
    '',
  ],
  ['a pause changes nothing', 'cycle/job.ts', "      code = 'Paused'\n    },", '    },'],
  [
    'a restart keeps what is staged',
    'cycle/cycle.ts',
    'if (settings.restartPurges && !isRunning) staging.purge()',
    '',
  ],
  ['active is echoed', 'log/steps.ts', "(path !== 'active' || settings.echoActive)", 'true'],
  ['keys keep their dots', 'directory/scim.ts', 'path.replaceAll(/[.:]/gu', 'path.replaceAll(/[:]/gu'],
  [
    'home entries are taken',
    'directory/scim.ts',
    "item['type'].toLowerCase() === 'work'",
    "item['type'] !== ''",
  ],
  [
    'nulls do not clear',
    'mapping/mapping.ts',
    'return (settings.sourceFlowNull',
    'return false && (settings.sourceFlowNull',
  ],
  [
    'nulls always clear',
    'mapping/mapping.ts',
    'settings.sourceFlowNull[path] ?? settings.flowNulls) && ofMapping',
    'settings.sourceFlowNull[path] ?? true)',
  ],
  ['no active means active', 'mapping/merge.ts', "settings.omittedActive === 'disable' ? false : ", ''],
  [
    'a disable is an update',
    'cycle/provision.ts',
    "person.active && !active ? 'disable' : 'update'",
    "'update'",
  ],
  [
    'an unchanged record is an update',
    'cycle/provision.ts',
    'const isChanged = person === undefined || ',
    'const isChanged = true || ',
  ],
  [
    'a manager is never found later',
    'cycle/cycle.ts',
    'for (const finding of provisioner.resolve())',
    'for (const finding of [...provisioner.resolve()].slice(0, 0))',
  ],
  [
    'a follow-up has a change of its own',
    'cycle/provision.ts',
    'yield { changeId,',
    'yield { changeId: randomUUID(),',
  ],
  [
    'a follow-up looks like any update',
    'cycle/provision.ts',
    "imported: undefined, before, after: target, result: { kind: 'resolved' }",
    "imported: before, before, after: target, result: { kind: 'resolved' }",
  ],
  [
    'an unknown manager fails the create',
    'cycle/provision.ts',
    'sabotage(externalId, source) ??',
    "(unresolved === undefined ? undefined : { code: 'X', reason: '' }) ??",
  ],
  ['nothing is mandatory', 'cycle/provision.ts', 'person === undefined && missing.length > 0', 'false'],
  [
    'a failure is written as success',
    'log/fact.ts',
    "case 'failed':\n      return 'failure'",
    "case 'failed':\n      return 'success'",
  ],
  ['the systems have fixed ids', 'log/record.ts', 'id: derived(fact.id, 5)', "id: 'fixed'"],
  [
    'the log tells milliseconds',
    'log/record.ts',
    '`${new Date(fact.at).toISOString().slice(0, 19)}Z`',
    'new Date(fact.at).toISOString()',
  ],
  ['v1.0 has the legacy fields', 'log/record.ts', "const isBeta = version === 'beta'", 'const isBeta = true'],
  [
    'the request is named in the record',
    'log/record.ts',
    "sourceIdentity: { id: fact.externalId, displayName: ''",
    'sourceIdentity: { id: fact.externalId, displayName: fact.origin.requestId',
  ],
  ['records appear at once', 'cycle/cycle.ts', 'visibleAt: happened + min + ', 'visibleAt: happened + 0 * '],
  [
    'values are compared without case',
    'log/log-query.ts',
    "if (operator === 'eq') return found === wanted",
    "if (operator === 'eq') return String(found).toLowerCase() === String(wanted).toLowerCase()",
  ],
  ['gt is ge', 'log/log-query.ts', 'return found > wanted', 'return found >= wanted'],
  ['the job is not filtered by', 'log/log-query.ts', 'jobId: () => settings.jobId', "jobId: () => 'another'"],
  [
    'a page ends the log',
    'http/log-api.ts',
    'const link = cursor === undefined ? {} :',
    'const link = cursor !== undefined || cursor === undefined ? {} :',
  ],
  ['a page leaves one out', 'log/log.ts', 'next: position, ', 'next: position - 1, '],
  [
    'oldest first',
    'http/log-api.ts',
    "return isOldest ? 'oldest' : 'newest'",
    "return isOldest ? 'newest' : 'oldest'",
  ],
  [
    'the log has no limit',
    'http/log-api.ts',
    'settings.limits.enabled && window.take(receivedAt) > 0',
    'false',
  ],
  [
    'the log says when to come back',
    'http/log-api.ts',
    "message: 'Too many requests.' }",
    "message: 'Too many requests.', headers: { 'retry-after': '1' } }",
  ],
]

const source = fileURLToPath(new URL('../../../src/local/entra/', import.meta.url))
const modules = fileURLToPath(new URL('../../../node_modules/', import.meta.url))

type Start = (options: EntraOptions) => Promise<EntraDouble>

async function startOf(folder: string): Promise<Start> {
  const module: { readonly startEntra: Start } = await import(pathToFileURL(join(folder, 'server.ts')).href)
  return module.startEntra
}

/** The first case that fails; undefined when all pass. */
async function firstFailure(start: Start): Promise<string | undefined> {
  const open = openWith(start, 1_500)
  const failures = entraCases.map(async (one) => {
    try {
      await runEntraCase(open, one)
    } catch {
      return one.name
    }
    throw new Error('passed')
  })
  return Promise.any(failures).catch(() => undefined)
}

void test('the conformance suite notices every mutant of the double', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'entra-mutants-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  symlinkSync(modules, join(root, 'node_modules'))
  await t.test('the double itself passes', async () => {
    const folder = join(root, 'itself')
    cpSync(source, folder, { recursive: true })
    assert.equal(await firstFailure(await startOf(folder)), undefined)
  })
  for (const [index, [what, file, from, to]] of mutants.entries()) {
    await t.test(what, async () => {
      const folder = join(root, String(index))
      cpSync(source, folder, { recursive: true })
      const path = join(folder, file)
      const text = readFileSync(path, 'utf8')
      assert.ok(text.includes(from), `${file} no longer contains: ${from}`)
      writeFileSync(
        path,
        text.replace(from, () => to),
      )
      assert.notEqual(await firstFailure(await startOf(folder)), undefined, 'no case failed')
    })
  }
})
