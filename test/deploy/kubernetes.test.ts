import assert from 'node:assert/strict'
import { appendFile, cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { readConfig } from '../../src/compose/config.ts'
import {
  insecurities,
  INSTALLATIONS,
  kustomized,
  literals,
  only,
  overlay,
  validate,
  withoutKubectl as skip,
} from './manifests.ts'
import {
  at,
  documents,
  ENTITIES,
  entries,
  files,
  list,
  read,
  root,
  type Tree,
  VARIABLES,
  version,
} from './support.ts'

void describe('kubernetes manifests', () => {
  void test('a kustomization names files that are there, and no file is left out', () => {
    for (const path of files('deploy/kubernetes/**/kustomization.yaml')) {
      const folder = path.slice(0, path.lastIndexOf('/') + 1)
      const [kustomization = {}] = documents(read(path))
      const named = [
        ...list(kustomization['resources']).map(String),
        ...list(kustomization['patches']).map((patch) => String(at(patch, 'path'))),
        ...list(kustomization['configMapGenerator']).flatMap((one) => list(at(one, 'files')).map(String)),
      ].filter((name) => name.endsWith('.yaml'))
      assert.deepEqual(
        named.map((name) => folder + name).toSorted((a, b) => a.localeCompare(b)),
        files(`${folder}*.yaml`).filter((file) => file !== path),
      )
    }
  })

  void test('every variable is one, and together they can be read as a configuration', () => {
    const base = literals(documents(read('deploy/kubernetes/base/kustomization.yaml'))[0] ?? {})
    for (const installation of INSTALLATIONS) {
      const given = [
        ...base,
        ...literals(
          documents(read(`deploy/kubernetes/overlays/${installation}/kustomization.yaml`))[0] ?? {},
        ),
      ]
      for (const [name] of given) assert.ok(VARIABLES.has(name), name)
      const config = readConfig(Object.fromEntries(given))
      for (const entity of [config.SERVICEBUS_QUEUE, config.OUTCOMES_QUEUE])
        assert.ok(ENTITIES.has(entity), entity)
    }
  })

  void test('KEDA counts queues that are there, and never brings the connector to nothing', () => {
    const scaled = documents(read('deploy/kubernetes/overlays/aks/scaled-object.yaml')).find(
      ({ kind }) => kind === 'ScaledObject',
    )
    for (const trigger of list(at(scaled, 'spec', 'triggers')))
      assert.ok(ENTITIES.has(String(at(trigger, 'metadata', 'queueName'))))
    assert.ok(Number(at(scaled, 'spec', 'minReplicaCount')) >= 1)
  })

  for (const installation of INSTALLATIONS)
    void test(`${installation} renders to manifests that Kubernetes has a schema for`, { skip }, async () => {
      const manifests = await overlay(installation)
      for (const manifest of manifests) validate(manifest)
      const { spec } = only(manifests, 'Deployment')
      const [container, ...others] = list(at(spec, 'template', 'spec', 'containers'))
      assert.equal(others.length, 0)
      assert.equal(
        at(container, 'image'),
        `contoso.azurecr.io/rollcall:${version}`,
        'the name to change is in the overlay',
      )
      assert.deepEqual(insecurities(only(manifests, 'Deployment')), [])
      assert.ok(Number(at(spec, 'template', 'spec', 'terminationGracePeriodSeconds')) > 30)

      const labels = entries(at(spec, 'template', 'metadata', 'labels'))
      const selects = (selector: unknown): boolean => {
        const wanted = entries(at(selector, 'matchLabels'))
        return (
          wanted.length > 0 &&
          wanted.every(([key, value]) => labels.some(([name, has]) => name === key && has === value))
        )
      }
      assert.ok(selects(at(spec, 'selector')))
      assert.ok(selects(at(only(manifests, 'NetworkPolicy'), 'spec', 'podSelector')))
      const config = only(manifests, 'ConfigMap')
      assert.equal(
        at(container, 'envFrom', 0, 'configMapRef', 'name'),
        at(config, 'metadata', 'name'),
        'a change of it starts new pods',
      )
      const port = at(container, 'ports', 0, 'containerPort')
      assert.equal(at(config, 'data', 'HTTP_ADDRESS'), `0.0.0.0:${String(port)}`)
      for (const [probe, path] of Object.entries({
        startupProbe: '/livez',
        livenessProbe: '/livez',
        readinessProbe: '/readyz',
      })) {
        assert.equal(at(container, probe, 'httpGet', 'path'), path)
        assert.equal(at(container, probe, 'httpGet', 'port'), at(container, 'ports', 0, 'name'))
      }
      const volumes = list(at(spec, 'template', 'spec', 'volumes')).map((volume) => at(volume, 'name'))
      assert.deepEqual(
        new Set(list(at(container, 'volumeMounts')).map((mount) => at(mount, 'name'))),
        new Set(volumes),
      )
    })

  void test(
    'names are found by a resolver of the cluster and by one on the node, and the metadata service of the node is out of reach',
    { skip },
    async () => {
      const rules = list(at(only(await overlay('aks'), 'NetworkPolicy'), 'spec', 'egress'))
      const blocks = (port: number): unknown[] =>
        rules
          .filter((rule) => list(at(rule, 'ports')).some((one) => at(one, 'port') === port))
          .flatMap((rule) => list(at(rule, 'to')).map((to) => at(to, 'ipBlock', 'cidr') ?? 'pods'))
      assert.deepEqual(blocks(53), ['pods', '169.254.10.0/24', '169.254.20.10/32'])
      for (const port of [443, 5671, 5432]) assert.deepEqual(blocks(port), ['0.0.0.0/0'])
      assert.deepEqual(at(rules.at(-1), 'to', 0, 'ipBlock', 'except'), ['169.254.0.0/16'])
    },
  )

  void test(
    'with several instances one stays when a node is drained, and the scaler has the deployment it names',
    { skip },
    async () => {
      const manifests = await overlay('aks')
      assert.equal(at(only(manifests, 'PodDisruptionBudget'), 'spec', 'minAvailable'), 1)
      const scaled = only(manifests, 'ScaledObject')
      assert.equal(
        at(scaled, 'spec', 'scaleTargetRef', 'name'),
        at(only(manifests, 'Deployment'), 'metadata', 'name'),
      )
      assert.equal(
        at(scaled, 'spec', 'triggers', 0, 'authenticationRef', 'name'),
        at(only(manifests, 'TriggerAuthentication'), 'metadata', 'name'),
      )
    },
  )

  void test(
    'a file of sources and mapping is mounted where the connector looks for it',
    { skip },
    async (t) => {
      const folder = await mkdtemp(join(tmpdir(), 'rollcall-overlay-'))
      t.after(() => rm(folder, { recursive: true }))
      await cp(join(root, 'deploy/kubernetes'), folder, { recursive: true })
      await appendFile(
        join(folder, 'overlays/aks/kustomization.yaml'),
        'components:\n  - ../../components/configuration\n',
      )
      const manifests = await kustomized(join(folder, 'overlays/aks'))
      for (const manifest of manifests) validate(manifest)
      const spec = at(only(manifests, 'Deployment'), 'spec', 'template', 'spec')
      const volume = list(at(spec, 'volumes')).find((one) => at(one, 'name') === 'file')
      const mount = list(at(spec, 'containers', 0, 'volumeMounts')).find((one) => at(one, 'name') === 'file')
      const maps = manifests.filter(({ kind }) => kind === 'ConfigMap')
      const file = maps.find((one) => at(one, 'metadata', 'name') === at(volume, 'configMap', 'name'))
      const settings = maps.find((one) => one !== file)
      const path = `${String(at(mount, 'mountPath'))}/rollcall.yaml`
      assert.equal(at(settings, 'data', 'ROLLCALL_CONFIG'), path)
      assert.equal(
        at(file, 'data', 'rollcall.yaml'),
        read('deploy/kubernetes/components/configuration/rollcall.yaml'),
      )
    },
  )

  void test('a pod that may do more than it needs is noticed', { skip }, async () => {
    const text = JSON.stringify(only(await overlay('aks'), 'Deployment'))
    const changed = (from: string, to: string): readonly string[] =>
      insecurities(JSON.parse(text.replace(from, to)) as Tree)
    assert.deepEqual(changed('"runAsNonRoot":true', '"runAsNonRoot":false'), ['securityContext.runAsNonRoot'])
    assert.deepEqual(changed('"ALL"', '"KILL"'), ['securityContext.capabilities'])
    assert.deepEqual(changed('"memory":"1Gi"', '"cpu":1'), ['resources.limits.memory'])
  })

  void test('a manifest that is none is refused', () => {
    assert.throws(() =>
      validate({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'x' },
        spec: { replicas: 'two' },
      }),
    )
  })
})
