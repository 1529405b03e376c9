import assert from 'node:assert/strict'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { documents, ran, root, type Tree } from './support.ts'

/**
 * Where each kind's interface is. Validators of these packages let unknown fields pass; the
 * compiler does not.
 */
const OF: Readonly<Record<string, string>> = {
  ConfigMap: 'kubernetes-models/v1',
  Deployment: 'kubernetes-models/apps/v1',
  NetworkPolicy: 'kubernetes-models/networking.k8s.io/v1',
  PersistentVolumeClaim: 'kubernetes-models/v1',
  PodDisruptionBudget: 'kubernetes-models/policy/v1',
  ScaledObject: '@kubernetes-models/keda/keda.sh/v1alpha1',
  ServiceAccount: 'kubernetes-models/v1',
  TriggerAuthentication: '@kubernetes-models/keda/keda.sh/v1alpha1',
}
const OPTIONS = {
  module: 'nodenext',
  target: 'es2024',
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
}

const folder = await mkdtemp(join(tmpdir(), 'rollcall-manifests-'))
after(() => rm(folder, { recursive: true }))
await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
await writeFile(join(folder, 'package.json'), '{"type":"module"}')
await writeFile(
  join(folder, 'tsconfig.json'),
  JSON.stringify({ compilerOptions: OPTIONS, include: ['manifests.ts'] }),
)

/**
 * What the compiler says about manifests written down as literals of their interfaces; empty when
 * every field is known and of its type.
 */
async function complaints(manifests: readonly Tree[]): Promise<string> {
  const lines = manifests.map((manifest, index) => {
    const kind = String(manifest['kind'])
    return `import type { I${kind} as M${index} } from '${OF[kind] ?? assert.fail(kind)}'\nexport const m${index}: M${index} = ${JSON.stringify(manifest)}`
  })
  await writeFile(join(folder, 'manifests.ts'), lines.join('\n'))
  const { code, stdout } = await ran(process.execPath, [
    join(root, 'node_modules/typescript/bin/tsc'),
    '--project',
    folder,
  ])
  return code === 0 ? '' : stdout
}

const kubectl = (await ran('kubectl', ['version', '--client'])).code === 0

void describe(
  'fields of manifests',
  { skip: kubectl ? false : 'there is no kubectl; kubectl apply --dry-run=server --validate=strict' },
  () => {
    for (const overlay of ['aks', 'single'])
      void test(`${overlay} has none that Kubernetes or KEDA does not know`, async () => {
        const { stdout } = await ran('kubectl', ['kustomize', `deploy/kubernetes/overlays/${overlay}`])
        const manifests = documents(stdout)
        assert.ok(manifests.length > 3)
        assert.equal(await complaints(manifests), '')
      })

    void test('one that is misspelt is noticed, however deep it is', async () => {
      const { stdout } = await ran('kubectl', ['kustomize', 'deploy/kubernetes/overlays/aks'])
      const misspelt = stdout.replace('readOnlyRootFilesystem', 'readOnlyRootFileSystem')
      assert.match(await complaints(documents(misspelt)), /readOnlyRootFileSystem"' does not exist/)
      const counted = stdout.replace('minReplicaCount', 'minReplicasCount')
      assert.match(await complaints(documents(counted)), /minReplicasCount"' does not exist/)
    })
  },
)
