import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { files, ran, type Ran } from './support.ts'

const PRINCIPAL = '0f0e0d0c-0b0a-4908-8706-050403020100'
const GRANT = 'deploy/scripts/grant-graph-roles.sh'
const bash = (await ran('bash', ['-c', 'exit 0'])).code === 0
const shellcheck = (await ran('shellcheck', ['--version'])).code === 0

/** An Azure CLI that knows four roles of Graph and keeps what is granted in a file. */
const AZ = `#!/usr/bin/env bash
set -euo pipefail
url='' method='' query='' body=''
[[ "$1" == rest ]] && shift
while (($#)); do
  case "$1" in
    --url) url=$2 ;; --method) method=$2 ;; --query) query=$2 ;; --body) body=$2 ;; --headers | --output) ;;
    *) exit 64 ;;
  esac
  shift 2
done
echo "$method $url" >>"$AZ_CALLS"
if [[ "$method" == post ]]; then
  [[ "$body" =~ \\"principalId\\":\\"${PRINCIPAL}\\",\\"resourceId\\":\\"the-graph\\",\\"appRoleId\\":\\"([^\\"]+)\\" ]] || exit 65
  echo "\${BASH_REMATCH[1]}" >>"$AZ_GRANTED"
elif [[ "$url" == *appRoleAssignments* ]]; then
  [[ "$query" == "value[?resourceId=='the-graph'].appRoleId" ]] || exit 66
  cat "$AZ_GRANTED"
elif [[ "$query" == id ]]; then
  echo the-graph
else
  case "$query" in
    *SynchronizationData-User.Upload*) echo role-upload ;;
    *ProvisioningLog.Read.All*) echo role-log ;;
    *SynchronizationMetadata.Read.All*) echo role-connections ;;
    *Synchronization.Read.All*) echo "\${AZ_JOB_ROLE-role-job}" ;;
  esac
fi
`

async function tenant(t: TestContext): Promise<{
  grant(args: readonly string[], env?: Record<string, string>): Promise<Ran>
  granted(): Promise<readonly string[]>
  calls(): Promise<readonly string[]>
}> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-az-'))
  t.after(() => rm(folder, { recursive: true }))
  const [az, granted, calls] = ['az', 'granted', 'calls'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  await writeFile(az, AZ)
  await chmod(az, 0o755)
  await writeFile(granted, '')
  await writeFile(calls, '')
  const lines = async (path: string): Promise<readonly string[]> =>
    (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '')
  const base = {
    PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`,
    AZ_GRANTED: granted,
    AZ_CALLS: calls,
  }
  return {
    grant: (args, env = {}) => ran('bash', [GRANT, ...args], { ...base, ...env }),
    granted: () => lines(granted),
    calls: () => lines(calls),
  }
}

void describe('the script that grants Graph roles', { skip: bash ? false : 'there is no bash' }, () => {
  void test('grants what is missing, and the second time nothing', async (t) => {
    const { grant, granted } = await tenant(t)
    const first = await grant([PRINCIPAL])
    assert.equal(first.code, 0, first.stderr)
    assert.equal(
      first.stdout,
      'SynchronizationData-User.Upload: granted\nProvisioningLog.Read.All: granted\n',
    )
    const second = await grant([PRINCIPAL, '--with-job-status'])
    assert.equal(second.code, 0, second.stderr)
    assert.equal(
      second.stdout,
      'SynchronizationData-User.Upload: there\nProvisioningLog.Read.All: there\nSynchronization.Read.All: granted\n',
    )
    const third = await grant([PRINCIPAL, '--with-connections'])
    assert.match(third.stdout, /\nSynchronizationMetadata\.Read\.All: granted\n$/)
    assert.deepEqual(await granted(), ['role-upload', 'role-log', 'role-job', 'role-connections'])
  })

  void test('a dry run says what it would do and only reads; national clouds have a Graph of their own', async (t) => {
    const { grant, granted, calls } = await tenant(t)
    const { code, stdout } = await grant(['--dry-run', PRINCIPAL], {
      GRAPH_URL: 'https://graph.microsoft.us',
    })
    assert.equal(code, 0)
    assert.equal(
      stdout,
      'SynchronizationData-User.Upload: would be granted\nProvisioningLog.Read.All: would be granted\n',
    )
    assert.deepEqual(await granted(), [])
    for (const call of await calls()) assert.match(call, /^get https:\/\/graph\.microsoft\.us\/v1\.0\//)
  })

  void test('a role Graph does not have ends it', async (t) => {
    const { grant } = await tenant(t)
    const { code, stderr } = await grant([PRINCIPAL, '--with-job-status'], { AZ_JOB_ROLE: 'None' })
    assert.equal(code, 1)
    assert.match(stderr, /no app role Synchronization\.Read\.All/)
  })

  void test('with wrong arguments it prints its usage, exits 2 and makes no call', async (t) => {
    const { grant, calls } = await tenant(t)
    for (const args of [[], ['somebody'], [PRINCIPAL, PRINCIPAL], ['--all', PRINCIPAL]]) {
      const { code, stderr } = await grant(args)
      assert.equal(code, 2, args.join(' '))
      assert.match(stderr, /grant-graph-roles\.sh \[--with-job-status\]/)
    }
    assert.deepEqual(await calls(), [])
  })
})

void test(
  'shellcheck has nothing to say',
  { skip: shellcheck ? false : 'there is no shellcheck; shellcheck deploy/scripts/*.sh' },
  async () => {
    const { code, stdout } = await ran('shellcheck', files('deploy/scripts/*.sh'))
    assert.equal(code, 0, stdout)
  },
)
