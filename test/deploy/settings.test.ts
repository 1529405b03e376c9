import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { bicepVariables } from './bicep.ts'
import { charted, literals } from './manifests.ts'
import { at, documents, entries, read, VARIABLES } from './support.ts'

/**
 * Settings by the form that names them, each as it is installed against a real tenant with
 * PostgreSQL.
 */
const FORMS: Readonly<Record<string, readonly string[]>> = {
  kustomize: ['base', 'overlays/aks', 'components/configuration'].flatMap((folder) =>
    literals(documents(read(`deploy/kubernetes/${folder}/kustomization.yaml`))[0] ?? {}).map(
      ([name]) => name,
    ),
  ),
  helm: namesOf(
    at(
      charted('aks', { configuration: 'sources: []' }).find(({ kind }) => kind === 'ConfigMap'),
      'data',
    ),
  ),
  compose: namesOf(
    at(documents(read('deploy/compose/compose.yaml'))[0], 'services', 'connector', 'environment'),
  ),
  bicep: [...bicepVariables().keys()],
}
/** What one form alone says, and why. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  kustomize: ['LEDGER_AUTH'],
  helm: ['LEDGER_AUTH'],
  // An app registration instead of an identity of Azure, and secrets as files. The console, because
  // Compose passes on what it names only; the other forms take any setting.
  compose: [
    'CONSOLE',
    'CONSOLE_CLIENT_ID',
    'CONSOLE_TENANT_ID',
    'CONSOLE_URL',
    'AZURE_TENANT_ID',
    'AZURE_CLIENT_ID',
    'AZURE_CLIENT_CERTIFICATE_PATH',
    'LEDGER_PASSWORD_FILE',
    'HTTP_TOKEN_FILE',
  ],
  // Which of the two identities, and the collector beside it.
  bicep: ['LEDGER_AUTH', 'AZURE_CLIENT_ID', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
}

function namesOf(variables: unknown): readonly string[] {
  return entries(variables).map(([name]) => name)
}

void describe('settings of the forms of deployment', () => {
  for (const [form, names] of Object.entries(FORMS)) {
    void test(`${form}: each is in the schema of the configuration, and said once`, () => {
      for (const name of names) assert.ok(VARIABLES.has(name), name)
      assert.equal(new Set(names).size, names.length)
    })

    void test(`${form}: names the settings that the others name`, () => {
      const common = (of: string): ReadonlySet<string> =>
        new Set((FORMS[of] ?? []).filter((name) => !OWN[of]?.includes(name)))
      assert.ok(common(form).size > 15)
      assert.deepEqual(common(form), common('helm'))
      for (const name of OWN[form] ?? []) assert.ok(names.includes(name), `${name} is no longer its own`)
    })
  }
})
