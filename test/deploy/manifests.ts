import assert from 'node:assert/strict'
import { ScaledObject, TriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1'
import { Deployment } from 'kubernetes-models/apps/v1'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { ConfigMap, PersistentVolumeClaim, ServiceAccount } from 'kubernetes-models/v1'
import { overlaid, render, type Values } from './helm.ts'
import { at, documents, files, list, ran, read, type Tree } from './support.ts'

const MODELS: Readonly<Record<string, new (manifest: never) => { validate(): void }>> = {
  ConfigMap,
  Deployment,
  NetworkPolicy,
  PersistentVolumeClaim,
  PodDisruptionBudget,
  ScaledObject,
  ServiceAccount,
  TriggerAuthentication,
}

/** Throws on what Kubernetes or KEDA has no schema for. */
export const validate = (manifest: Tree): void => {
  const Model = MODELS[String(manifest['kind'])] ?? assert.fail(`no model of ${String(manifest['kind'])}`)
  new Model(manifest as never).validate()
}

/** The two installations that Kustomize has an overlay for, and the chart a file of values. */
export const INSTALLATIONS = ['aks', 'single'] as const
export type Installation = (typeof INSTALLATIONS)[number]

const kubectl = (await ran('kubectl', ['version', '--client'])).code === 0
export const withoutKubectl = kubectl
  ? false
  : 'there is no kubectl; kubectl kustomize deploy/kubernetes/overlays/aks renders it'

export async function kustomized(folder: string): Promise<readonly Tree[]> {
  const { code, stdout, stderr } = await ran('kubectl', ['kustomize', folder])
  assert.equal(code, 0, stderr)
  return documents(stdout)
}
export const overlay = (name: Installation): Promise<readonly Tree[]> =>
  kustomized(`deploy/kubernetes/overlays/${name}`)

export const CHART = 'deploy/helm/rollcall'

/** What the chart makes of its values, of a file of them, and of some more. */
export function charted(name: Installation, more: Values = {}): readonly Tree[] {
  const values = ['values', name].map((file) => documents(read(`${CHART}/${file}.yaml`))[0] ?? {})
  const [chart = {}] = documents(read(`${CHART}/Chart.yaml`))
  return documents(
    render({
      templates: Object.fromEntries(
        files(`${CHART}/templates/*.{yaml,tpl}`).map((path) => [path, read(path)]),
      ),
      values: [...values, more].reduce<unknown>(overlaid, {}) as Values,
      chart,
      name: 'rollcall',
    }),
  )
}

export function only(manifests: readonly Tree[], kind: string): Tree {
  const [one, ...others] = manifests.filter((manifest) => manifest['kind'] === kind)
  assert.ok(one && others.length === 0, `one ${kind}`)
  return one
}

/**
 * What the restricted Pod Security Standard asks of a pod and a reviewer of its containers; empty
 * when it has all of it.
 */
export function insecurities({ spec }: Tree): readonly string[] {
  const pod = at(spec, 'template', 'spec')
  const asked = (place: unknown, path: readonly string[], wanted: unknown): readonly string[] =>
    JSON.stringify(at(place, ...path)) === JSON.stringify(wanted) ? [] : [path.join('.')]
  return [
    ...asked(pod, ['automountServiceAccountToken'], false),
    ...asked(pod, ['securityContext', 'runAsNonRoot'], true),
    ...asked(pod, ['securityContext', 'seccompProfile', 'type'], 'RuntimeDefault'),
    ...list(at(pod, 'containers')).flatMap((container) => [
      ...asked(container, ['securityContext', 'allowPrivilegeEscalation'], false),
      ...asked(container, ['securityContext', 'readOnlyRootFilesystem'], true),
      ...asked(container, ['securityContext', 'capabilities'], { drop: ['ALL'] }),
      ...(at(container, 'resources', 'limits', 'memory') === undefined ? ['resources.limits.memory'] : []),
      ...(at(container, 'resources', 'requests', 'cpu') === undefined ? ['resources.requests.cpu'] : []),
    ]),
  ]
}

/** The literals of a kustomization's ConfigMaps. */
export const literals = (kustomization: Tree): readonly (readonly [string, string])[] =>
  list(kustomization['configMapGenerator'])
    .flatMap((generator) => list(at(generator, 'literals')).map(String))
    .map((literal) => [literal.slice(0, literal.indexOf('=')), literal.slice(literal.indexOf('=') + 1)])
